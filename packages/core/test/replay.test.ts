import type { Command } from '@berth/core';
import { InputBatch, Replay, ReportKind } from '@berth/core';
import { parseJob, parsePool, parseTask } from '@berth/core/spec';
import { batchOf, histories, VirtualWorld } from '@berth/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';

test('a replay comes to the state of every moment, however the inputs were cut into batches', () => {
  const property = fc.property(
    histories(),
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
    fc.nat({ max: 150 }),
    (steps, sizes, stop) => {
      const world = new VirtualWorld();
      const hashes = [world.engine.stateHash()];
      world.play(steps, () => hashes.push(world.engine.stateHash()));
      const { inputs } = world;
      const end = stop % (inputs.length + 1);
      const replay = new Replay({}, { inputs: end });
      const seen: string[] = [];
      for (let from = 0, turn = 0; from < inputs.length; turn++) {
        const size = sizes[turn % sizes.length] ?? 1;
        const frame = batchOf(inputs.slice(from, from + size))
          .bytes()
          .slice();
        for (const _input of replay.batch(frame)) seen.push(replay.engine.stateHash());
        from += size;
      }
      expect(seen).toEqual(hashes.slice(1, end + 1));
      expect(replay.inputs).toBe(end);
      expect(replay.isOver).toBe(end < inputs.length);
      expect(replay.engine.stateHash()).toBe(hashes[end]);
    },
  );
  fc.assert(property, { numRuns: 40 });
});

const at = 1_700_000_000_000;

function frame(): InputBatch {
  const commands: Command[] = [
    {
      type: 'addPool',
      pool: parsePool({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1, taskSlotsPerNode: 2 }),
    },
    { type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'p' }, priority: 3 }) },
    { type: 'addTasks', jobId: 'j', tasks: [parseTask({ id: 'a', commandLine: 'x' })] },
  ];
  const batch = new InputBatch();
  for (const command of commands) batch.command(at, command);
  return batch
    .report(at + 1_000, { kind: ReportKind.nodeReady, node: 0, sequence: 1 })
    .report(at + 2_000, { kind: ReportKind.runEnded, run: 0, sequence: 2, exitCode: 1 })
    .report(at + 2_000, { kind: ReportKind.runLost, run: 0, sequence: 2 })
    .command(at + 3_000, { type: 'terminateTask', jobId: 'j', taskId: 'b' })
    .command(at + 1, { type: 'deleteJob', jobId: 'j' });
}

test('each input is told in a line, with what became of it', () => {
  const told = [...new Replay().batch(frame().bytes())].map(
    ({ number, at: time, text, result, ignored, effects }) =>
      [
        number,
        time - at,
        text,
        result?.error?.code ?? (ignored ? 'ignored' : ''),
        effects.join(),
      ].join(' | '),
  );
  expect(told).toEqual([
    '1 | 0 | add pool p: 1 node × 2 slots |  | get node p/node-1',
    '2 | 0 | add job j in p: priority 3 |  | ',
    '3 | 0 | add tasks to j: 1 task (a) |  | ',
    '4 | 1000 | node ready: p/node-1 |  | start j/a on p/node-1',
    '5 | 2000 | run ended: j/a on p/node-1, exit 1 |  | ',
    '6 | 2000 | run lost: run 0 of sequence 2 | ignored | ',
    '7 | 3000 | terminate task j/b | TaskNotFound | ',
    // Time never goes back.
    '8 | 3000 | delete job j |  | remove files of j in p',
  ]);
});

test('it stops before what happened after a moment', () => {
  const replay = new Replay({}, { at: at + 2_000 });
  expect([...replay.batch(frame().bytes())]).toHaveLength(6);
  expect(replay.isOver).toBe(true);
  expect([...replay.batch(frame().bytes())]).toEqual([]);
  expect(replay.engine.now).toBe(at + 2_000);
});
