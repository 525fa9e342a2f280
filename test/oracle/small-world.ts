import { createHash } from 'node:crypto';
import type { Command, EffectBatch, Report } from '@berth/core';
import { EffectKind, Engine, ReportKind } from '@berth/core';
import type { Input } from '@berth/core/testing';
import { batchOf, firstTime, must } from '@berth/core/testing';

/** A world that is small enough to be explored completely. */
export interface SmallWorld {
  /** All nodes are up after it. */
  setup: Command[];
  /** Each may come once, at any moment, in any order. */
  commands: Command[];
  /** How far time jumps when a `tick` among the commands comes. */
  tickMs?: number;
  /** How many times a node may fall, and how; what can heal by itself may do so at any moment. Default: lost. */
  losses: number;
  falls?: readonly Fall[];
  exitCodes: number[];
}

/** `broken`: unusable for no known reason, `failed`: for a known one, which only a restart heals. */
export type Fall = 'lost' | 'broken' | 'failed' | 'preempted';

/** The request that a node's next report answers. */
interface Request {
  node: number;
  sequence: number;
  poolId: string;
  nodeId: string;
}

/** A state with the way to it. */
export interface Place {
  engine: Engine;
  /** Which of the commands have come, as bits. */
  come: number;
  losses: number;
  path: Input[];
  requests: readonly Request[];
  snapshot: Uint8Array[];
  /** Equal for equal states: what the state hash is taken over, and what may still come. */
  key: string;
}

export interface Explored {
  states: number;
  moves: number;
  ends: number;
}

/** Visits every state that any interleaving of commands, reports and losses leads to, each once. */
export function explore(
  world: SmallWorld,
  visit: (place: Place, isEnd: boolean) => void,
): Explored {
  const first = begin(world);
  const seen = new Set([first.key]);
  const waiting = [first];
  const explored: Explored = { states: 0, moves: 0, ends: 0 };
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    const moves = movesFrom(world, place);
    explored.states++;
    visit(place, moves.length === 0);
    if (moves.length === 0) explored.ends++;
    for (const move of moves) {
      explored.moves++;
      const next = follow(place, move);
      if (seen.has(next.key)) continue;
      seen.add(next.key);
      waiting.push(next);
    }
  }
  return explored;
}

interface Move {
  input: Input;
  comes?: number;
  falls?: true;
}

function begin({ setup, losses }: SmallWorld): Place {
  const engine = new Engine();
  const path: Input[] = setup.map((command) => ({ at: firstTime, command }));
  const requests = requestsAfter([], engine.apply(batchOf(path)).effects);
  const reports = requests.map(({ node, sequence }): Input => {
    return { at: firstTime, report: { kind: ReportKind.nodeReady, node, sequence } };
  });
  engine.apply(batchOf(reports));
  return placeOf(engine, 0, losses, [...path, ...reports], requests);
}

function follow(place: Place, { input, comes, falls }: Move): Place {
  const engine = Engine.restore(place.snapshot);
  const { effects } = engine.apply(batchOf([input]));
  const losses = place.losses - (falls === true ? 1 : 0);
  const requests = requestsAfter(place.requests, effects);
  return placeOf(engine, place.come | (comes ?? 0), losses, [...place.path, input], requests);
}

function requestsAfter(before: readonly Request[], effects: EffectBatch): Request[] {
  const requests = [...before];
  for (let index = 0; index < effects.length; index++) {
    if (!requesting.has(effects.kind(index))) continue;
    const node = effects.node(index);
    const { poolId, nodeId } = effects.catalog.node(node);
    requests[node] = { node, sequence: effects.sequence(index), poolId, nodeId };
  }
  return requests;
}

const requesting: ReadonlySet<EffectKind> = new Set([
  EffectKind.getNode,
  EffectKind.rebootNode,
  EffectKind.reimageNode,
  EffectKind.releaseNode,
]);

function placeOf(
  engine: Engine,
  come: number,
  losses: number,
  path: Input[],
  requests: readonly Request[],
): Place {
  const snapshot = [...engine.snapshot()];
  const hash = createHash('sha256');
  for (const chunk of snapshot) hash.update(chunk);
  const key = `${hash.digest('hex')} ${come} ${losses}`;
  return { engine, come, losses, path, requests, snapshot, key };
}

