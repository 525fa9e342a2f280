import type { Batch, JobClient, JobGraph, TaskParameters } from '@berth/berth';
import { openBatch, perRun } from '@berth/berth';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from './berth.ts';

// The tasks of a job and their dependencies as a graph of graphology.

/** A job whose tasks fail where `fails` says so; `ran`: ids in the order in which they ran. */
async function open(
  fails: (taskId: string) => boolean = () => false,
): Promise<{ batch: Batch; job: JobClient; ran: string[] } & AsyncDisposable> {
  const ran: string[] = [];
  const executor = perRun(async ({ taskId }) => {
    ran.push(taskId);
    return fails(taskId) ? 1 : 0;
  });
  const batch = await openBatch({ directory: temporaryDirectory(), executors: [executor] });
  const pool = { id: 'p', vmSize: 'local', executor: executor.name };
  await batch.pools.add({ ...pool, targetDedicatedNodes: 2 });
  const poolInfo = { poolId: 'p' };
  const job = await batch.jobs.add({ id: 'J', poolInfo, usesTaskDependencies: true });
  return { batch, job, ran, [Symbol.asyncDispose]: () => batch.close() };
}

function task(id: string, ...taskIds: string[]): TaskParameters {
  const one = { id, commandLine: 'true' };
  return taskIds.length === 0 ? one : { ...one, dependsOn: { taskIds } };
}

function edgesOf(graph: JobGraph): string[] {
  return graph
    .mapEdges((_edge, { satisfied }, from, to) => `${from} → ${to}${satisfied ? '' : ' (open)'}`)
    .sort();
}

function nodesOf(graph: JobGraph): string[] {
  return graph.mapNodes((id, { state, result }) => `${id} ${result ?? state}`).sort();
}

async function untilNothingRuns(job: JobClient, completed: number): Promise<void> {
  while (job.taskCounts().taskCounts.completed < completed) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('job.graph()', () => {
  test('is a diamond for a diamond, and its order is one in which it ran', async () => {
    await using world = await open();
    const { job, ran } = world;
    await job.tasks.addMany([task('d', 'b', 'c'), task('b', 'a'), task('c', 'a'), task('a')]);
    await untilNothingRuns(job, 4);
    const graph = await job.graph();
    expect(graph.type).toBe('directed');
    expect(nodesOf(graph)).toEqual(['a success', 'b success', 'c success', 'd success']);
    expect(edgesOf(graph)).toEqual(['a → b', 'a → c', 'b → d', 'c → d']);
    graph.forEachEdge((_edge, _attributes, parent, child) => {
      expect(ran.indexOf(parent)).toBeLessThan(ran.indexOf(child));
    });
  });

  test('says what is satisfied and what is still open', async () => {
    await using world = await open((taskId) => taskId === 'bad');
    const { job } = world;
    await job.tasks.addMany([task('good'), task('bad'), task('child', 'good', 'bad')]);
    await untilNothingRuns(job, 2);
    const graph = await job.graph();
    expect(nodesOf(graph)).toEqual(['bad failure', 'child active', 'good success']);
    expect(edgesOf(graph)).toEqual(['bad → child (open)', 'good → child']);
  });

  test('writes ranges out, whatever zeros the ids begin with; ids that no task has are missing', async () => {
    await using world = await open();
    const { job } = world;
    await job.tasks.addMany([
      task('03'),
      task('3'),
      task('4'),
      task('007'),
      {
        ...task('sum', '4'),
        dependsOn: { taskIds: ['4', 'Later'], taskIdRanges: [{ start: 3, end: 7 }] },
      },
    ]);
    await untilNothingRuns(job, 4);
    const graph = await job.graph();
    expect(nodesOf(graph)).toEqual([
      '007 success',
      '03 success',
      '3 success',
      '4 success',
      '5 missing',
      '6 missing',
      'later missing',
      'sum active',
    ]);
    expect(edgesOf(graph)).toEqual([
      '007 → sum',
      '03 → sum',
      '3 → sum',
      '4 → sum',
      '5 → sum (open)',
      '6 → sum (open)',
      'later → sum (open)',
    ]);
  });

  test('has one edge for an id that is also in a range, open while either is', async () => {
    await using world = await open((taskId) => taskId === '4');
    const { job } = world;
    const dependsOn = { taskIds: ['4'], taskIdRanges: [{ start: 4, end: 4 }] };
    await job.tasks.addMany([task('4'), task('04'), { ...task('child'), dependsOn }]);
    await untilNothingRuns(job, 2);
    expect(edgesOf(await job.graph())).toEqual(['04 → child', '4 → child (open)']);
  });

  test('has the circles that tasks wait in, and explain names them alike', async () => {
    await using world = await open();
    const { job } = world;
    await job.tasks.addMany([task('a', 'c'), task('b', 'a'), task('c', 'b'), task('me', 'me')]);
    const graph = await job.graph();
    expect(edgesOf(graph)).toEqual([
      'a → b (open)',
      'b → c (open)',
      'c → a (open)',
      'me → me (open)',
    ]);
    const cycle = job.tasks.explain('a').reasons.find(({ kind }) => kind === 'cycle');
    expect(cycle).toMatchObject({ taskIds: ['a', 'c', 'b'], length: 3, isMember: true });
  });

  test('of a factory has each task, and each edge', async () => {
    await using world = await open();
    const { job } = world;
    await job.tasks.add(task('first'));
    await job.tasks.addFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 3000 }],
      firstTaskId: 1,
      repeatTask: { commandLine: 'true', dependsOn: { taskIds: ['first'] } },
    });
    const taskIdRanges = [{ start: 1, end: 3000 }];
    await job.tasks.add({ ...task('last'), dependsOn: { taskIds: [], taskIdRanges } });
    await untilNothingRuns(job, 3002);
    const graph = await job.graph();
    expect([graph.order, graph.size]).toEqual([3002, 6000]);
    expect(graph.outDegree('first')).toBe(3000);
    expect(graph.inDegree('last')).toBe(3000);
  });

  test('refuses what is larger than its limit, and jobs that are not there', async () => {
    await using world = await open();
    const { batch, job } = world;
    const taskIdRanges = [{ start: 1, end: 1_000_000_000_000 }];
    await job.tasks.add({ ...task('child'), dependsOn: { taskIds: [], taskIdRanges } });
    await expect(job.graph()).rejects.toThrow(/more than 100000 dependencies.*larger limit/);
    await job.tasks.addMany(Array.from({ length: 11 }, (_, index) => task(`t${index}`)));
    await expect(job.graph({ limit: 10 })).rejects.toMatchObject({ code: 'InvalidPropertyValue' });
    await expect(batch.jobs.get('other').graph()).rejects.toMatchObject({ code: 'JobNotFound' });
  });
});
