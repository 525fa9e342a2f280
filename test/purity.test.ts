import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// The rules that keep the core pure and imports going one way live in biome.json and two Grit files.
// Each sample below breaks one of them, in a copy of the repository's configuration: a rule that stops
// firing (a renamed option, a new Biome) fails here.

const root = fileURLToPath(new URL('..', import.meta.url));
const core = 'packages/core/src';

const refused: [path: string, code: string, rule: RegExp][] = [
  ...[
    'Date.now()',
    'new Date()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'queueMicrotask(f)',
    'performance.now()',
    'process.hrtime()',
    'console.log(1)',
    'fetch(f)',
    'crypto.randomUUID()',
    'Promise.resolve(1)',
    'new WeakRef(f)',
    'new FinalizationRegistry(f)',
    'new Intl.NumberFormat()',
    "globalThis['Date']",
    'new SharedArrayBuffer(8)',
    'structuredClone(f)',
  ].map((use): [string, string, RegExp] => [
    core,
    `const f = () => 1;\nexport const x: unknown = [f, ${use}];`,
    /noRestrictedGlobals/,
  ]),
  ...[
    ...[
      'random()',
      'log(2)',
      'log2(2)',
      'exp(1)',
      'pow(2, 3)',
      'sin(1)',
      'hypot(1, 2)',
      'cbrt(2)',
    ].map((use) => `export const x: number = Math.${use};`),
    'export const x: number = Math.max(1, Math.log(2));',
    "export const x: number = Math['random']();",
    'const { random } = Math;\nexport const x: number = random();',
    'export const x: number = 2 ** 0.5;',
    'export let x = 2;\nx **= 0.5;',
    "export const x: number = 'a'.localeCompare('b');",
    'export const x: string = (1).toLocaleString();',
    'export const x = async (): Y => 1;',
    'export async function x(): Y {}',
    'export class X {\n  async x(): Y {}\n}',
    'export const x = { async x(): Y {} };',
    "export const x: unknown = import('./y.ts');",
    'for await (const x of []) x();',
  ].map((code): [string, string, RegExp] => [core, code, /^plugin$/]),
  ...[
    [core, 'node:fs'],
    [core, 'fs'],
    [core, 'zod'],
    [core, 'fast-check'],
    [core, '@berth/storage'],
    [core, './spec/index.ts'],
    [core, './testing/index.ts'],
    [`${core}/spec`, 'node:fs'],
    [`${core}/spec`, '@berth/storage'],
    [`${core}/testing`, 'node:fs'],
    [`${core}/testing`, 'vitest'],
    [`${core}/testing`, 'zod'],
    [`${core}/testing`, '@berth/core'],
    ['packages/storage/src', '@berth/core/spec'],
    ['packages/storage/src', '@berth/executors'],
    ['packages/storage/src', '@berth/berth'],
    ['packages/executors/src', '@berth/berth'],
    ['packages/executors/src', '@berth/storage/src/index.ts'],
    ['packages/executors/src', 'vitest'],
    ['packages/berth/src', '@berth/bench'],
    ['packages/berth/src', '@berth/core/src/engine.ts'],
  ].map(([path = '', from = '']): [string, string, RegExp] => [
    path,
    `import { x } from '${from}';\nexport const y: unknown = x;`,
    /noRestrictedImports/,
  ]),
  [
    'packages/storage/src',
    "import { x } from '@berth/core';\nexport const y: unknown = x;",
    /^plugin$/,
  ],
  ['packages/storage/src', "export { x } from '@berth/core';", /^plugin$/],
  [
    'packages/executors/src',
    "import { x } from '@berth/storage';\nexport const y: unknown = x;",
    /^plugin$/,
  ],
  [
    'packages/berth/src',
    "import { x } from 'left-pad';\nexport const y: unknown = x;",
    /noUndeclaredDependencies/,
  ],
  ['packages/berth/src', 'export const x = (y: any): number => y;', /noExplicitAny/],
  ['packages/berth/src', 'export const x = (y?: number): number => y!;', /noNonNullAssertion/],
];

const allowed: [path: string, code: string][] = [
  [core, 'export const x: number = Math.max(1, Math.floor(Math.imul(2, 3) / 2), Math.abs(-1));'],
  [core, "import { y } from './y.ts';\nexport const x: unknown = y;"],
  [core, "import { y } from '../y.ts';\nexport const x: unknown = y;"],
  [core, 'export const x = (y?: number): number => y!;'],
  [
    `${core}/spec`,
    "import { z } from 'zod';\nimport { y } from '../y.ts';\nexport const x: unknown = [y, z];",
  ],
  [
    `${core}/testing`,
    "import fc from 'fast-check';\nimport { y } from '../y.ts';\nexport const x: unknown = [fc, y];",
  ],
  ['packages/storage/src', "import type { X } from '@berth/core';\nexport type Y = X;"],
  ['packages/storage/src', "export type { X } from '@berth/core';"],
  [
    'packages/executors/src',
    "import { x } from '@berth/core';\nimport type { Y } from '@berth/storage';\nexport const y: Y = x;",
  ],
  ['packages/berth/src', "import { x } from '@berth/core/spec';\nexport const y: unknown = x;"],
  ['packages/berth/src', 'export const x: number = Math.random() + Date.now();'],
];

const sampleOf = (kind: string, index: number, path: string) => `${path}/${kind}-${index}.ts`;

/** The rules that each sample breaks, by path; one run of Biome for all. */
const broken = new Map<string, string[]>();
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'berth-purity-'));
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  };
  for (const path of [
    'biome.json',
    'scripts/types-only.grit',
    'packages/core/purity.grit',
    ...['core', 'storage', 'executors', 'berth'].map((name) => `packages/${name}/package.json`),
  ]) {
    cpSync(join(root, path), join(copy, path));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  refused.forEach(([path, code], index) => {
    put(sampleOf('refused', index, path), `${code}\n`);
  });
  allowed.forEach(([path, code], index) => {
    put(sampleOf('allowed', index, path), `${code}\n`);
  });
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  let output: string;
  try {
    output = execFileSync(
      process.execPath,
      [biome, 'lint', '--reporter=json', '--max-diagnostics=none', 'packages'],
      { cwd: copy, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 },
    );
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(output) as {
    diagnostics: { category: string; severity: string; location: { path: string } }[];
  };
  for (const { category, severity, location } of diagnostics) {
    if (severity !== 'error') continue;
    broken.set(location.path, [...(broken.get(location.path) ?? []), category]);
  }
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the linter refuses', () => {
  refused.forEach(([path, code, rule], index) => {
    test(`in ${path}: ${code.replaceAll('\n', ' ')}`, () => {
      const rules = broken.get(sampleOf('refused', index, path));
      expect(rules?.some((name) => rule.test(name.replace('lint/', '')))).toBe(true);
    });
  });
});

describe('the linter allows', () => {
  allowed.forEach(([path, code], index) => {
    test(`in ${path}: ${code.replaceAll('\n', ' ')}`, () => {
      expect(broken.get(sampleOf('allowed', index, path))).toBeUndefined();
    });
  });
});
