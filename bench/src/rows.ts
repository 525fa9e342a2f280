import { bytesPerRow } from '@berth/core';
import type { Benchmark, Row } from './benchmark.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';
import { bytesOfStandard } from './memory-need.ts';

/** The rows are no part of the core's interface: they are taken from beside its entry, source or build. */
interface TaskRows {
  touch(row: number): Int32Array;
  offset(row: number): number;
}
const entry = import.meta.resolve('@berth/core');
const beside = (name: string): string => entry.replace(/index(\.\w+)$/, `${name}$1`);
const { TaskArena } = (await import(beside('task-arena'))) as { TaskArena: new () => object };
const { TaskRows } = (await import(beside('task-rows'))) as {
  TaskRows: new (arena: object) => TaskRows;
};

const wordsPerRow = bytesPerRow / 4;

export const rows: Benchmark = {
  summary: 'what a touch of a task row costs, in order and far apart',
  defaultTasks: 10_000_000,
  bytesHere: bytesOfStandard,
  async run(tasks, { turns }) {
    const title = `touches of ${tasks} rows`;
    return [{ title, unit: 'touch', rows: await touches(tasks, turns) }];
  },
};

/** Two words of every row are read and written, in order and far apart. */
async function touches(count: number, turns: number | undefined): Promise<Row[]> {
  const bare = new Int32Array(count * wordsPerRow);
  const paged = new TaskRows(new TaskArena());
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
    ...(await measure(contenders.slice(0, 2), count, turns)),
    ...(await measure(contenders.slice(2), count, turns)),
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