function movesFrom(world: SmallWorld, { engine, come, losses, requests, path }: Place): Move[] {
  const at = engine.now;
  const moves: Move[] = [];
  for (const [index, command] of world.commands.entries()) {
    if ((come & (1 << index)) !== 0) continue;
    const passed = command.type === 'tick' ? must(world.tickMs) : 0;
    // Of equal ones, in the order in which they are listed.
    const [first] = [...world.commands.keys()].filter(
      (other) => (come & (1 << other)) === 0 && world.commands[other]?.type === 'tick',
    );
    if (command.type === 'tick' && index !== first) continue;
    moves.push({ input: { at: at + passed, command }, comes: 1 << index });
  }
  for (const report of answers(engine, world.exitCodes, path)) {
    moves.push({ input: { at, report } });
  }
  for (const request of requests) {
    const node = engine.queries.nodes(request.poolId)?.find(({ id }) => id === request.nodeId);
    if (node === undefined) continue;
    const { sequence } = request;
    const about = { node: request.node, sequence };
    const heals = node.state === 'unknown' || (node.state === 'unusable' && !node.errors?.length);
    if (heals) moves.push({ input: { at, report: { kind: ReportKind.nodeReady, ...about } } });
    if (losses === 0 || !standing.has(node.state)) continue;
    for (const fall of world.falls ?? ['lost']) {
      if (fall === 'preempted' && node.isDedicated) continue;
      moves.push({ input: { at, report: fallen(fall, about) }, falls: true });
    }
  }
  return moves;
}

/** States of nodes that may fall. */
const standing: ReadonlySet<string> = new Set([
  'idle',
  'running',
  'offline',
  'waitingforstarttask',
  'starttaskfailed',
]);

function fallen(fall: Fall, about: { node: number; sequence: number }): Report {
  switch (fall) {
    case 'lost':
      return { kind: ReportKind.nodeLost, ...about };
    case 'broken':
      return { kind: ReportKind.nodeUnusable, ...about };
    case 'failed':
      return { kind: ReportKind.nodeUnusable, ...about, error: 'DiskFull' };
    case 'preempted':
      return { kind: ReportKind.nodePreempted, ...about };
  }
}

/**
 * What may be answered to what is outstanding. A run that is killed ends with 137; an instance of a multi-instance task
 * coordinates or fails, and only the primary's command ends with any exit code.
 */
function answers(engine: Engine, exitCodes: number[], path: readonly Input[]): Report[] {
  const effects = engine.outstanding();
  const killed = new Set<number>();
  const commands = new Set<number>();
  for (let index = 0; index < effects.length; index++) {
    if (effects.kind(index) === EffectKind.killRun) killed.add(effects.sequence(index));
    if (effects.kind(index) === EffectKind.killNodeTask) killed.add(effects.sequence(index));
    if (effects.kind(index) === EffectKind.startPrimary) commands.add(effects.sequence(index));
  }
  const reports: Report[] = [];
  for (let index = 0; index < effects.length; index++) {
    const sequence = effects.sequence(index);
    switch (effects.kind(index)) {
      case EffectKind.startRun: {
        const run = effects.run(index);
        const isInstance = effects.catalog.run(run, sequence)?.multiInstance !== undefined;
        const coordinates = isInstance && !commands.has(sequence);
        if (coordinates && !killed.has(sequence) && !hasCoordinated(path, sequence)) {
          reports.push({ kind: ReportKind.coordinated, run, sequence });
        }
        const codes = coordinates ? exitCodes.filter((code) => code !== 0) : exitCodes;
        for (const exitCode of killed.has(sequence) ? [137] : codes) {
          reports.push({ kind: ReportKind.runEnded, run, sequence, exitCode });
        }
        break;
      }
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease:
        for (const exitCode of killed.has(sequence) ? [137] : exitCodes) {
          const run = effects.run(index);
          reports.push({ kind: ReportKind.nodeTaskEnded, run, sequence, exitCode });
        }
        break;
      case EffectKind.runStartTask:
        for (const exitCode of exitCodes) {
          const node = effects.node(index);
          reports.push({ kind: ReportKind.startTaskEnded, node, sequence, exitCode });
        }
        break;
      case EffectKind.getNode:
      case EffectKind.rebootNode:
      case EffectKind.reimageNode:
        reports.push({ kind: ReportKind.nodeReady, node: effects.node(index), sequence });
        break;
      case EffectKind.releaseNode:
        reports.push({ kind: ReportKind.nodeGone, node: effects.node(index), sequence });
    }
  }
  return reports;
}

function hasCoordinated(path: readonly Input[], sequence: number): boolean {
  return path.some(
    (input) =>
      'report' in input &&
      input.report.kind === ReportKind.coordinated &&
      input.report.sequence === sequence,
  );
}
