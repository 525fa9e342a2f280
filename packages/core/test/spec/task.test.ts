import { describe, expect, it } from 'vitest';
import { parseTask, parseTaskConstraints, parseTasks } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const least = { id: 't', commandLine: 'true' };

describe('a task', () => {
  it('gets every default', () => {
    expect(parseTask(least)).toEqual({
      id: 't',
      commandLine: 'true',
      resourceFiles: [],
      outputFiles: [],
      environmentSettings: [],
      constraints: {},
      requiredSlots: 1,
    });
  });

  it('refuses an affinity to nothing', () => {
    const affinityInfo = { affinityId: '' };
    expect(refusalOf(() => parseTask({ ...least, affinityInfo })).path).toBe(
      'affinityInfo.affinityId',
    );
  });

  it('gets the defaults of multi-instance settings, which need one slot', () => {
    const multiInstanceSettings = { coordinationCommandLine: 'meet' };
    expect(parseTask({ ...least, multiInstanceSettings }).multiInstanceSettings).toEqual({
      numberOfInstances: 1,
      coordinationCommandLine: 'meet',
      commonResourceFiles: [],
    });
    const slots = { ...least, multiInstanceSettings, requiredSlots: 2 };
    expect(refusalOf(() => parseTask(slots)).path).toBe('requiredSlots');
    const nothing = { ...least, multiInstanceSettings: {} };
    expect(refusalOf(() => parseTask(nothing)).path).toBe(
      'multiInstanceSettings.coordinationCommandLine',
    );
  });

  it('keeps the exit conditions that it is given', () => {
    const exitConditions = {
      exitCodes: [{ code: -1073741510, exitOptions: { jobAction: 'disable' } }],
      exitCodeRanges: [{ start: 1, end: 9, exitOptions: { dependencyAction: 'satisfy' } }],
      default: { jobAction: 'none', dependencyAction: 'block' },
    };
    expect(parseTask({ ...least, exitConditions }).exitConditions).toEqual(exitConditions);
  });

  it.each([
    ['exitConditions.exitCodes[0].code', { exitCodes: [{ code: 0.5, exitOptions: {} }] }],
    ['exitConditions.exitCodes[0].exitOptions', { exitCodes: [{ code: 1 }] }],
    [
      'exitConditions.exitCodeRanges[0]',
      { exitCodeRanges: [{ start: 2, end: 1, exitOptions: {} }] },
    ],
    ['exitConditions.default.jobAction', { default: { jobAction: 'stop' } }],
  ])('refuses %s', (path, exitConditions) => {
    expect(refusalOf(() => parseTask({ ...least, exitConditions })).path).toBe(path);
  });

  it('leaves the value that it was read from as it was', () => {
    const given = Object.freeze({ ...least, displayName: null, requiredSlots: 2 });
    expect(parseTask(given)).not.toHaveProperty('displayName');
  });

  it('does not share its default lists with other tasks', () => {
    expect(parseTask(least).resourceFiles).not.toBe(parseTask(least).resourceFiles);
  });

  it('counts null and undefined as absent', () => {
    const { displayName, constraints } = parseTask({
      ...least,
      displayName: undefined,
      constraints: { maxWallClockTime: null },
    });
    expect({ displayName, constraints }).toEqual({ constraints: {} });
  });

  it.each([
    ['MissingRequiredProperty', 'commandLine', { commandLine: null }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: '' }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: ' ' }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: ['ls'] }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: 'x'.repeat(32_769) }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: 'a\0b' }],
    ['InvalidPropertyValue', 'commandLine', { commandLine: '\ud800' }],
    ['InvalidPropertyValue', 'requiredSlots', { requiredSlots: 0 }],
    ['InvalidPropertyValue', 'requiredSlots', { requiredSlots: Number.NaN }],
    [
      'InvalidPropertyValue',
      'environmentSettings[1].name',
      {
        environmentSettings: [
          { name: 'A', value: '' },
          { name: '', value: '' },
        ],
      },
    ],
    [
      'InvalidPropertyValue',
      'environmentSettings[0].value',
      { environmentSettings: [{ name: 'A', value: 'x\0' }] },
    ],
    [
      'InvalidConstraintValue',
      'constraints.maxWallClockTime',
      { constraints: { maxWallClockTime: 'PT0S' } },
    ],
  ])('is refused with %s at %s', (code, path, more) => {
    expect(refusalOf(() => parseTask({ ...least, ...more }))).toMatchObject({ code, path });
  });

  it('waits for ids and ranges', () => {
    const dependsOn = { taskIds: ['a'], taskIdRanges: [{ start: 0, end: 9 }] };
    expect(parseTask({ ...least, dependsOn }).dependsOn).toEqual(dependsOn);
  });

  it('has no negative zero', () => {
    const dependsOn = { taskIdRanges: [{ start: -0, end: 0 }] };
    expect(parseTask({ ...least, dependsOn }).dependsOn?.taskIdRanges[0]?.start).toBe(0);
  });

  it('that waits for nothing depends on nothing', () => {
    expect(parseTask({ ...least, dependsOn: { taskIds: [] } })).not.toHaveProperty('dependsOn');
  });

  it.each([
    ['InvalidPropertyValue', 'dependsOn.taskIds[0]', { taskIds: ['a b'] }],
    [
      'TaskDependencyListTooLong',
      'dependsOn.taskIds',
      { taskIds: Array.from({ length: 1001 }, (_, i) => `${i}`.padStart(64, '0')) },
    ],
    [
      'TaskDependencyRangesTooLong',
      'dependsOn.taskIdRanges',
      { taskIdRanges: Array.from({ length: 10_001 }, (_, i) => ({ start: i, end: i })) },
    ],
    ['InvalidPropertyValue', 'dependsOn.taskIdRanges[0]', { taskIdRanges: [{ start: 2, end: 1 }] }],
    [
      'InvalidPropertyValue',
      'dependsOn.taskIdRanges[0].start',
      { taskIdRanges: [{ start: -1, end: 1 }] },
    ],
    [
      'InvalidPropertyValue',
      'dependsOn.taskIdRanges[0].end',
      { taskIdRanges: [{ start: 0, end: 2 ** 53 }] },
    ],
    ['MissingRequiredProperty', 'dependsOn.taskIdRanges[0].end', { taskIdRanges: [{ start: 0 }] }],
  ])('cannot wait: %s at %s', (code, path, dependsOn) => {
    expect(refusalOf(() => parseTask({ ...least, dependsOn }))).toMatchObject({ code, path });
  });
});

describe('a list of tasks', () => {
  it('is read task by task', () => {
    const [first, second, third] = parseTasks([least, { id: 't2' }, { ...least, id: 't3' }]);
    expect(first).toHaveProperty('id', 't');
    expect(second).toMatchObject({
      code: 'MissingRequiredProperty',
      message: 'tasks[1].commandLine is required',
    });
    expect(third).toHaveProperty('id', 't3');
  });

  it.each([[null], ['x'], [{}]])('is not %j', (value) => {
    expect(refusalOf(() => parseTasks(value)).code).toBe('InvalidRequestBody');
  });
});

describe("a task's constraints", () => {
  it('are read by themselves', () => {
    const given = { maxWallClockTime: 'PT1M', maxTaskRetryCount: 3 };
    expect(parseTaskConstraints(given)).toEqual({
      maxWallClockTimeMs: 60_000,
      maxTaskRetryCount: 3,
    });
  });
});
