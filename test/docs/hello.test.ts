import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from './documents.ts';

// What the README tells its reader to type, on a copy of the example, whose results go beside it.

test('the hello job file runs, prints the sum, and runs again', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-hello-'));
  try {
    cpSync(join(root, 'examples/hello'), join(folder, 'examples/hello'), { recursive: true });
    const berth = async (): Promise<string> => {
      const script = join(root, 'scripts/run.mjs');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [script, 'berth', 'run', 'examples/hello/hello.yaml'],
        { cwd: folder },
      );
      return stdout;
    };
    const first = await berth();
    expect(first).toContain('job hello: completed (AllTasksComplete)');
    expect(first).toMatch(/^9 +9 +0 +0$/m);
    const result = join(folder, '.berth/hello-results/sum.txt');
    expect(first.endsWith(`\n${result}\n\n204\n`)).toBe(true);
    expect(readFileSync(result, 'utf8')).toBe('204\n');

    expect(await berth()).toMatch(/^9 +9 +0 +0$/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
