import type { CandidateJob, CandidateNode, Command, Policies } from '@berth/core';
import { currentRulesVersion, Engine, pack, ReportKind, roundRobin, spread } from '@berth/core';
import { parseJob, parsePool, parseTask } from '@berth/core/spec';
import { VirtualWorld } from '@berth/core/testing';
import { expect, test } from 'vitest';

const at = 1_700_000_000_000;

function worldOf(policies: Policies, nodes: number = 3): VirtualWorld {
  const world = new VirtualWorld({ policies });
  const pool = {
    id: 'p',
    vmSize: 'local',
    targetDedicatedNodes: nodes,
    taskSlotsPerNode: 2,
  };
  return command(world, { type: 'addPool', pool: parsePool(pool) }).settle();
}

function command(world: VirtualWorld, command: Command): VirtualWorld {
  return world.apply({ at, command });
}

function addTasks(world: VirtualWorld, jobId: string, ...tasks: object[]): VirtualWorld {
  return command(world, { type: 'addTasks', jobId, tasks: tasks.map((task) => parseTask(task)) });
}

function addJob(world: VirtualWorld, id: string, more: object = {}): VirtualWorld {
  const job = parseJob({ id, poolInfo: { poolId: 'p' }, ...more });
  return command(world, { type: 'addJob', job });
}

function nodeOf(world: VirtualWorld, taskId: string, jobId: string = 'j'): string | undefined {
  return world.engine.queries.task(jobId, taskId)?.nodeInfo?.nodeId;
}

const last: Policies = {
  placement: { name: 'last', choose: (nodes) => nodes.at(-1)?.number ?? 0 },
};

test('a placement policy says which of the nodes with room takes a task', () => {
  const seen: (readonly CandidateNode[])[] = [];
  const choose = (nodes: readonly CandidateNode[]): number => {
    seen.push(nodes);
    return nodes.at(-1)?.number ?? 0;
  };
  const world = addJob(worldOf({ placement: { name: 'last', choose } }), 'j');
  addTasks(
    world,
    'j',
    { id: 'a', commandLine: 'x' },
    { id: 'b', commandLine: 'x', requiredSlots: 2 },
  );
  expect([nodeOf(world, 'a'), nodeOf(world, 'b')]).toEqual(['node-3', 'node-2']);
  expect(seen[0]?.map(({ number }) => number)).toEqual([1, 2, 3]);
  expect(seen[1]?.map(({ number }) => number)).toEqual([1, 2]);
  addTasks(world, 'j', { id: 'c', commandLine: 'x' });
  expect(seen[2]).toEqual([
    { number: 1, usedSlots: 0, totalSlots: 2, isDedicated: true },
    { number: 3, usedSlots: 1, totalSlots: 2, isDedicated: true },
  ]);
});

test('it is not asked where the affinity of a task decides', () => {
  const world = addJob(worldOf(last), 'j');
  addTasks(world, 'j', { id: 'a', commandLine: 'x', affinityInfo: { affinityId: 'TVM:node-1' } });
  expect(nodeOf(world, 'a')).toBe('node-1');
});

test('a job order policy says which job of the highest priority is served next', () => {
  const seen: string[][] = [];
  const choose = (jobs: readonly CandidateJob[]): number => {
    seen.push(
      jobs.map(({ job, readyTasks, runningTasks }) => `${job.id} ${readyTasks} ${runningTasks}`),
    );
    return jobs.reduce((best, job) => (job.readyTasks > best.readyTasks ? job : best)).number;
  };
  const world = worldOf({ jobOrder: { name: 'most waiting', choose } }, 0);
  for (const id of ['low', 'a', 'b']) addJob(world, id, { priority: id === 'low' ? 0 : 1 });
  addTasks(world, 'low', { id: '1', commandLine: 'x' });
  addTasks(world, 'a', { id: '1', commandLine: 'x' });
  addTasks(world, 'b', { id: '1', commandLine: 'x' }, { id: '2', commandLine: 'x' });
  const resize = { targetDedicatedNodes: 1, nodeDeallocationOption: 'requeue' as const };
  command(world, { type: 'resizePool', poolId: 'p', resize });
  const outstanding = world.engine.outstanding();
  const [node, sequence] = [outstanding.node(0), outstanding.sequence(0)];
  world.apply({ at, report: { kind: ReportKind.nodeReady, node, sequence } });
  expect(seen).toEqual([
    ['a 1 0', 'b 2 0'],
    ['a 1 0', 'b 1 1'],
  ]);
  expect(nodeOf(world, '1', 'b')).toBe('node-1');
  expect(nodeOf(world, '1', 'a')).toBe('node-1');
});

