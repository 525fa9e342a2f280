import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BatchError } from '../../src/errors.ts';
import {
  parseJob,
  parseJobFile,
  parseJobPatch,
  parseJobSimulation,
  parsePool,
  parseTask,
  parseTaskConstraints,
  parseTaskFactory,
  parseTasks,
  parseWorkflow,
} from '../../src/spec/index.ts';

const someFile = parseJobFile({
  pool: { id: 'p', targetDedicatedNodes: 1 },
  job: { id: 'j' },
  tasks: [{ id: 'id', commandLine: 'x' }],
});

const parsers = [
  parsePool,
  parseJob,
  parseJobPatch,
  parseTask,
  parseTasks,
  parseTaskFactory,
  parseTaskConstraints,
  parseJobFile,
  parseWorkflow,
  (value: unknown) => parseJobSimulation(value, someFile),
] as const;

/** Words by which a message would betray that it is zod's. */
const zodWords = /Invalid input|expected .*received|Unrecognized|Too (small|big)|\[object/;

/** JSON that is close enough to a job file to come far. */
const nearly = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<unknown>(0, 1, -1, -0, 2 ** 53, 'a', 'A', '{0}', '{9}', 'PT1H', 'P1Y', 'A1'),
    fc.constantFrom<unknown>('../x', 'https://x', 'parametricSweep', true, null, Number.NaN, '\0'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...['pool', 'job', 'tasks', 'taskFactory', 'uploads', 'downloads', 'id', 'commandLine'],
        ...['targetDedicatedNodes', 'targetDedicated', 'vmSize', 'metadata', 'name', 'value'],
        ...['parameterSets', 'start', 'end', 'step', 'repeatTask', 'type', 'resourceFiles'],
        ...['httpUrl', 'filePath', 'dependsOn', 'taskIds', 'taskIdRanges', 'constraints'],
        ...['maxWallClockTime', 'poolInfo', 'poolId', 'outputFiles', 'destination', 'container'],
        ...['exitConditions', 'autoStorageContainerName', '__proto__', 'constructor', 'odd name'],
      ),
      tie('value'),
      { maxKeys: 8 },
    ),
  ),
})).value;

describe('whatever comes in', () => {
  it.each([
    ['any JSON', fc.jsonValue()],
    ['any value', fc.anything({ withBigInt: true, withDate: true, withMap: true })],
    ['what looks like a specification', nearly],
  ])('%s is read or refused with a BatchError in our words', (_, values) => {
    fc.assert(
      fc.property(values, fc.constantFrom(...parsers), (value, parse) => {
        try {
          parse(value);
        } catch (error) {
          expect(error).toBeInstanceOf(BatchError);
          expect((error as BatchError).message).not.toMatch(zodWords);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has no property that is undefined once it is read', () => {
    const given = fc.record(
      {
        id: fc.constant('t'),
        commandLine: fc.constant('x'),
        displayName: fc.constantFrom(null, undefined, 'd'),
        dependsOn: fc.constantFrom(null, {}, { taskIds: [] }, { taskIds: ['a'] }),
        constraints: fc.constantFrom(null, {}, { maxWallClockTime: 'P10675200D' }),
        exitConditions: fc.constantFrom(null, {}),
      },
      { requiredKeys: ['id', 'commandLine'] },
    );
    fc.assert(
      fc.property(given, (value) => {
        const task = parseTask(value);
        expect(task).toStrictEqual(JSON.parse(JSON.stringify(task)));
      }),
    );
  });
});
