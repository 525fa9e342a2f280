import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parseJobFile } from '@berth/core/spec';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Block } from './documents.ts';
import { documents, read, root } from './documents.ts';

// What the documents show: `ts` is type-checked, `ts run` is run and prints the `output` block after it, `yaml`
// is a job file that the door takes.

const run = promisify(execFile);
/** Inside the repository, so that imports are found; git and lint look away. */
const folder = join(root, '.berth', `docs-${process.pid}`);

interface Example {
  /** Document and line. */
  name: string;
  file: string;
  block: Block;
  /** What it prints, if it is to be run. */
  output: string | undefined;
}

const examples: Example[] = documents.flatMap(({ name, blocks }) =>
  blocks.flatMap((block, i) => {
    if (!/^ts( run)?$/.test(block.info)) return [];
    const next = blocks[i + 1];
    const output =
      block.info === 'ts' ? undefined : next?.info === 'output' ? next.text : `(no output block)`;
    const file = `${name.replaceAll(/[^A-Za-z0-9]/g, '-')}-${block.line}.ts`;
    return [{ name: `${name}:${block.line}`, file, block, output }];
  }),
);

beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  for (const { file, block } of examples) writeFileSync(join(folder, file), block.text);
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      noEmit: true,
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      rewriteRelativeImportExtensions: false,
      rootDir: '../..',
      types: ['node'],
    },
    include: ['.'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every example is type-checked', { timeout: 60_000 }, async () => {
  expect(examples.length).toBeGreaterThan(8);
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? String(error) }),
  );
  const wrong = examples.reduce((text, { file, name }) => text.replaceAll(file, name), stdout);
  expect(wrong).toBe('');
});

describe('an example prints what the document says', () => {
  for (const { name, file, output } of examples) {
    if (output === undefined) continue;
    test(name, { timeout: 60_000 }, async () => {
      const cwd = mkdtempSync(join(tmpdir(), 'berth-docs-'));
      try {
        const args = ['--conditions=@berth/source', '--import', tsx(), join(folder, file)];
        const { stdout, stderr } = await run(process.execPath, args, { cwd, timeout: 50_000 });
        expect(stdout + stderr).toBe(output);
      } finally {
        rmSync(cwd, { recursive: true, force: true });
      }
    });
  }
});

test('every job file of the documents is valid', () => {
  const files = documents.flatMap(({ name, blocks }) =>
    blocks.filter(({ info }) => info === 'yaml').map(({ text, line }) => ({ name, text, line })),
  );
  expect(files.length).toBeGreaterThan(2);
  for (const { name, text, line } of files) {
    expect(() => parseJobFile(parse(text)), `${name}:${line}`).not.toThrow();
  }
});

describe('the README', () => {
  const [{ blocks } = { blocks: [] }] = documents;
  const textOf = (info: string): string =>
    blocks.find((block) => block.info === info)?.text ?? `no ${info}`;

  test('shows examples/hello/embed.ts and hello.yaml as they are', () => {
    expect(textOf('ts run')).toBe(read('examples/hello/embed.ts'));
    expect(textOf('yaml')).toBe(read('examples/hello/hello.yaml'));
  });

  test('shows in its first screen what Berth is, the two commands, and about twenty lines that embed it', () => {
    const lines = read('README.md').split('\n');
    const end = lines.indexOf('```output');
    expect(end).toBeLessThan(50);
    const screen = lines.slice(0, end).join('\n');
    for (const part of ['engine for TypeScript', '\nnpm start ', '\nnpm test ', 'openBatch(']) {
      expect(screen).toContain(part);
    }
    const code = textOf('ts run')
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(code.length).toBeLessThanOrEqual(22);
  });
});

function tsx(): string {
  return pathToFileURL(join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
}