test('a job order policy is told which job was served last, so that jobs can take turns', () => {
  const world = worldOf({ jobOrder: { ...roundRobin, name: 'turns' } }, 0);
  for (const id of ['a', 'b', 'c']) {
    addTasks(addJob(world, id), id, { id: '1', commandLine: 'x' }, { id: '2', commandLine: 'x' });
  }
  const resize = { targetDedicatedNodes: 1, nodeDeallocationOption: 'requeue' as const };
  command(world, { type: 'resizePool', poolId: 'p', resize });
  const starts: string[] = [];
  world.settle((_input, _applied, effects) => {
    for (const effect of effects) starts.push(...(/^start (\S+)/.exec(effect)?.slice(1) ?? []));
  });
  expect(starts).toEqual(['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'c/2']);
});

test('why a task waits for a policy is explained by its name', () => {
  const newest = {
    name: 'newest',
    choose: (jobs: readonly CandidateJob[]) => jobs.at(-1)?.number ?? 0,
  };
  const world = addJob(worldOf({ jobOrder: newest }, 1), 'j');
  addTasks(world, 'j', { id: 'all', commandLine: 'x', requiredSlots: 2 });
  for (const id of ['a', 'b']) {
    addTasks(addJob(world, id), id, { id: '1', commandLine: 'x' });
  }
  const { reasons = [] } = world.engine.queries.explain('a', '1') ?? {};
  expect(reasons).toContainEqual(
    expect.objectContaining({ kind: 'jobOrder', policy: 'newest', jobs: 1, priority: 0 }),
  );
});

test.each([
  [
    'throws',
    () => {
      throw new Error('no idea');
    },
    'The placement policy "bad" failed: no idea',
  ],
  ['chooses no node', () => 9, 'The placement policy "bad" chose 9, which is no node of pool "p"'],
  [
    'chooses a node without room',
    () => 1,
    'The placement policy "bad" chose node-1 of pool "p" for a task of job "j" that needs 2 slots, and may choose 2, 3.',
  ],
  [
    'forgets to choose',
    () => undefined as unknown as number,
    'chose something that is no number (undefined)',
  ],
])('a placement policy that %s stops the engine, with its name', (_what, choose, message) => {
  let asked = 0;
  const bad = { name: 'bad', choose: () => (asked++ === 0 ? 1 : choose()) };
  const world = addJob(worldOf({ placement: bad }), 'j');
  addTasks(world, 'j', { id: 'a', commandLine: 'x' });
  const next = () => addTasks(world, 'j', { id: 'b', commandLine: 'x', requiredSlots: 2 });
  expect(next).toThrow(message);
  // Whatever it is told.
  expect(() => command(world, { type: 'tick' })).toThrow(message);
});

test('a job order policy that chooses no candidate stops the engine, with its name', () => {
  const world = addJob(worldOf({ jobOrder: { name: 'bad', choose: () => 7 } }), 'j');
  expect(() => addTasks(world, 'j', { id: 'a', commandLine: 'x' })).toThrow(
    'The jobOrder policy "bad" chose 7 in pool "p", and may choose a job of number 0.',
  );
});

test.each(['', 'spread', 'x'.repeat(65)])('no policy of one\'s own is called "%s"', (name) => {
  const { choose } = pack;
  expect(() => new Engine({ policies: { placement: { name, choose } } })).toThrow(
    'policies.placement.name',
  );
});

const configure: Command = {
  type: 'configure',
  rulesVersion: currentRulesVersion,
  accountName: 'me',
};

test('configure names the policies of the engine, or stops', () => {
  const engine = new Engine({ policies: { ...last, jobOrder: roundRobin } });
  const policies = { placement: 'last', jobOrder: 'roundrobin' };
  expect(engine.policies).toEqual(policies);
  expect(new Engine().policies).toEqual({});
  expect(() => new VirtualWorld({ policies: last }).apply({ at, command: configure })).toThrow(
    'The state was made under no placement policy, and this engine has "last". Leave placement out of the engine\'s policies.',
  );
  expect(() => new VirtualWorld().apply({ at, command: { ...configure, policies } })).toThrow(
    'The state was made under the placement policy "last", and this engine has none. Give the engine that policy as policies.placement.',
  );
  const world = new VirtualWorld({ policies: last });
  world.apply({ at, command: { ...configure, policies: world.engine.policies } });
});

test('a snapshot is restored only under the policies that it was made under', () => {
  const chunks = [...worldOf(last).engine.snapshot()];
  expect(Engine.restore(chunks, { policies: last }).policies).toEqual({ placement: 'last' });
  expect(() => Engine.restore(chunks)).toThrow('made under the placement policy "last"');
  expect(() => Engine.restore(chunks, { policies: { placement: spread } })).toThrow(
    'and this engine has "spread"',
  );
});
