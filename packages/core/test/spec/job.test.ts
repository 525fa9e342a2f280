import { describe, expect, it } from 'vitest';
import { parseJob, parseJobPatch, parseJobUpdate } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const least = { id: 'j', poolInfo: { poolId: 'p' } };

describe('a job', () => {
  it('gets every default', () => {
    expect(parseJob(least)).toEqual({
      id: 'j',
      priority: 0,
      constraints: { maxTaskRetryCount: 0 },
      commonEnvironmentSettings: [],
      poolInfo: { poolId: 'p' },
      onAllTasksComplete: 'noaction',
      usesTaskDependencies: false,
      metadata: [],
    });
  });

  it('counts its limits in milliseconds', () => {
    const constraints = { maxWallClockTime: 'PT2H', maxTaskRetryCount: -1 };
    expect(parseJob({ ...least, constraints }).constraints).toEqual({
      maxWallClockTimeMs: 7_200_000,
      maxTaskRetryCount: -1,
    });
  });

  it('has no limit where the limit is infinite', () => {
    const constraints = { maxWallClockTime: 'P10675199DT2H48M5.4775807S' };
    expect(parseJob({ ...least, constraints }).constraints).toEqual({ maxTaskRetryCount: 0 });
  });

  it('says what asks for something only', () => {
    const nothing = { maxParallelTasks: -1, onTaskFailure: 'NoAction' };
    expect(parseJob({ ...least, ...nothing })).toEqual(parseJob(least));
    const something = { maxParallelTasks: 3, onTaskFailure: 'performExitOptionsJobAction' };
    expect(parseJob({ ...least, ...something })).toEqual({
      ...parseJob(least),
      maxParallelTasks: 3,
      onTaskFailure: 'performexitoptionsjobaction',
    });
  });

  it.each([
    ['InvalidPropertyValue', 'maxParallelTasks', { maxParallelTasks: 0 }],
    ['InvalidPropertyValue', 'maxParallelTasks', { maxParallelTasks: -2 }],
    ['InvalidPropertyValue', 'onTaskFailure', { onTaskFailure: 'stop' }],
    ['OutOfRangePriority', 'priority', { priority: 1001 }],
    ['OutOfRangePriority', 'priority', { priority: -1001 }],
    ['OutOfRangePriority', 'priority', { priority: 0.5 }],
    ['InvalidPropertyValue', 'priority', { priority: 'high' }],
    [
      'InvalidConstraintValue',
      'constraints.maxTaskRetryCount',
      { constraints: { maxTaskRetryCount: -2 } },
    ],
    [
      'InvalidConstraintValue',
      'constraints.maxWallClockTime',
      { constraints: { maxWallClockTime: 'PT0S' } },
    ],
    [
      'InvalidPropertyValue',
      'constraints.maxWallClockTime',
      { constraints: { maxWallClockTime: '1h' } },
    ],
    ['InvalidPropertyValue', 'onAllTasksComplete', { onAllTasksComplete: 'stop' }],
    ['InvalidPropertyValue', 'usesTaskDependencies', { usesTaskDependencies: 'yes' }],
    ['MissingRequiredProperty', 'poolInfo', { poolInfo: null }],
    ['MissingRequiredProperty', 'poolInfo.poolId', { poolInfo: {} }],
    [
      'InvalidPropertyValue',
      'commonEnvironmentSettings[0].name',
      { commonEnvironmentSettings: [{ name: 'A=B', value: '' }] },
    ],
  ])('is refused with %s at %s', (code, path, more) => {
    expect(refusalOf(() => parseJob({ ...least, ...more }))).toMatchObject({ code, path });
  });

  it('has at most 32 KB of environment, in UTF-8', () => {
    const settings = (value: string): unknown =>
      parseJob({ ...least, commonEnvironmentSettings: [{ name: 'A', value }] });
    expect(settings('x'.repeat(32_767))).toBeDefined();
    expect(refusalOf(() => settings('x'.repeat(32_768))).path).toBe('commonEnvironmentSettings');
    expect(settings('€'.repeat(10_000))).toBeDefined();
    expect(refusalOf(() => settings('€'.repeat(11_000))).path).toBe('commonEnvironmentSettings');
    expect(refusalOf(() => settings('𝕏'.repeat(8_192))).path).toBe('commonEnvironmentSettings');
  });

  it('may set a variable to nothing and one of the system', () => {
    const commonEnvironmentSettings = [{ name: 'EMPTY' }, { name: 'AZ_BATCH_TASK_ID', value: 'x' }];
    expect(parseJob({ ...least, commonEnvironmentSettings }).commonEnvironmentSettings).toEqual([
      { name: 'EMPTY', value: '' },
      { name: 'AZ_BATCH_TASK_ID', value: 'x' },
    ]);
  });
});

describe('a patch of a job', () => {
  it('keeps what it does not name', () => {
    expect(parseJobPatch({})).toEqual({});
    expect(parseJobPatch({ priority: 5, metadata: [] })).toEqual({ priority: 5, metadata: [] });
  });

  it('replaces constraints as a whole', () => {
    expect(parseJobPatch({ constraints: {} })).toEqual({ constraints: { maxTaskRetryCount: 0 } });
  });

  it.each(['id', 'usesTaskDependencies', 'commonEnvironmentSettings', 'jobManagerTask'])(
    'cannot change %s',
    (name) => {
      expect(refusalOf(() => parseJobPatch({ [name]: 'x' }))).toEqual({
        code: 'UnsupportedProperty',
        message: `${name} cannot be changed`,
        path: name,
      });
    },
  );
});

describe('an update of a job', () => {
  it('says everything, what it leaves out with its default', () => {
    expect(parseJobUpdate({ poolInfo: { poolId: 'p' } })).toEqual({
      priority: 0,
      constraints: { maxTaskRetryCount: 0 },
      onAllTasksComplete: 'noaction',
      maxParallelTasks: -1,
      allowTaskPreemption: false,
      poolInfo: { poolId: 'p' },
      metadata: [],
    });
    expect(refusalOf(() => parseJobUpdate({}))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'poolInfo',
    });
  });
});

describe('the release of a job', () => {
  it('has a retentionTime as tasks have', () => {
    const release = (more: object): unknown => {
      const jobReleaseTask = { commandLine: 'clean', ...more };
      const jobPreparationTask = { commandLine: 'unpack' };
      return parseJob({ ...least, jobPreparationTask, jobReleaseTask }).jobReleaseTask;
    };
    expect(release({ retentionTime: 'PT1H' })).toMatchObject({ retentionTimeMs: 3_600_000 });
    expect(release({ retentionTime: 'P7D' })).not.toHaveProperty('retentionTimeMs');
  });
});
