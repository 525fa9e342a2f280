import { describe, expect, it } from 'vitest';
import type { JobSimulation } from '../../src/spec/index.ts';
import { parseJobFile, parseJobSimulation } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const given = {
  pool: { id: 'p', targetDedicatedNodes: 1 },
  job: { id: 'j' },
  tasks: [
    { id: 'first', commandLine: 'x' },
    { id: 'last', commandLine: 'x' },
  ],
};
const withFactory = {
  ...given,
  taskFactory: {
    type: 'parametricSweep',
    parameterSets: [{ start: 0, end: 2 }],
    firstTaskId: 5,
    repeatTask: { commandLine: 'x {0}' },
  },
};

function read(section: unknown, file: object = given): JobSimulation {
  return parseJobSimulation(section, parseJobFile(file));
}

describe('the section simulation of a job file', () => {
  it('gives each task a duration, in ISO 8601 or seconds', () => {
    expect(read({ duration: 'PT1M30S' })).toEqual({
      bootTimeMs: 0,
      durationMs: 90_000,
      factoryDurationsMs: [],
      durationsMs: new Map(),
      exitCodes: new Map(),
      factoryCount: 0,
    });
    expect(read({ duration: 0.25 }).durationMs).toBe(250);
  });

  it('names tasks by their ids, in any case, and finds those of the factory before the others', () => {
    const { durationsMs, exitCodes } = read(
      {
        duration: 0,
        durations: { 7: 1, FIRST: 'PT2S', last: 3 },
        exitCodes: { 5: 1, last: [3, 0] },
      },
      withFactory,
    );
    expect([...durationsMs]).toEqual([
      [2, 1_000],
      [3, 2_000],
      [4, 3_000],
    ]);
    expect([...exitCodes]).toEqual([
      [0, [1]],
      [4, [3, 0]],
    ]);
  });

  it('needs no duration for all where every task has one', () => {
    expect(read({ durations: { first: 1, last: 2 } })).not.toHaveProperty('durationMs');
    const section = { factoryDurations: [1, 'PT2S'], durations: { first: 1, last: 2 } };
    expect(read(section, withFactory).factoryDurationsMs).toEqual([1_000, 2_000]);
  });

  it('is ignored where the file is read to be run', () => {
    for (const simulation of [{ duration: 'soon' }, 'wombat', null, [1]]) {
      expect(parseJobFile({ ...given, simulation })).toEqual(parseJobFile(given));
    }
  });

  it.each<[string, unknown, string, string]>([
    [
      'missing',
      undefined,
      'MissingRequiredProperty',
      'simulation is required: it says how long the tasks run, for all of them as in simulation: ' +
        '{ duration: PT1M }, or by their ids in simulation.durations',
    ],
    [
      'without a duration for some',
      { durations: { first: 1 } },
      'MissingRequiredProperty',
      'simulation.duration is required, since task "last" has no duration of its own; for example PT1M',
    ],
    ['no object', 'PT1M', 'InvalidPropertyValue', 'simulation must be an object; it is "PT1M"'],
    [
      'with an unknown name',
      { durration: 'PT1M' },
      'UnsupportedProperty',
      'unknown property "durration" in simulation; did you mean "duration"?',
    ],
    [
      'with a duration that is none',
      { duration: '90s' },
      'InvalidPropertyValue',
      'simulation.duration must be an ISO 8601 duration such as PT90S, PT1H30M or P7D, or a number of seconds; it is "90s"',
    ],
    [
      'with a duration of another kind',
      { duration: true },
      'InvalidPropertyValue',
      'simulation.duration must be an ISO 8601 duration such as PT90S, or a number of seconds; it is true',
    ],
    [
      'with a negative duration',
      { duration: 1, durations: { first: -1 } },
      'InvalidPropertyValue',
      'simulation.durations.first must be from 0 to 1000000000 seconds; it is -1',
    ],
    [
      'with an endless duration',
      { duration: 'P10675199DT2H48M5.4775807S' },
      'InvalidPropertyValue',
      'simulation.duration must be from 0 to 1000000000 seconds; it is "P10675199DT2H48M5.4775807S"',
    ],
    [
      'with the id of no task',
      { duration: 1, durations: { second: 1 } },
      'InvalidPropertyValue',
      'simulation.durations.second is not the id of a task of the file',
    ],
    [
      'with an id twice',
      { duration: 1, durations: { first: 1, First: 2 } },
      'InvalidPropertyValue',
      'simulation.durations.First is an id that stands here already',
    ],
    [
      'with nodes that come too late for their pool',
      { duration: 1, bootTime: 'PT15M' },
      'InvalidPropertyValue',
      'simulation.bootTime must be shorter than the pool\'s resizeTimeout (PT15M), or no node ever comes; it is "PT15M"',
    ],
    [
      'with an exit code that is none',
      { duration: 1, exitCodes: { first: [1, 'x'] } },
      'InvalidPropertyValue',
      'simulation.exitCodes.first must be a whole number of 32 bits, or a list of them, one for each run; it is a list',
    ],
    [
      'with durations of a factory that is not there',
      { duration: 1, factoryDurations: [1] },
      'InvalidPropertyValue',
      'simulation.factoryDurations needs a taskFactory in the file',
    ],
  ])('%s is refused', (_, section, code, message) => {
    expect(refusalOf(() => read(section))).toMatchObject({ code, message });
  });

  it.each([
    [-1, 'for ever'],
    [2_000_000_000, '2000000000 times'],
  ])(
    'may not let a task fail in every run that is retried %d times',
    (maxTaskRetryCount, often) => {
      const file = { ...given, job: { id: 'j', constraints: { maxTaskRetryCount } } };
      expect(refusalOf(() => read({ duration: 1, exitCodes: { first: [0, 1] } }, file))).toEqual({
        code: 'InvalidPropertyValue',
        message: `simulation.exitCodes.first must end with 0, since the task would be retried ${often} (maxTaskRetryCount)`,
        path: 'simulation.exitCodes.first',
      });
      expect(read({ duration: 1, exitCodes: { first: [1, 0] } }, file).exitCodes.size).toBe(1);
    },
  );
});
