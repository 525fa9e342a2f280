import { Engine, InputBatch } from '@berth/core';
import { parseJob } from '@berth/core/spec';
import { expect, it } from 'vitest';

// Who asks for the preparation or release of a job on a node where there was none is told which is missing (semantics §8).

const jobPreparationTask = { commandLine: 'prepare' };

function engineWith(more: object): Engine {
  const engine = new Engine();
  const job = parseJob({ id: 'j', poolInfo: { poolId: 'p' }, jobPreparationTask, ...more });
  expect(engine.apply(InputBatch.of(1000, { type: 'addJob', job })).results).toEqual([{}]);
  return engine;
}

it('a preparation that has not run on a node is none there', () => {
  expect(engineWith({}).queries.preparationOn('j', 'node-1')).toMatchObject({
    code: 'JobPreparationTaskNotRunOnNode',
  });
});

it('a job without a release task has none on any node', () => {
  expect(engineWith({}).queries.releaseOn('j', 'node-1')).toMatchObject({
    code: 'JobReleaseTaskNotSpecified',
  });
});

it('a release that has not run on a node is none there', () => {
  const { queries } = engineWith({ jobReleaseTask: { commandLine: 'release' } });
  expect(queries.releaseOn('j', 'node-1')).toMatchObject({ code: 'JobReleaseTaskNotRunOnNode' });
});
