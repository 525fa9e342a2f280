import { describe, expect, it } from 'vitest';
import { parsePool } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const least = { id: 'p', vmSize: 'A4', targetDedicatedNodes: 2 };

describe('a pool', () => {
  it('gets every default', () => {
    expect(parsePool(least)).toEqual({
      id: 'p',
      vmSize: 'A4',
      targetDedicatedNodes: 2,
      targetLowPriorityNodes: 0,
      resizeTimeoutMs: 900_000,
      taskSlotsPerNode: 1,
      taskSchedulingPolicy: { nodeFillType: 'spread' },
      metadata: [],
      executor: 'local',
      durability: 'synced',
    });
  });

  it('means the same in the names of 2016', () => {
    const old = { id: 'p', vmSize: 'A4', targetDedicated: 3, maxTasksPerNode: 8 };
    const today = { id: 'p', vmSize: 'A4', targetDedicatedNodes: 3, taskSlotsPerNode: 8 };
    expect(parsePool(old)).toEqual(parsePool(today));
  });

  it('may give both names of a property if they agree', () => {
    expect(parsePool({ ...least, targetDedicated: 2 }).targetDedicatedNodes).toBe(2);
    expect(refusalOf(() => parsePool({ ...least, targetDedicated: 3 }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'targetDedicated',
    });
  });

  it('takes the durability that its executor says', () => {
    const durabilityOf = (executor: string): 'written' | 'synced' =>
      executor === 'local' ? 'written' : 'synced';
    expect(parsePool(least, { durabilityOf }).durability).toBe('written');
    expect(parsePool({ ...least, executor: 'ssh' }, { durabilityOf }).durability).toBe('synced');
  });

  it.each(['a4', 'Standard_A4', 'STANDARD_a4', 'ExtraLarge'])(
    'of size %s has 8 cores and takes up to 32 slots',
    (vmSize) => {
      expect(parsePool({ ...least, vmSize, taskSlotsPerNode: 32 }).vmSize).toBe(vmSize);
      expect(refusalOf(() => parsePool({ ...least, vmSize, taskSlotsPerNode: 33 }))).toMatchObject({
        code: 'InvalidPropertyValue',
        path: 'taskSlotsPerNode',
        message: expect.stringContaining('from 1 to 32'),
      });
    },
  );

  it('never takes more than 256 slots a node', () => {
    const parse = (taskSlotsPerNode: number): unknown =>
      parsePool({ ...least, vmSize: 'local', taskSlotsPerNode }, { localCores: 100 });
    expect(parse(256)).toBeDefined();
    expect(refusalOf(() => parse(257)).path).toBe('taskSlotsPerNode');
  });

  it('takes the sizes of the hosts there are', () => {
    const options = { nodeSizes: [{ name: 'Rack', cores: 1 }] };
    expect(parsePool({ ...least, vmSize: 'rack', taskSlotsPerNode: 4 }, options)).toBeDefined();
    expect(
      refusalOf(() => parsePool({ ...least, vmSize: 'rack', taskSlotsPerNode: 5 }, options)).path,
    ).toBe('taskSlotsPerNode');
  });

  it.each([
    ['D5', 'D5_v2'],
    ['A0', 'A1'],
    ['Standard_D11_v3', 'D11_v2'],
    ['lokal', 'local'],
  ])('of the unknown size %s is told of %s', (vmSize, close) => {
    expect(refusalOf(() => parsePool({ ...least, vmSize }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'vmSize',
      message: expect.stringContaining(`"${close}"`),
    });
  });

  it.each(['id', 'vmSize', 'targetDedicatedNodes'])('needs %s', (name) => {
    expect(refusalOf(() => parsePool({ ...least, [name]: null }))).toEqual({
      code: 'MissingRequiredProperty',
      message: `${name} is required`,
      path: name,
    });
  });

  it.each([
    ['id', ''],
    ['id', 'a'.repeat(65)],
    ['id', 'a:b'],
    ['id', 'ä'],
    ['id', 7],
    ['displayName', 'x'.repeat(1025)],
    ['targetDedicatedNodes', -1],
    ['targetDedicatedNodes', 1.5],
    ['targetDedicatedNodes', '2'],
    ['targetDedicatedNodes', 1e15],
    ['taskSlotsPerNode', 0],
    ['taskSchedulingPolicy', 'pack'],
    ['metadata', {}],
    ['executor', ''],
  ])('is refused for %s %j', (name, value) => {
    expect(refusalOf(() => parsePool({ ...least, [name]: value }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: name,
    });
  });

  it('takes enum values in any case and gives them in lower case', () => {
    const parsed = parsePool({ ...least, taskSchedulingPolicy: { nodeFillType: 'Pack' } });
    expect(parsed.taskSchedulingPolicy.nodeFillType).toBe('pack');
  });

  it('has metadata with names', () => {
    const metadata = [{ name: '', value: 'x' }];
    expect(refusalOf(() => parsePool({ ...least, metadata }))).toMatchObject({
      code: 'EmptyMetadataKey',
      path: 'metadata[0].name',
    });
  });

  it('has at most 100 items of metadata', () => {
    const metadata = Array.from({ length: 101 }, () => ({ name: 'a', value: 'b' }));
    expect(refusalOf(() => parsePool({ ...least, metadata })).code).toBe('MetadataTooLarge');
  });
});
