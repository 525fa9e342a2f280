import { describe, expect, it } from 'vitest';
import { parsePool, parsePoolPatch, parsePoolProperties } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const least = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1 };

describe('a start task', () => {
  it('gets every default', () => {
    expect(parsePool({ ...least, startTask: { commandLine: 'x' } }).startTask).toEqual({
      commandLine: 'x',
      resourceFiles: [],
      environmentSettings: [],
      maxTaskRetryCount: 0,
      waitForSuccess: true,
    });
  });

  it('has at most 32768 characters with all that belongs to it', () => {
    const settings = [{ name: 'A', value: 'x'.repeat(20_000) }];
    const startTask = { commandLine: 'y'.repeat(20_000), environmentSettings: settings };
    expect(refusalOf(() => parsePool({ ...least, startTask }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'startTask',
    });
  });

  it('keeps no secret of its files', () => {
    const file = { httpUrl: 'https://host/blob?sig=hidden', filePath: 'file' };
    const startTask = { commandLine: 'x', resourceFiles: [file] };
    const pool = parsePool({ ...least, startTask }, { seal: () => 'handle' });
    expect(JSON.stringify(pool)).not.toContain('hidden');
    expect(refusalOf(() => parsePool({ ...least, startTask })).code).toBe('UnsupportedProperty');
  });
});

describe('a change of a pool', () => {
  it('keeps what is not given, or takes it away', () => {
    expect(parsePoolPatch({})).toEqual({});
    expect(parsePoolProperties({})).toEqual({ metadata: [] });
  });

  it('is not of what is fixed', () => {
    expect(refusalOf(() => parsePoolPatch({ vmSize: 'A1' }))).toMatchObject({
      code: 'UnsupportedProperty',
      path: 'vmSize',
    });
  });
});
