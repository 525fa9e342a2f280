import type { Command, EffectBatch, Report } from '@berth/core';
import { EffectKind, Engine, ReportKind } from '@berth/core';
import type { Input } from '@berth/core/testing';
import { batchOf, firstTime, history, Ledger, resolve } from '@berth/core/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check } from './check.ts';
import { accountContents } from './engine-view.ts';

// Accounts share an engine and nothing else: two of them do what two engines do, each of which has one.

const names = ['berth', 'other'] as const;

/** An engine of its own, and what an executor knows of it; beside that of the same account in the shared engine. */
class Side {
  readonly engine = new Engine();
  readonly ledger = new Ledger();
  readonly shared = new Ledger();
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

check(
  'two accounts in one engine do what each does in an engine of its own',
  60,
  fc.record({ others: history, turns: fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }) }),
  (steps, { others, turns }) => {
    const engine = new Engine();
    engine.apply(
      batchOf([
        {
          at: firstTime,
          command: {
            type: 'addAccount',
            account: {
              accountName: names[1],
              poolAllocationMode: 'batchservice',
              keys: {},
              nodeSizes: [],
            },
          },
        },
      ]),
    );
    const sides = names.map((name) => new Side(name));
    const left = [[...steps], [...others]];
    const inputs: Input[] = [];
    for (let turn = 0; left.some((some) => some.length > 0); turn++) {
      const first = turns[turn % turns.length] === true ? 0 : 1;
      const at = (left[first]?.length ?? 0) > 0 ? first : 1 - first;
      const [side, step] = [sides[at], left[at]?.shift()];
      if (side === undefined || step === undefined) throw new Error('one of both has a step left');
      const now = Math.max(engine.now, firstTime);
      const input = resolve(step, now, side.ledger, side.engine.queries);
      const same = input && sharedInput(input, side);
      if (input === undefined || same === undefined) continue;
      inputs.push(same);
      // The other engine hears of the time as well, and of what is no account's.
      const isForAll = 'command' in input && engineWide.has(input.command.type);
      const apart = sides.map((one) => {
        const own: Input =
          one === side || isForAll ? input : { at: input.at, command: { type: 'tick' } };
        return one.ledger.observe(own, one.engine.apply(batchOf([own])));
      });
      const applied = engine.apply(batchOf([same]));
      for (const [index, one] of sides.entries()) {
        const effects = effectsOf(applied.effects, one.name);
        const own: Input =
          one === side || isForAll ? same : { at: input.at, command: { type: 'tick' as const } };
        expect(one.shared.observe(own, { ...applied, effects })).toEqual(apart[index]);
        expect(accountContents(engine.queries.of(one.name))).toEqual(
          accountContents(one.engine.queries),
        );
      }
      expect(engine.nextDeadline()).toBe(
        Math.min(...sides.map((one) => one.engine.nextDeadline())),
      );
      expect(engine.validate()).toEqual([]);
    }
    const restored = Engine.restore([...engine.snapshot()]);
    expect(restored.stateHash()).toBe(engine.stateHash());
    for (const { name } of sides) {
      expect(accountContents(restored.queries.of(name))).toEqual(
        accountContents(engine.queries.of(name)),
      );
    }
  },
);

/** What executors have, and what the host chooses. */
const engineWide: ReadonlySet<Command['type']> = new Set<Command['type']>([
  'setOSVersions',
  'setOptions',
]);

/** The same in the shared engine, where nodes and runs have other numbers; `undefined`: it is about nothing there. */
function sharedInput(input: Input, { name, ledger, shared }: Side): Input | undefined {
  if ('command' in input) return { at: input.at, command: { ...input.command, accountName: name } };
  const report = sharedReport(input.report, ledger, shared);
  return report && { at: input.at, report };
}

function sharedReport(report: Report, ledger: Ledger, shared: Ledger): Report | undefined {
  // The jobs of these histories have none of these tasks.
  if (report.kind === ReportKind.nodeTaskEnded) return undefined;
  if ('run' in report) {
    const known = ledger.runs.find(
      ({ run, sequence }) => run === report.run && sequence === report.sequence,
    );
    const same = known && shared.runs[known.start];
    return same && { ...report, run: same.run, sequence: same.sequence };
  }
  const at = Object.keys(ledger.nodes).indexOf(String(report.node));
  const known = ledger.nodes[report.node];
  const same = Object.values(shared.nodes)[at];
  if (known === undefined || same === undefined) return undefined;
  if (report.kind === ReportKind.startTaskEnded) {
    if (known.startTask?.sequence !== report.sequence || same.startTask === undefined) {
      return undefined;
    }
    return { ...report, node: same.number, sequence: same.startTask.sequence };
  }
  if (known.sequence !== report.sequence) return undefined;
  return { ...report, node: same.number, sequence: same.sequence };
}

/** Those of one account. */
function effectsOf(batch: EffectBatch, accountName: string): EffectBatch {
  const own = Array.from({ length: batch.length }, (_, index) => index).filter(
    (index) => accountOf(batch, index) === accountName,
  );
  const place = (index: number): number => own[index] ?? -1;
  return {
    length: own.length,
    kind: (index) => batch.kind(place(index)),
    node: (index) => batch.node(place(index)),
    run: (index) => batch.run(place(index)),
    sequence: (index) => batch.sequence(place(index)),
    mustSync: (index) => batch.mustSync(place(index)),
    killReason: (index) => batch.killReason(place(index)),
    removal: (index) => batch.removal(place(index)),
    catalog: batch.catalog,
  };
}

function accountOf(batch: EffectBatch, index: number): string {
  const kind = batch.kind(index);
  const isRemoval = kind === EffectKind.removeTaskFiles || kind === EffectKind.removeJobFiles;
  return isRemoval
    ? batch.removal(index).accountName
    : batch.catalog.node(batch.node(index)).accountName;
}
