import { describe, expect, it } from 'vitest';
import type { PoolOptions } from '../../src/spec/index.ts';
import { parseJob, parseJobPatch, parseJobSchedule, parsePool } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const pool = { vmSize: 'A4', targetDedicatedNodes: 2, executor: 'here' };
const least = { poolLifetimeOption: 'job', pool };
const options: PoolOptions = { durabilityOf: () => 'written' };
const inJob = (autoPoolSpecification: object): unknown =>
  parseJob({ id: 'j', poolInfo: { autoPoolSpecification } }, options);
const inSchedule = (autoPoolSpecification: object): unknown =>
  parseJobSchedule({ id: 's', jobSpecification: { poolInfo: { autoPoolSpecification } } }).id;

describe('an auto pool', () => {
  it('has a pool as it is added by itself, but for the id', () => {
    const { id: _id, ...normalised } = parsePool({ id: 'x', ...pool }, options);
    expect(parseJob({ id: 'j', poolInfo: { autoPoolSpecification: least } }, options).poolInfo)
      // Neither the id nor a prefix is there.
      .toEqual({
        autoPoolSpecification: { poolLifetimeOption: 'job', keepAlive: false, pool: normalised },
      });
    expect(normalised).toMatchObject({ durability: 'written', executor: 'here' });
  });

  it('lives as long as a schedule in schedules only', () => {
    const shared = { ...least, poolLifetimeOption: 'JobSchedule' };
    expect(inSchedule(shared)).toBe('s');
    expect(refusalOf(() => inJob(shared))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'poolInfo.autoPoolSpecification.poolLifetimeOption',
    });
  });

  const at = 'poolInfo.autoPoolSpecification';
  it.each([
    ['MissingRequiredProperty', `${at}.poolLifetimeOption`, { poolLifetimeOption: undefined }],
    ['MissingRequiredProperty', `${at}.pool`, { pool: undefined }],
    ['MissingRequiredProperty', `${at}.pool.vmSize`, { pool: { targetDedicatedNodes: 1 } }],
    ['InvalidPropertyValue', `${at}.pool.vmSize`, { pool: { ...pool, vmSize: 'A99' } }],
    [
      'InvalidPropertyValue',
      `${at}.pool.taskSlotsPerNode`,
      { pool: { ...pool, taskSlotsPerNode: 99 } },
    ],
    ['UnsupportedProperty', `${at}.pool.id`, { pool: { ...pool, id: 'p' } }],
    [
      'UnsupportedProperty',
      `${at}.pool.upgradePolicy`,
      { pool: { ...pool, upgradePolicy: { mode: 'manual' } } },
    ],
    ['UnsupportedProperty', `${at}.pool.vmsize`, { pool: { ...pool, vmsize: 'A4' } }],
    ['InvalidPropertyValue', `${at}.autoPoolIdPrefix`, { autoPoolIdPrefix: 'a'.repeat(21) }],
    ['InvalidPropertyValue', `${at}.autoPoolIdPrefix`, { autoPoolIdPrefix: 'a b' }],
    ['InvalidPropertyValue', `${at}.keepAlive`, { keepAlive: 'yes' }],
  ])('%s %s is said of %j', (code, path, more) => {
    expect(refusalOf(() => inJob({ ...least, ...more }))).toMatchObject({ code, path });
  });

  it('says of a misspelt property what it may have been, and where', () => {
    expect(refusalOf(() => inJob({ ...least, pool: { ...pool, vmsize: 'A4' } })).message).toContain(
      'did you mean "vmSize"?',
    );
  });
});

it('a job has one pool: by its id or its own', () => {
  expect(refusalOf(() => parseJob({ id: 'j', poolInfo: {} }))).toMatchObject({
    code: 'MissingRequiredProperty',
    path: 'poolInfo.poolId',
  });
  const both = { poolId: 'p', autoPoolSpecification: least };
  expect(refusalOf(() => parseJob({ id: 'j', poolInfo: both })).path).toBe(
    'poolInfo.autoPoolSpecification',
  );
  expect(parseJobPatch({ poolInfo: { autoPoolSpecification: least } })).toMatchObject({
    poolInfo: { autoPoolSpecification: { keepAlive: false } },
  });
});
