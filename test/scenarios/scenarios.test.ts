import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineDiff } from './line-diff.ts';
import { playScenario } from './scenario.ts';
import { parseScenario } from './scenario-text.ts';

// Every text file in the folders beside is a scenario; README.md says how they are written and rewritten.

const rewrite = process.env['BERTH_REWRITE'] === '1';

for (const folder of ['golden', 'rules']) {
  describe(folder, () => {
    const directory = join(import.meta.dirname, folder);
    for (const file of readdirSync(directory)
      .filter((name) => name.endsWith('.txt'))
      .sort()) {
      const path = join(directory, file);
      const expected = readFileSync(path, 'utf8');
      test(`${basename(file, '.txt')}: ${parseScenario(expected).title}`, () => {
        const actual = playScenario(expected);
        if (actual === expected) return;
        if (rewrite) writeFileSync(path, actual);
        else expect.fail(`${folder}/${file} (- expected, + actual)\n${lineDiff(expected, actual)}`);
      });
    }
  });
}
