import type { Row } from './benchmark.ts';
import type { FloorLives } from './dispatch-floor.ts';
import { floorWorld, startFloor } from './dispatch-floor.ts';
import type { Load } from './dispatch-load.ts';
import { EngineLives, standardLoad } from './dispatch-load.ts';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';
import type { Sample } from './measure.ts';
import { gcShareOf, time } from './measure.ts';
import { latencyOf, medianOf } from './statistics.ts';

/*
 * From handing in the report of one completion to having read what starts on its slots. One report to a
 * batch; the pool is full, and as many tasks wait as were asked for.
 */

export interface LatencyInput {
  waiting: number;
  /** Tasks of a job that is over, whose failures are listed meanwhile; 0: nothing is listed. */
  listed: number;
  /** Rows that one slice of the list looks at. */
  sliceRows: number;
  turns: number;
}

const warmUpTurns = 3;
const samplesPerTurn = 20_000;
const wordsPerRow = 7;
const completedWithFailure = 7;

const { waiting, listed, sliceRows, turns } = childInput<LatencyInput>();
const slices = Math.ceil(listed / sliceRows);
const perTurn = listed === 0 ? samplesPerTurn : slices;
const load: Load = { ...standardLoad, tasks: waiting + perTurn * (turns + warmUpTurns) };

/** Takes a turn: nanoseconds of each sample, and of the slice alone. */
type Turn = (samples: Float64Array, ofSlices: Float64Array) => void;

const floor = listed === 0 ? bareTurn(startFloor(floorWorld(load))) : bareListing(load);
const engine = listed === 0 ? engineTurn(waitingEngine()) : engineListing(listedEngine());

function bareTurn(lives: FloorLives): Turn {
  return (samples) => {
    for (let index = 0; index < samples.length; index++) {
      const from = performance.now();
      lives.end(1);
      samples[index] = (performance.now() - from) * 1e6;
    }
  };
}

function waitingEngine(): EngineLives {
  const lives = new EngineLives(load);
  lives.submit();
  lives.comeUp();
  return lives;
}

function engineTurn(lives: EngineLives): Turn {
  return (samples) => {
    for (let index = 0; index < samples.length; index++) {
      const running = lives.running;
      const from = performance.now();
      lives.end(1);
      samples[index] = (performance.now() - from) * 1e6;
      if (lives.running < running) throw new Error('nothing started on a free slot');
    }
  };
}

/** As many rows as the listed job has, of which every 64th is found. */
function bareListing(load: Load): Turn {
  const lives = startFloor(floorWorld(load));
  const words = new Int32Array(listed * wordsPerRow);
  for (let row = 0; row < listed; row += 64) words[row * wordsPerRow] = completedWithFailure;
  const found: number[] = [];
  return (samples, ofSlices) => {
    for (let index = 0; index < samples.length; index++) {
      const from = performance.now();
      found.length = 0;
      const end = Math.min(listed, (index + 1) * sliceRows);
      for (let row = index * sliceRows; row < end; row++) {
        if (words[row * wordsPerRow] === completedWithFailure) found.push(row);
      }
      const between = performance.now();
      lives.end(1);
      samples[index] = (performance.now() - from) * 1e6;
      ofSlices[index] = (between - from) * 1e6;
    }
  };
}

/** The listed job is over, the others wait. */
function listedEngine(): EngineLives {
  const lives = new EngineLives({ ...standardLoad, jobs: 1, tasks: listed });
  lives.submit();
  lives.run();
  lives.submit(load, 'waiting');
  return lives;
}

/** Every completion comes in as a slice begins: the worst moment there is. */
function engineListing(lives: EngineLives): Turn {
  const { queries } = lives.engine;
  const failures = { state: 'completed', result: 'failure' } as const;
  const slice = { limit: sliceRows, scanLimit: sliceRows };
  return (samples, ofSlices) => {
    let continuation = 0;
    for (let index = 0; index < samples.length; index++) {
      const from = performance.now();
      const list = queries.tasks('job-0', { ...failures, ...slice, continuation });
      const between = performance.now();
      lives.end(1);
      samples[index] = (performance.now() - from) * 1e6;
      ofSlices[index] = (between - from) * 1e6;
      if (list === undefined) throw new Error('the listed job is gone');
      continuation = list.continuation ?? 0;
    }
  };
}

/** All samples of a contender: turn after turn. */
interface Series {
  all: Float64Array;
  slices: Float64Array;
  medians: number[];
  times: Sample[];
}

function series(): Series {
  const length = perTurn * turns;
  return {
    all: new Float64Array(length),
    slices: new Float64Array(length),
    medians: [],
    times: [],
  };
}

async function take(turn: Turn, into: Series | undefined, number: number): Promise<void> {
  const samples = new Float64Array(perTurn);
  const ofSlices = new Float64Array(perTurn);
  const sample = await time({ run: () => turn(samples, ofSlices) });
  if (into === undefined) return;
  into.times.push(sample);
  into.all.set(samples, number * perTurn);
  into.slices.set(ofSlices, number * perTurn);
  into.medians.push(latencyOf(samples).p50);
}

const own = series();
const bare = series();
for (let number = -warmUpTurns; number < turns; number++) {
  await take(floor, number < 0 ? undefined : bare, number);
  await take(engine, number < 0 ? undefined : own, number);
}
const shareOfFloor = medianOf(
  own.medians.map((median, turn) => (bare.medians[turn] ?? Number.NaN) / median),
);
const what = listed === 0 ? '' : ', a slice before it';
const rows: Row[] = [
  {
    name: `floor: bare loop${what}`,
    latency: latencyOf(bare.all),
    shareOfFloor: 1,
    gcShare: gcShareOf(bare.times),
  },
  {
    name: `completion to start${what}`,
    latency: latencyOf(own.all),
    shareOfFloor,
    gcShare: gcShareOf(own.times),
    peakMegabytes: peakMegabytes(),
  },
];
if (listed > 0) rows.push({ name: 'the slice alone', latency: latencyOf(own.slices) });
console.log(JSON.stringify(rows));
