import type { CommandResult } from '@berth/core';
import type { Step } from '@berth/core/testing';
import { record } from '@berth/core/testing';
import { expect } from 'vitest';
import { engineView } from './engine-view.ts';
import type { NaiveResult } from './naive-scheduler.ts';
import { NaiveScheduler } from './naive-scheduler.ts';

/** The engine must do what the naive scheduler does, input by input, as far as effects go in those that are heeded. */
export function agrees(
  steps: readonly Step[],
  heeds: (effect: string) => boolean = () => true,
): void {
  const naive = new NaiveScheduler();
  record(steps, (input, { results }, effects, { engine, ledger }) => {
    let expected: NaiveResult[] = [];
    if ('command' in input) expected = [naive.command(input.at, input.command)];
    else naive.report(input.at, ledger.translate(input.report));
    const told = inOneOrder(naive.effects.filter(heeds));
    same('effects', named(inOneOrder(effects.filter(heeds)), told), told);
    same('results', results.map(codesOf), expected);
    same('state', engineView(engine), naive.view());
    same('invariants', engine.validate(), []);
  });
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

/** A run that is over before anybody hears of its start, in one input with it, has no name any more. */
function named(effects: readonly string[], told: readonly string[]): string[] {
  return effects.map((effect, index) => {
    const [, rest] = /^start unknown (#.*)$/.exec(effect) ?? [];
    const expected = told[index] ?? '';
    const isIt = rest !== undefined && /^start /.test(expected) && expected.endsWith(` ${rest}`);
    return isIt ? expected : effect;
  });
}

/** Kills, requests for nodes, releases, restarts and removals that follow each other have no order in the rules. */
function inOneOrder(effects: string[]): string[] {
  const ordered = [...effects];
  for (let from = 0; from < ordered.length; from++) {
    let to = from;
    while (/^(kill|get|release|reboot|reimage|deallocate|remove) /.test(ordered[to] ?? '')) to++;
    ordered.splice(from, to - from, ...ordered.slice(from, to).sort());
    from = Math.max(from, to - 1);
  }
  return ordered;
}
