import type { Benchmark, Row, Section } from './benchmark.ts';
import { DagLives } from './dag-engine.ts';
import { KahnOnCsr } from './dag-floor.ts';
import type { Dag } from './dag-graph.ts';
import { dagOf, dagShapes, randomBelow, randomInAnyOrder } from './dag-graph.ts';
import type { RangeDag } from './dag-structure.ts';
import { StructureLives } from './dag-structure.ts';
import { bytesHeld, measure } from './measure.ts';
import { readWorkflows } from './wfformat.ts';
import { dagOfWorkflow, runWorkflow } from './wfformat-run.ts';

/** Through the engine, tasks come as JSON: fewer of them say as much. */
const engineShare = 20;
/** Ranges stand for many edges each. */
const rangeShare = 10;
/** Pairs of a range with an integer in it, on average. */
const pairsPerRange = 50;
/** A small workflow is run as often as comes to so many edges. */
const workflowEdges = 20_000;
const workflowSlots = 16;
const fewestEdgesToWeigh = 20_000;

/** The graph, its floor and the edges that both are made from: three edges a task, rounded up. */
const bytesPerTask = 300;

export const dag: Benchmark = {
  summary: 'dependencies, added and released, beside Kahn on CSR',
  defaultTasks: 1_000_000,
  bytesHere: (tasks) => tasks * bytesPerTask,
  takesWorkflows: true,
  async *run(tasks, { workflows: path, turns = tasks > 2_000_000 ? 3 : 7 }) {
    // Before the minutes that the rest takes.
    const workflows = path === undefined ? [] : readWorkflows(path);
    for (const [name, shape] of Object.entries(dagShapes)) {
      yield await structure(name, shape(tasks), turns);
    }
    yield await ranges('overlapping ranges', overlapping(tasks / rangeShare), turns);
    yield await ranges('equal ranges', equal(tasks / rangeShare), turns);
    const few = Math.max(1, Math.floor(tasks / engineShare));
    yield await lives('random, any order', randomInAnyOrder(few), 1, turns);
    for (const workflow of workflows) {
      const graph = dagOfWorkflow(workflow);
      const { makespanMs } = runWorkflow(workflow, workflowSlots);
      const seconds = `${(makespanMs / 1_000).toFixed(1)} s on ${workflowSlots} slots`;
      const times = Math.ceil(workflowEdges / Math.max(1, graph.edges));
      yield await structure(workflow.name, graph, turns, times);
      yield await lives(`${workflow.name}, ${seconds}`, graph, times, turns);
    }
  },
};

/** A graph of a few tasks may have no edge. */
function withoutEdges(title: string): Section {
  const skipped = 'no edge to measure: ask for more --tasks';
  return { title, unit: 'edge', rows: [{ name: 'graph', skipped }] };
}

/** The graph of the core alone: rows and integers are known, no command, no task. */
async function structure(name: string, graph: Dag, turns: number, times = 1): Promise<Section> {
  if (graph.edges === 0) return withoutEdges(titleOf(name, graph));
  const queue = new Int32Array(graph.tasks);
  const floor = (): number => new KahnOnCsr(graph).release();
  const own = (): number => StructureLives.of(graph, queue).release();
  const rows = await measure(
    [
      {
        name: 'floor: Kahn on CSR, all edges known beforehand',
        bytes: new KahnOnCsr(graph).bytes / graph.edges,
        run: () => all(graph.tasks, times, floor),
      },
      {
        name: 'graph alone, ids as integers, both ways',
        ...held(graph.edges, () => StructureLives.of(graph, queue)),
        run: () => all(graph.tasks, times, own),
      },
    ],
    graph.edges * times,
    turns,
  );
  return { title: titleOf(name, graph), unit: 'edge', rows };
}

