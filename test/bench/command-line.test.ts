import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Benchmark } from '../../bench/src/benchmark.ts';
import {
  commandAsked,
  commandLine,
  parseCommandLine,
  UsageError,
  usage,
} from '../../bench/src/command-line.ts';

const nothing = async (): Promise<[]> => [];
const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  ['race', { summary: 'a race', defaultTasks: 10, variants: ['short', 'long'], run: nothing }],
  ['plain', { summary: 'one way only', defaultTasks: 20, run: nothing }],
]);

beforeEach(() => void vi.stubEnv('INIT_CWD', undefined));
afterEach(() => void vi.unstubAllEnvs());

const parsed = (line: string): ReturnType<typeof parseCommandLine> =>
  parseCommandLine(line.split(' ').filter(Boolean), benchmarks);

test('a name alone takes what the benchmark takes by itself', () => {
  expect(parsed('race')).toMatchObject({
    name: 'race',
    tasks: 10,
    json: undefined,
    wish: { variants: [], sized: false },
  });
});

test('tasks, variants, turns and a file are taken as they are given', () => {
  const line = 'race --tasks 5 --variant long --variant short --turns 2 --json out.json';
  expect(parsed(line)).toMatchObject({
    tasks: 5,
    json: resolve('out.json'),
    wish: { variants: ['long', 'short'], sized: true, turns: 2 },
  });
});

test('all is every variant', () => {
  expect(parsed('race --variant all')).toMatchObject({ wish: { variants: ['short', 'long'] } });
});

test('report takes nothing', () => {
  expect(parsed('report')).toEqual({ name: 'report' });
  expect(() => parsed('report --tasks 5')).toThrow('report takes no --tasks');
});

describe('what there is not is refused with what there is', () => {
  test.each([
    ['', 'no NAME: one of race, plain, report'],
    ['walk', 'there is no "walk": one of race, plain, report'],
    ['race plain', 'one NAME, not also "plain"'],
    ['race --tasks 0', '--tasks 0: not an integer from 1 to 2147483647'],
    ['race --tasks 1e6', '--tasks 1e6: not an integer'],
    ['race --tasks -1', '--tasks'],
    ['race --tasks 2147483648', '--tasks 2147483648: not an integer from 1 to 2147483647'],
    ['race --turns 0', '--turns 0: not an integer from 1 to 1000'],
    ['race --variant middle', '--variant middle: there is none in race; it has all, short, long'],
    ['plain --variant short', 'plain has no variants'],
    ['race --workflows x', 'race takes no --workflows'],
    ['race --speed 3', "Unknown option '--speed'"],
  ])('%s', (line, message) => {
    expect(() => parsed(line)).toThrow(UsageError);
    expect(() => parsed(line)).toThrow(message);
  });
});

test('usage names every benchmark and every variant', () => {
  const text = usage(benchmarks);
  for (const word of ['race', 'plain', 'report', 'short long', '--turns N']) {
    expect(text).toContain(word);
  }
});

test('a command measures the same again', () => {
  expect(commandLine('race', { tasks: 5, variant: 'long', turns: undefined })).toBe(
    'npm run bench -- race --tasks 5 --variant long',
  );
  const asked = [
    'race',
    'race --tasks 7',
    'race --tasks 7 --variant short --turns 2',
    'race --variant all',
  ];
  for (const line of asked) {
    const choice = parsed(line);
    if (!('benchmark' in choice)) throw new Error('no benchmark');
    expect(commandAsked(choice)).toBe(`npm run bench -- ${line}`);
  }
});
