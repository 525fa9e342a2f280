import { describe, expect, test } from 'vitest';
import { parseCommandLine, UsageError, usage } from '../src/command/command-line.ts';

describe('the usage', () => {
  test('fits 80 columns', () => {
    expect(usage.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('names the options that there are, each with what it does', () => {
    const described = [...usage.matchAll(/^ {2}(?:-h, )?--(\w+)/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual(
      [
        ...['state', 'restart', 'nodes', 'slots', 'fill', 'policies', 'storage', 'json', 'help'],
        ...['to', 'at', 'show', 'account', 'hashes'],
      ].sort(),
    );
    for (const option of ['--state=x', '--restart', '--json']) {
      expect(parseCommandLine(['run', 'f', option]).command).toBe('run');
    }
    for (const option of [
      '--to=2',
      '--at=2026-11-25',
      '--show=j',
      '--account=a',
      '--hashes',
      '--json',
    ]) {
      expect(parseCommandLine(['replay', 'd', option]).command).toBe('replay');
    }
    for (const option of ['--nodes=2', '--slots=2', '--fill=pack', '--policies=m', '--json']) {
      expect(parseCommandLine(['simulate', 'f', option]).command).toBe('simulate');
    }
  });
});

test('options may stand anywhere, and help wins over all that is right', () => {
  expect(parseCommandLine(['--json', 'simulate', '--nodes', '3', 'f', '--fill', 'pack'])).toEqual({
    command: 'simulate',
    file: 'f',
    nodes: 3,
    fill: 'pack',
    json: true,
  });
  expect(parseCommandLine(['simulate', '--help'])).toEqual({ command: 'help' });
  expect(parseCommandLine(['-h'])).toEqual({ command: 'help' });
  expect(parseCommandLine(['run', '--', '--odd-name'])).toMatchObject({ file: '--odd-name' });
});

test.each([
  [['run', 'f', '--slots=2'], 'run takes no --slots'],
  [['simulate', 'f', '--restart'], 'simulate takes no --restart'],
  [['constructor', 'f'], 'unknown command "constructor"'],
  [['simulate', 'f', '--nodes='], '--nodes must be a whole number from 1 to 1000000; it is ""'],
  [
    ['simulate', 'f', '--nodes=1e3'],
    '--nodes must be a whole number from 1 to 1000000; it is "1e3"',
  ],
  [['replay'], 'replay: no PATH'],
  [['replay', 'd', '--to=1', '--at=2026-11-25'], '--to or --at, not both'],
  [['replay', 'd', '--to=-1'], '--to must be a number of inputs, 0 or more; it is "-1"'],
  ...['2026-11-25T21:00', '25.11.2026', 'yesterday', '2026-13-25', '1700000000000'].map(
    (at): [string[], string] => [
      ['replay', 'd', `--at=${at}`],
      `--at must be a time with its zone, like 2026-11-25T21:00:00Z; it is "${at}"`,
    ],
  ),
])('%j is refused', (args, message) => {
  expect(() => parseCommandLine(args)).toThrow(new UsageError(message));
});
