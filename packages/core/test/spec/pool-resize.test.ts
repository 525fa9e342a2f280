import { describe, expect, it } from 'vitest';
import { parseNodeRemoval, parsePoolResize } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

describe('a resize', () => {
  it('gets every default', () => {
    expect(parsePoolResize({ targetDedicatedNodes: 2 })).toEqual({
      targetDedicatedNodes: 2,
      resizeTimeoutMs: 900_000,
      nodeDeallocationOption: 'requeue',
    });
  });

  it('means the same in the names of 2016', () => {
    expect(parsePoolResize({ targetDedicated: 2 })).toEqual(
      parsePoolResize({ targetDedicatedNodes: 2 }),
    );
  });

  it('may be of low-priority nodes only, but not of none', () => {
    expect(parsePoolResize({ targetLowPriorityNodes: 0 })).not.toHaveProperty(
      'targetDedicatedNodes',
    );
    expect(refusalOf(() => parsePoolResize({}))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'targetDedicatedNodes',
    });
  });

  it('takes five minutes at least, and as long as it likes', () => {
    const parse = (resizeTimeout: string): unknown =>
      parsePoolResize({ targetDedicatedNodes: 2, resizeTimeout });
    expect(parse('PT5M')).toMatchObject({ resizeTimeoutMs: 300_000 });
    expect(parse('P10675199DT2H48M5.4775807S')).not.toHaveProperty('resizeTimeoutMs');
    expect(refusalOf(() => parse('PT4M59S'))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'resizeTimeout',
    });
  });

  it('takes an option in any case, and no other', () => {
    const parse = (nodeDeallocationOption: string): unknown =>
      parsePoolResize({ targetDedicatedNodes: 2, nodeDeallocationOption });
    expect(parse('taskCompletion')).toMatchObject({ nodeDeallocationOption: 'taskcompletion' });
    expect(refusalOf(() => parse('never')).path).toBe('nodeDeallocationOption');
  });
});

describe('a removal of nodes', () => {
  it.each([0, 101])('does not name %i nodes', (length) => {
    const nodeList = Array.from({ length }, (_, place) => `node-${place}`);
    expect(refusalOf(() => parseNodeRemoval({ nodeList }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'nodeList',
    });
  });

  it('names its nodes', () => {
    expect(parseNodeRemoval({ nodeList: ['node-1'] })).toEqual({
      nodeList: ['node-1'],
      resizeTimeoutMs: 900_000,
      nodeDeallocationOption: 'requeue',
    });
    expect(refusalOf(() => parseNodeRemoval({})).code).toBe('MissingRequiredProperty');
  });
});
