import { formatTime } from './calendar.ts';
import type { BatchErrorBody } from './errors.ts';
import { Node, nodeId } from './node.ts';
import { findNode, refusalBy } from './node-operations.ts';
import { refuse } from './refusal.ts';
import type { NodeUserSpecification } from './specification.ts';
import type { World } from './world.ts';

/*
 * Accounts for logging in to a node (semantics §1.3). They are gone when its disk is (§4.4).
 */

/** A user of a node; what is secret is a mark. */
export interface NodeUser extends NodeUserSpecification {
  /** Milliseconds since the epoch. */
  expiryTimeMs: number;
}

/** The accounts that a node has been given. */
export interface NodeUsers {
  /** Of the latest change. */
  sequence: number;
  users: NodeUser[];
}

const defaultLifetimeMs = 24 * 60 * 60 * 1000;

export function addNodeUser(
  world: World,
  poolId: string,
  id: string,
  user: NodeUserSpecification,
): BatchErrorBody | undefined {
  const node = findWithUsers(world, poolId, id);
  if (!(node instanceof Node)) return node;
  if (find(node, user.name) !== undefined) {
    return refuse('NodeUserExists', `Node "${id}" of pool "${poolId}" has a user "${user.name}".`);
  }
  return set(world, node, user);
}

/** All of the user is what is given now; an absent expiryTime is a day from now once more. */
export function updateNodeUser(
  world: World,
  poolId: string,
  id: string,
  user: NodeUserSpecification,
): BatchErrorBody | undefined {
  const node = findWithUsers(world, poolId, id);
  if (!(node instanceof Node)) return node;
  const before = find(node, user.name);
  if (before === undefined) return userNotFound(node, user.name);
  return set(world, node, { ...user, name: before.name });
}

export function deleteNodeUser(
  world: World,
  poolId: string,
  id: string,
  name: string,
): BatchErrorBody | undefined {
  const node = findWithUsers(world, poolId, id);
  if (!(node instanceof Node)) return node;
  const user = find(node, name);
  if (user === undefined) return userNotFound(node, name);
  change(
    world,
    node,
    usersOf(node).filter((other) => other !== user),
  );
  return undefined;
}

/** The time of some is over. */
export function expireNodeUsers(world: World, node: Node): void {
  change(
    world,
    node,
    usersOf(node).filter(({ expiryTimeMs }) => expiryTimeMs > world.now),
  );
}

/** Its disk is gone, and they with it. */
export function forgetNodeUsers(world: World, node: Node): void {
  node.users = undefined;
  world.userDeadlines.delete(node.number);
}

/** When the first of them expires; `undefined`: there are none. */
export function firstExpiry(node: Node): number | undefined {
  const times = usersOf(node).map(({ expiryTimeMs }) => expiryTimeMs);
  return times.length === 0 ? undefined : Math.min(...times);
}

function set(world: World, node: Node, user: NodeUserSpecification): BatchErrorBody | undefined {
  const { expiryTimeMs = world.now + defaultLifetimeMs } = user;
  if (expiryTimeMs <= world.now) {
    const time = formatTime(expiryTimeMs);
    return refuse('InvalidPropertyValue', `expiryTime must be in the future; it is ${time}.`, {
      PropertyName: 'expiryTime',
      PropertyValue: time,
    });
  }
  const others = usersOf(node).filter(({ name }) => keyOf(name) !== keyOf(user.name));
  change(world, node, [...others, { ...user, expiryTimeMs }]);
  return undefined;
}

/** The executor is told all that there are, so that to be told twice is to be told once. */
function change(world: World, node: Node, users: NodeUser[]): void {
  node.users = { sequence: world.nextSequence(), users };
  const expiry = firstExpiry(node);
  if (expiry === undefined) world.userDeadlines.delete(node.number);
  else world.setUserDeadline(node.number, expiry);
  world.effects.setNodeUsers(node.number, node.users.sequence);
}

/** Ruling 23. */
function findWithUsers(world: World, poolId: string, id: string): Node | BatchErrorBody {
  const node = findNode(world, poolId, id);
  if (!(node instanceof Node)) return node;
  const { state } = node;
  return state === 'idle' ||
    state === 'running' ||
    state === 'offline' ||
    state === 'starttaskfailed'
    ? node
    : refusalBy(node);
}

function usersOf(node: Node): readonly NodeUser[] {
  return node.users?.users ?? [];
}

function find(node: Node, name: string): NodeUser | undefined {
  return usersOf(node).find((user) => keyOf(user.name) === keyOf(name));
}

function keyOf(name: string): string {
  return name.toLowerCase();
}

function userNotFound(node: Node, name: string): BatchErrorBody {
  return refuse(
    'NodeUserNotFound',
    `Node "${nodeId(node)}" of pool "${node.poolId}" has no user "${name}".`,
  );
}
