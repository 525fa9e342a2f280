import { Session } from 'node:inspector/promises';
import { floorWorld, runFloor } from '../../bench/src/dispatch-floor.ts';
import type { Load } from '../../bench/src/dispatch-load.ts';
import { EngineLives } from '../../bench/src/dispatch-load.ts';

/*
 * How much a load executes, counted without a clock: every character of source times the number of times
 * that it was run, by V8's block coverage. A loop over n things counts n times, whatever it calls; counting
 * blocks would not do, since V8 reports only those whose count differs from what is around them.
 */

export interface Operations {
  /** Of the core, per task: the command that gives them, and all that follows. */
  submission: number;
  lives: number;
  /** Of the floor, per task. */
  floor: number;
  /** Functions of the core that execute the most, per task. */
  heaviest: Record<string, number>;
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** Since the last call: by function, the characters executed. */
async function executed(path: string): Promise<Map<string, number>> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const byFunction = new Map<string, number>();
  for (const { url, functions } of result) {
    if (!url.includes(path)) continue;
    const file = url.replace(/.*\//, '').replace(/\?.*/, '');
    const ranges = functions.flatMap(({ functionName, ranges }) =>
      ranges.map((range) => ({ ...range, name: `${file} ${functionName}` })),
    );
    // Around what is inside: what is inside does not count for what is around it.
    ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
    const around: typeof ranges = [];
    const add = (name: string, characters: number): void => {
      byFunction.set(name, (byFunction.get(name) ?? 0) + characters);
    };
    for (const range of ranges) {
      while ((around.at(-1)?.endOffset ?? Infinity) <= range.startOffset) around.pop();
      const outer = around.at(-1);
      const length = range.endOffset - range.startOffset;
      if (outer !== undefined) add(outer.name, -outer.count * length);
      add(range.name, range.count * length);
      around.push(range);
    }
  }
  return byFunction;
}

function sum(byFunction: Map<string, number>): number {
  return [...byFunction.values()].reduce((total, characters) => total + characters, 0);
}

const found: Operations[] = [];
for (const load of JSON.parse(process.argv[2] ?? '[]') as Load[]) {
  const lives = new EngineLives(load);
  await executed('/packages/core/src/');
  lives.submit();
  const submission = sum(await executed('/packages/core/src/'));
  lives.run();
  const byFunction = await executed('/packages/core/src/');
  lives.audit();
  runFloor(floorWorld(load));
  const floor = sum(await executed('/bench/src/dispatch-floor.ts'));
  const heaviest = [...byFunction].sort(([, a], [, b]) => b - a).slice(0, 12);
  const perTask = (characters: number): number => Math.round((10 * characters) / load.tasks) / 10;
  found.push({
    submission: perTask(submission),
    lives: perTask(sum(byFunction)),
    floor: perTask(floor),
    heaviest: Object.fromEntries(heaviest.map(([name, characters]) => [name, perTask(characters)])),
  });
}
console.log(JSON.stringify(found));
