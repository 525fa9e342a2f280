import { bytesPerRow } from '@berth/core';
import type { Benchmark, Row } from './benchmark.ts';
import type { Load } from './dispatch-load.ts';
import { runEngine, standardLoad } from './dispatch-load.ts';
import type { Contender } from './measure.ts';
import { bytesHeld, measure } from './measure.ts';

/** The rows are no part of the core's interface: they are taken from beside its entry, source or build. */
interface TaskRows {
  touch(row: number): Int32Array;
  offset(row: number): number;
}
const entry = import.meta.resolve('@berth/core');
const { TaskRows } = (await import(entry.replace(/index(\.\w+)$/, 'task-rows$1'))) as {
  TaskRows: new () => TaskRows;
};

const wordsPerRow = bytesPerRow / 4;

export const rows: Benchmark = {
  summary: 'bytes that a task takes once it has run, and what a touch of its row costs',
  defaultTasks: 10_000_000,
  async run(tasks) {
    const few = Math.max(1, Math.floor(tasks / 10));
    const oneJob: Load = { ...standardLoad, jobs: 1 };
    const held = [
      memory(`${tasks} of a factory`, { ...oneJob, tasks }),
      memory(`${few} one by one`, { ...oneJob, tasks: few, submission: 'one by one' }),
    ];
    return [
      { title: 'memory of tasks that have run', unit: 'task', rows: held },
      { title: `touches of ${tasks} rows`, unit: 'touch', rows: await touches(tasks) },
    ];
  },
};

/** What is held more than by an engine with the same nodes after one task, which is no part of the tasks'. */
function memory(name: string, load: Load): Row {
  const before = bytesHeld();
  const small = runEngine({ ...load, tasks: 1 });
  const fixed = bytesHeld() - before;
  const large = runEngine(load);
  const bytes = (bytesHeld() - before - 2 * fixed) / load.tasks;
  // Alive until here.
  if (small.engine.now > large.engine.now) throw new Error('time goes backwards');
  return { name, bytes };
}

/** Two words of every row are read and written, in order and far apart. */
async function touches(count: number): Promise<Row[]> {
  const bare = new Int32Array(count * wordsPerRow);
  const paged = new TaskRows();
  for (let row = 0; row < count; row++) paged.touch(row);
  // A step that has no common divisor with any count up to 2^31, and jumps over pages.
  const far = 2_147_483_647 % count;
  const contenders = [1, far].flatMap((step): Contender[] => {
    const how = step === 1 ? 'in order' : 'far apart';
    return [
      { name: `floor: bare array, ${how}`, run: () => touchBare(bare, count, step) },
      { name: `task rows, ${how}`, run: () => touchPaged(paged, count, step) },
    ];
  });
  return [
    ...(await measure(contenders.slice(0, 2), count)),
    ...(await measure(contenders.slice(2), count)),
  ];
}

function touchBare(words: Int32Array, count: number, step: number): void {
  let row = 0;
  for (let left = count; left > 0; left--) {
    const at = row * wordsPerRow;
    words[at] = (words[at] ?? 0) + 1;
    words[at + 4] = left;
    row += step;
    if (row >= count) row -= count;
  }
}

function touchPaged(rows: TaskRows, count: number, step: number): void {
  let row = 0;
  for (let left = count; left > 0; left--) {
    const words = rows.touch(row);
    const at = rows.offset(row);
    words[at] = (words[at] ?? 0) + 1;
    words[at + 4] = left;
    row += step;
    if (row >= count) row -= count;
  }
}