async function ranges(name: string, graph: RangeDag, turns: number): Promise<Section> {
  if (graph.edges === 0) return withoutEdges(titleOf(name, graph));
  const { tasks, start, end } = graph;
  const queue = new Int32Array(tasks);
  const pairs = dagOf(tasks, (task) => {
    const first = start[task] ?? 0;
    return Array.from({ length: Math.max(0, (end[task] ?? 0) - first + 1) }, (_, i) => first + i);
  });
  const rows = await measure(
    [
      {
        name: 'floor: Kahn on CSR, an edge for each id of each range',
        bytes: new KahnOnCsr(pairs).bytes / graph.edges,
        run: () => all(tasks, 1, () => new KahnOnCsr(pairs).release()),
      },
      {
        name: 'graph alone, ranges as ranges',
        ...held(graph.edges, () => StructureLives.ofRanges(graph, queue)),
        run: () => all(tasks, 1, () => StructureLives.ofRanges(graph, queue).release()),
      },
    ],
    graph.edges,
    turns,
  );
  const title = `${titleOf(name, graph)} to ranges of ${pairs.edges} ids together`;
  return { title, unit: 'edge', rows };
}

/** Whole lives through the engine, with the dependencies and without: what they cost more is theirs. */
async function lives(name: string, graph: Dag, times: number, turns: number): Promise<Section> {
  if (graph.edges === 0) return withoutEdges(`Engine.apply, ${titleOf(name, graph)}`);
  const bytes = [false, true].map((given) => held(graph.edges, () => DagLives.run(graph, given)));
  const run = (dependencies: boolean) => (): void => {
    for (let left = times; left > 0; left--) DagLives.run(graph, dependencies);
  };
  const rows = await measure(
    [
      { name: 'whole lives without dependsOn', ...bytes[0], run: run(false) },
      { name: 'whole lives with dependsOn', ...bytes[1], run: run(true) },
    ],
    graph.edges * times,
    turns,
  );
  const title = `Engine.apply, ${titleOf(name, graph)}`;
  return { title, unit: 'edge', rows: [...rows, difference(rows)] };
}

function difference([without, withThem]: readonly Row[]): Row {
  const row: Row = {
    name: 'the dependencies: JSON, ids found, text kept, graph',
    median: (withThem?.median ?? 0) - (without?.median ?? 0),
  };
  if (withThem?.bytes !== undefined) row.bytes = withThem.bytes - (without?.bytes ?? 0);
  return row;
}

/** Each task waits for up to a hundred ids in a row, somewhere below it. */
function overlapping(count: number): RangeDag {
  const random = randomBelow();
  return rangesOf(count, (task) => {
    const start = random(task);
    return [start, Math.min(task - 1, start + random(2 * pairsPerRange))];
  });
}

/** Each task of a layer waits for the whole layer before. */
function equal(count: number): RangeDag {
  return rangesOf(count, (task) => {
    const start = task - (task % pairsPerRange) - pairsPerRange;
    return [start, start < 0 ? start - 1 : start + pairsPerRange - 1];
  });
}

function rangesOf(
  count: number,
  boundsOf: (task: number) => [start: number, end: number],
): RangeDag {
  const tasks = Math.max(2, Math.floor(count));
  const start = new Int32Array(tasks);
  const end = new Int32Array(tasks).fill(-1);
  let edges = 0;
  for (let task = 1; task < tasks; task++) {
    const [first, last] = boundsOf(task);
    start[task] = first;
    end[task] = last;
    if (first <= last) edges++;
  }
  return { tasks, edges: Math.max(1, edges), start, end };
}

/** Bytes an edge that what is made holds, where there are so many that what else happens does not show. */
function held(edges: number, make: () => object): { bytes?: number } {
  if (edges < fewestEdgesToWeigh) return {};
  const before = bytesHeld();
  const kept = [make()];
  const bytes = bytesHeld() - before;
  if (kept.length !== 1) throw new Error('nothing was kept');
  return { bytes: bytes / edges };
}

function all(tasks: number, times: number, release: () => number): void {
  for (let left = times; left > 0; left--) {
    const released = release();
    if (released !== tasks) throw new Error(`${released} of ${tasks} tasks came free`);
  }
}

function titleOf(name: string, { tasks, edges }: { tasks: number; edges: number }): string {
  return `${name}: ${tasks} tasks, ${edges} edges`;
}
