import type { CommandResult } from '@berth/core';
import { Engine, InputBatch } from '@berth/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeInput } from './describe-input.ts';
import { engineView } from './engine-view.ts';
import type { Step } from './history.ts';
import { firstTime, history, resolve } from './history.ts';
import type { Input } from './ledger.ts';
import { Ledger } from './ledger.ts';
import type { NaiveResult } from './naive-scheduler.ts';
import { NaiveScheduler } from './naive-scheduler.ts';
import { numRuns, timeout } from './runs.ts';

test(
  'the engine does what the naive scheduler does, input by input',
  () => {
    fc.assert(
      fc.property(history, (steps) => playBoth(steps)),
      { numRuns: numRuns(500) },
    );
  },
  timeout,
);

function playBoth(steps: Step[]): void {
  const engine = new Engine();
  const naive = new NaiveScheduler();
  const ledger = new Ledger();
  const lines: string[] = [];
  for (const step of steps) {
    const input = resolve(step, Math.max(engine.now, firstTime), ledger, engine.queries);
    if (input === undefined) continue;
    lines.push(describeInput(input, firstTime, ledger));
    try {
      compare(input, engine, naive, ledger);
    } catch (error) {
      throw new Error(`${String(error)}\nafter\n${lines.join('\n')}\n`, { cause: error });
    }
  }
}

function compare(input: Input, engine: Engine, naive: NaiveScheduler, ledger: Ledger): void {
  const { at } = input;
  const batch =
    'command' in input
      ? InputBatch.of(at, input.command)
      : new InputBatch().report(at, input.report);
  let expected: NaiveResult[] = [];
  if ('command' in input) expected = [naive.command(at, input.command)];
  else naive.report(at, ledger.translate(input.report));
  const applied = engine.apply(batch);
  const effects = ledger.observe(input, applied);
  same('effects', inOneOrder(effects), inOneOrder(naive.effects));
  same('results', applied.results.map(codesOf), expected);
  same('state', engineView(engine), naive.view());
  same('invariants', engine.validate(), []);
}

/** The comparison that can tell what differs is slow, so it comes second. */
function same(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual, what).toEqual(expected);
}

function codesOf({ error, refused }: CommandResult): NaiveResult {
  if (error !== undefined) return { error: error.code };
  if (refused === undefined) return {};
  return { refused: refused.map(({ index, error }) => ({ index, code: error.code })) };
}

/** Kills that follow each other have no order in the rules. */
function inOneOrder(effects: string[]): string[] {
  const ordered = [...effects];
  for (let from = 0; from < ordered.length; from++) {
    let to = from;
    while (ordered[to]?.startsWith('kill')) to++;
    ordered.splice(from, to - from, ...ordered.slice(from, to).sort());
    from = Math.max(from, to - 1);
  }
  return ordered;
}
