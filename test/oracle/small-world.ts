import { createHash } from 'node:crypto';
import type { Command, Report } from '@berth/core';
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
  /** How many times a node may be lost. Lost ones may come back at any moment. */
  losses: number;
  exitCodes: number[];
}

/** A state with the way to it. */
export interface Place {
  engine: Engine;
  /** Which of the commands have come, as bits. */
  come: number;
  losses: number;
  path: Input[];
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
  loses?: true;
}

function begin({ setup, losses }: SmallWorld): Place {
  const engine = new Engine();
  const path: Input[] = setup.map((command) => ({ at: firstTime, command }));
  engine.apply(batchOf(path));
  const asked = engine.outstanding();
  for (let index = 0; index < asked.length; index++) {
    const report: Report = {
      kind: ReportKind.nodeReady,
      node: asked.node(index),
      sequence: asked.sequence(index),
    };
    path.push({ at: firstTime, report });
  }
  engine.apply(batchOf(path.slice(setup.length)));
  return placeOf(engine, 0, losses, path);
}

function follow(place: Place, { input, comes, loses }: Move): Place {
  const engine = Engine.restore(place.snapshot);
  engine.apply(batchOf([input]));
  const losses = place.losses - (loses === true ? 1 : 0);
  return placeOf(engine, place.come | (comes ?? 0), losses, [...place.path, input]);
}

function placeOf(engine: Engine, come: number, losses: number, path: Input[]): Place {
  const snapshot = [...engine.snapshot()];
  const hash = createHash('sha256');
  for (const chunk of snapshot) hash.update(chunk);
  const key = `${hash.digest('hex')} ${come} ${losses}`;
  return { engine, come, losses, path, snapshot, key };
}

function movesFrom(world: SmallWorld, { engine, come, losses }: Place): Move[] {
  const at = engine.now;
  const moves: Move[] = [];
  for (const [index, command] of world.commands.entries()) {
    if ((come & (1 << index)) !== 0) continue;
    const passed = command.type === 'tick' ? must(world.tickMs) : 0;
    moves.push({ input: { at: at + passed, command }, comes: 1 << index });
  }
  for (const report of answers(engine, world.exitCodes)) moves.push({ input: { at, report } });
  for (const { node, sequence, lost } of settledNodes(engine)) {
    if (lost) {
      moves.push({ input: { at, report: { kind: ReportKind.nodeReady, node, sequence } } });
    } else if (losses > 0) {
      const report: Report = { kind: ReportKind.nodeLost, node, sequence };
      moves.push({ input: { at, report }, loses: true });
    }
  }
  return moves;
}

/** What may be answered to what is outstanding. A run that is killed ends with 137. */
function answers(engine: Engine, exitCodes: number[]): Report[] {
  const effects = engine.outstanding();
  const killed = new Set<number>();
  for (let index = 0; index < effects.length; index++) {
    if (effects.kind(index) === EffectKind.killRun) killed.add(effects.sequence(index));
  }
  const reports: Report[] = [];
  for (let index = 0; index < effects.length; index++) {
    const sequence = effects.sequence(index);
    switch (effects.kind(index)) {
      case EffectKind.startRun:
        for (const exitCode of killed.has(sequence) ? [137] : exitCodes) {
          reports.push({ kind: ReportKind.runEnded, run: effects.run(index), sequence, exitCode });
        }
        break;
      case EffectKind.getNode:
        reports.push({ kind: ReportKind.nodeReady, node: effects.node(index), sequence });
        break;
      case EffectKind.releaseNode:
        reports.push({ kind: ReportKind.nodeGone, node: effects.node(index), sequence });
    }
  }
  return reports;
}

/** Nodes with nothing outstanding. Their requests were the first ones: number n was asked for with n + 1. */
function settledNodes({ queries }: Engine): { node: number; sequence: number; lost: boolean }[] {
  return (queries.nodes('p') ?? []).flatMap(({ id, state }) => {
    const node = Number(id.slice('node-'.length)) - 1;
    const lost = state === 'unknown';
    return lost || state === 'idle' || state === 'running'
      ? [{ node, sequence: node + 1, lost }]
      : [];
  });
}
