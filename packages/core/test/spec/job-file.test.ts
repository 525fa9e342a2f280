import { describe, expect, it } from 'vitest';
import { parseJobFile } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const pool = { id: 'p', targetDedicatedNodes: 1 };
const task = { id: 't', commandLine: 'true' };
const taskFactory = {
  type: 'parametricSweep',
  parameterSets: [{ start: 1, end: 10 }],
  repeatTask: { commandLine: 'echo {0}' },
};
const least = { pool, job: { id: 'j' }, tasks: [task] };

describe('a job file', () => {
  it('gets the defaults of a file', () => {
    const file = parseJobFile(least);
    expect(file.pool.vmSize).toBe('local');
    expect(file.job.poolInfo).toEqual({ poolId: 'p' });
    expect(file.job.onAllTasksComplete).toBe('terminatejob');
    expect([file.uploads, file.downloads]).toEqual([[], []]);
    expect(file).not.toHaveProperty('taskFactory');
  });

  it('may name its own pool in its job, in any case', () => {
    const job = { id: 'j', poolInfo: { poolId: 'P' }, onAllTasksComplete: 'noaction' };
    expect(parseJobFile({ ...least, job }).job).toMatchObject({
      poolInfo: { poolId: 'p' },
      onAllTasksComplete: 'noaction',
    });
  });

  it('takes a factory and the task that merges its results', () => {
    const job = { id: 'j', usesTaskDependencies: true };
    const merge = { ...task, dependsOn: { taskIdRanges: [{ start: 0, end: 9 }] } };
    const file = parseJobFile({ pool, job, tasks: [merge], taskFactory });
    expect(file.tasks).toHaveLength(1);
    expect(file.taskFactory?.repeatTask.commandLine).toBe('echo {0}');
  });

  it('takes uploads and downloads', () => {
    const uploads = [{ source: './data', container: 'input', path: 'a' }];
    const downloads = [{ container: 'output', prefix: 'b/', target: './out' }];
    expect(parseJobFile({ ...least, uploads, downloads })).toMatchObject({ uploads, downloads });
  });

  it('passes the options of pools on', () => {
    const file = parseJobFile(least, { durabilityOf: () => 'written' });
    expect(file.pool.durability).toBe('written');
  });

  it.each([
    ['MissingRequiredProperty', 'pool', { pool: null }],
    ['MissingRequiredProperty', 'job', { job: null }],
    ['MissingRequiredProperty', 'tasks', { tasks: null }],
    ['MissingRequiredProperty', 'tasks', { tasks: [] }],
    [
      'InvalidPropertyValue',
      'job.poolInfo.poolId',
      { job: { id: 'j', poolInfo: { poolId: 'q' } } },
    ],
    [
      'TaskDependenciesNotSpecifiedOnJob',
      'tasks[0].dependsOn',
      { tasks: [{ ...task, dependsOn: { taskIds: ['x'] } }] },
    ],
    [
      'TaskDependenciesNotSpecifiedOnJob',
      'taskFactory.repeatTask.dependsOn',
      {
        taskFactory: {
          ...taskFactory,
          repeatTask: { commandLine: 'x', dependsOn: { taskIds: ['x'] } },
        },
      },
    ],
    [
      'InvalidPropertyValue',
      'tasks[3].resourceFiles[0].filePath',
      {
        tasks: [
          task,
          { ...task, id: '2' },
          { ...task, id: '3' },
          { ...task, id: '4', resourceFiles: [{ httpUrl: 'http://x', filePath: '/y' }] },
        ],
      },
    ],
    ['MissingRequiredProperty', 'uploads[0].container', { uploads: [{ source: 'x' }] }],
    [
      'InvalidPropertyValue',
      'downloads[0].container',
      { downloads: [{ container: 'a/b', target: 'x' }] },
    ],
    ['UnsupportedProperty', 'task', { task: [] }],
  ])('is refused with %s at %s', (code, path, more) => {
    expect(refusalOf(() => parseJobFile({ ...least, ...more }))).toMatchObject({ code, path });
  });

  it('names both places of an id that two tasks have', () => {
    const tasks = [{ ...task, id: 'x' }, task, { ...task, id: 'X' }];
    expect(refusalOf(() => parseJobFile({ ...least, tasks }))).toEqual({
      code: 'TaskExists',
      message: 'tasks[2].id "X" is already the id of tasks[0]',
      path: 'tasks[2].id',
    });
  });

  it.each([
    ['0', true],
    ['9', true],
    ['10', false],
    ['09', false],
  ])('with ten tasks of a factory has the id %s already: %s', (id, taken) => {
    const file = { ...least, tasks: [{ ...task, id }], taskFactory };
    if (taken) expect(refusalOf(() => parseJobFile(file)).code).toBe('TaskExists');
    else expect(parseJobFile(file).tasks).toHaveLength(1);
  });
});
