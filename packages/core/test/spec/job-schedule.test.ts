import { describe, expect, it } from 'vitest';
import {
  parseJobSchedule,
  parseJobSchedulePatch,
  parseJobScheduleUpdate,
} from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const jobSpecification = { poolInfo: { poolId: 'p' } };
const least = { id: 's', jobSpecification };
const normalised = {
  priority: 0,
  constraints: { maxTaskRetryCount: 0 },
  commonEnvironmentSettings: [],
  poolInfo: { poolId: 'p' },
  onAllTasksComplete: 'noaction',
  usesTaskDependencies: false,
  metadata: [],
};
const factory = {
  type: 'parametricSweep',
  parameterSets: [{ start: 1, end: 3 }],
  repeatTask: { commandLine: 'work {0}' },
};
const inSchedule = (schedule: object): unknown => parseJobSchedule({ ...least, schedule });
const inJob = (more: object): unknown =>
  parseJobSchedule({ ...least, jobSpecification: { ...jobSpecification, ...more } });

describe('a job schedule', () => {
  it('gets every default', () => {
    expect(parseJobSchedule(least)).toEqual({
      id: 's',
      schedule: {},
      jobSpecification: normalised,
      metadata: [],
    });
  });

  it('has its times in milliseconds since the epoch and its spans in milliseconds', () => {
    const schedule = {
      doNotRunUntil: '2016-05-12T08:30:00Z',
      doNotRunAfter: '2016-05-12T08:30:00+00:00',
      startWindow: 'PT5M',
      recurrenceInterval: 'P1D',
    };
    const at = Date.UTC(2016, 4, 12, 8, 30);
    expect(parseJobSchedule({ ...least, schedule }).schedule).toEqual({
      doNotRunUntilMs: at,
      doNotRunAfterMs: at,
      startWindowMs: 300_000,
      recurrenceIntervalMs: 86_400_000,
    });
  });

  it('has no window and does not recur where they are infinite', () => {
    const infinite = 'P10675199DT2H48M5.4775807S';
    const schedule = { startWindow: infinite, recurrenceInterval: infinite, doNotRunAfter: null };
    expect(parseJobSchedule({ ...least, schedule }).schedule).toEqual({});
  });

  it('may give its jobs tasks', () => {
    const { taskFactory } = parseJobSchedule({
      ...least,
      jobSpecification: { ...jobSpecification, taskFactory: factory },
    }).jobSpecification;
    expect(taskFactory).toMatchObject({ firstTaskId: 0, repeatTask: { commandLine: 'work {0}' } });
  });

  it.each([
    [inSchedule, 'schedule.startWindow', { startWindow: 'PT59S' }, 'must be at least PT1M'],
    [inSchedule, 'schedule.recurrenceInterval', { recurrenceInterval: 'PT0S' }, 'at least PT1M'],
    [inSchedule, 'schedule.recurrenceInterval', { recurrenceInterval: 'P1M' }, 'months'],
    [inSchedule, 'schedule.doNotRunUntil', { doNotRunUntil: '2016-05-12T08:30' }, 'its offset'],
    [
      inSchedule,
      'schedule.doNotRunAfter',
      { doNotRunUntil: '2016-05-12T08:30:01Z', doNotRunAfter: '2016-05-12T08:30:00Z' },
      'must not be before doNotRunUntil',
    ],
    [inJob, 'jobSpecification.taskFactory.type', { taskFactory: { ...factory, type: 'x' } }, ''],
  ])('%o: what is wrong with %s is said', (where, place, more, words) => {
    const { code, path, message } = refusalOf(() => where(more));
    expect([code, path]).toEqual(['InvalidPropertyValue', place]);
    expect(message).toContain(words);
  });

  it('has no jobs that name themselves, or whose network has no name', () => {
    expect(refusalOf(() => inJob({ id: 'j' })).message).toContain('is set by the service');
    expect(refusalOf(() => inJob({ networkConfiguration: {} })).path).toBe(
      'jobSpecification.networkConfiguration.subnetId',
    );
    expect(refusalOf(() => parseJobSchedule({ id: 's' })).path).toBe('jobSpecification');
  });

  it('keeps the secrets of its tasks under handles, and refuses them where there is no place', () => {
    const httpUrl = 'https://a.example/{0}?sig=secret';
    const repeatTask = { commandLine: 'x', resourceFiles: [{ httpUrl, filePath: 'a' }] };
    const given = {
      ...least,
      jobSpecification: { ...jobSpecification, taskFactory: { ...factory, repeatTask } },
    };
    const seal = (): string => 'handle';
    for (const parse of [parseJobSchedule, parseJobSchedulePatch, parseJobScheduleUpdate]) {
      const { id: _, ...body } = given;
      const value = parse === parseJobSchedule ? given : body;
      const text = JSON.stringify(parse(value, { seal }));
      expect(text).toContain('handle');
      expect(text).not.toContain('secret"');
      expect(refusalOf(() => parse(value)).path).toBe(
        'jobSpecification.taskFactory.repeatTask.resourceFiles[0].httpUrl',
      );
    }
  });
});

describe('a change of a job schedule', () => {
  it('as a patch says what changes', () => {
    expect(parseJobSchedulePatch({})).toEqual({});
    expect(parseJobSchedulePatch({ metadata: [], jobSpecification })).toEqual({
      metadata: [],
      jobSpecification: normalised,
    });
  });

  it('as an update says everything', () => {
    expect(parseJobScheduleUpdate({ jobSpecification })).toEqual({
      schedule: {},
      jobSpecification: normalised,
      metadata: [],
    });
    expect(refusalOf(() => parseJobScheduleUpdate({})).path).toBe('jobSpecification');
  });

  it('leaves what is fixed alone', () => {
    for (const parse of [parseJobSchedulePatch, parseJobScheduleUpdate]) {
      expect(refusalOf(() => parse({ jobSpecification, displayName: 'x' })).message).toBe(
        'displayName cannot be changed',
      );
    }
  });
});
