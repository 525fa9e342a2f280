import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { read, root } from '../docs/documents.ts';
import { playScenario } from '../scenarios/scenario.ts';
import { cases, neverShown } from './cases.ts';
import { notGiven, serviceCodes } from './service-codes.ts';

const documented = new Set(
  [...read('docs/errors.md').matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z]\w+)`/g)].map(([, code = '']) => code),
  ),
);

describe('what leads to', () => {
  test.each(Object.entries(cases))('%s', (code, scenario) => {
    const output = playScenario(`# ${code}\n\n${scenario}\n`)
      .split('\n')
      .filter((line) => line.startsWith('  '));
    expect(output.join('\n')).toContain(code);
  });
});

/** Where the other codes are shown: what has to do with files, processes, the wire or shapes of JSON. */
const tests = ['packages', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        /(\.test|-contract)\.ts$|scenarios\/.*\.txt$/.test(file) && !file.includes('node_modules'),
    )
    .map((file) => read(join(folder, file))),
);

test('every code of docs/errors.md is shown by a case or by a test of its part', () => {
  const shown = (code: string): boolean =>
    Object.hasOwn(cases, code) || tests.some((text) => new RegExp(`\\b${code}\\b`).test(text));
  const missing = [...documented].filter((code) => !shown(code));
  expect(missing.filter((code) => !Object.hasOwn(neverShown, code))).toEqual([]);
});

test('every case is one of docs/errors.md', () => {
  expect(Object.keys(cases).filter((code) => !documented.has(code))).toEqual([]);
});

test('every code of the service is given, or it is said why not', () => {
  const missing = serviceCodes.filter(
    (code) => !documented.has(code) && !Object.hasOwn(notGiven, code),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(notGiven).filter((code) => !serviceCodes.includes(code))).toEqual([]);
});
