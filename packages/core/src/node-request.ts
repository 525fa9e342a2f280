import { forgetDisplaced } from './displacement.ts';
import { interruptNodeTasks } from './job-release.ts';
import { Node } from './node.ts';
import { renewInstall } from './node-install.ts';
import { forgetNodeUsers } from './node-user.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/*
 * What executors are asked: nodes, and to take them back (semantics §2.2).
 */

/** – → creating. */
export function addNode(world: World, pool: Pool, isDedicated: boolean): void {
  const slots = pool.specification.taskSlotsPerNode;
  const number = world.nodes.length;
  const node = new Node(world, {
    number,
    pool: pool.number,
    ordinal: pool.nextOrdinal++,
    isDedicated,
    slots,
    freeSlots: slots,
    ...world.runs.allocate(number, slots),
    succeeded: 0,
    otherwiseEnded: 0,
    state: 'creating',
    stateTransitionTime: world.now,
    previousState: undefined,
    previousStateTransitionTime: undefined,
    lastBootTime: undefined,
    osVersion: undefined,
    givenUpAt: undefined,
    users: undefined,
    sequence: world.nextSequence(),
    schedulingState: 'enabled',
    pending: undefined,
    retains: false,
    filesUntil: undefined,
    diskSince: world.now,
    isExclusive: false,
    errors: [],
    startTask: undefined,
    install: undefined,
    measured: undefined,
    failures: [],
    recentStarts: [],
    poolId: pool.specification.id,
    allocationTime: world.now,
  });
  world.nodes.push(node);
  renewInstall(world, node);
  pool.nodes.add(node);
  pool.nodesCreating++;
  world.effects.getNode(node.number, node.sequence);
}

/** any but leavingpool → leavingpool. Nothing runs on it any more. */
export function leave(world: World, node: Node): void {
  const pool = world.pools[node.pool]!;
  pool.withdraw(node.number);
  if (node.state === 'creating') pool.nodesCreating--;
  if (node.pending !== 'remove') pool.nodesLeaving++;
  node.pending = undefined;
  world.setNodeDeadline(node, undefined);
  world.setFilesDeadline(node, undefined);
  forgetNodeUsers(world, node);
  if (node.startTask !== undefined) node.startTask.sequence = 0;
  world.moveNode(node, 'remove');
  forgetDisplaced(world, node);
  interruptNodeTasks(world, node);
  node.errors = [];
  node.sequence = world.nextSequence();
  world.effects.releaseNode(node.number, node.sequence);
}
