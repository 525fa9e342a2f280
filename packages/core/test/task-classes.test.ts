import { expect, test } from 'vitest';
import { Engine } from '../src/engine.ts';
import { InputBatch } from '../src/input-batch.ts';
import { parseJob, parseTask } from '../src/spec/index.ts';

test('the counts of many jobs with tasks of several sizes are those of their tasks, also when jobs have gone', () => {
  const engine = new Engine();
  const give = (round: number): void => {
    for (let number = 0; number < 50; number++) {
      const jobId = `j-${round}-${number}`;
      const tasks = [4, 1, 2, 1].map((requiredSlots, task) =>
        parseTask({ id: `t${task}`, commandLine: 'work', requiredSlots }),
      );
      const batch = new InputBatch()
        .command(0, { type: 'addJob', job: parseJob({ id: jobId, poolInfo: { poolId: 'p' } }) })
        .command(0, { type: 'addTasks', jobId, tasks });
      for (const { error, refused = [] } of engine.apply(batch).results) {
        expect([error, refused]).toEqual([undefined, []]);
      }
    }
  };
  give(1);
  for (let number = 0; number < 50; number += 2) {
    engine.apply(InputBatch.of(0, { type: 'deleteJob', jobId: `j-1-${number}` }));
  }
  give(2);
  expect(engine.validate()).toEqual([]);
  for (const { id } of engine.queries.jobs()) {
    expect(engine.queries.taskCounts(id)).toMatchObject({
      taskCounts: { active: 4 },
      taskSlotCounts: { active: 8 },
    });
  }
});
