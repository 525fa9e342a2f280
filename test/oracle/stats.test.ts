import { Engine, InputBatch } from '@berth/core';
import fc from 'fast-check';
import { test } from 'vitest';
import { firstTime, history, resolve } from './history.ts';
import { Ledger } from './ledger.ts';
test('stats', () => {
  const counts = new Map<string, number>();
  const add = (k: string, n = 1) => counts.set(k, (counts.get(k) ?? 0) + n);
  const N = 300;
  for (const steps of fc.sample(history, N)) {
    const engine = new Engine();
    engine.listening = true;
    const ledger = new Ledger();
    add('steps', steps.length);
    for (const step of steps) {
      const input = resolve(step, Math.max(engine.now, firstTime), ledger, engine.queries);
      if (!input) continue;
      add('inputs');
      const b = 'command' in input ? InputBatch.of(input.at, input.command) : new InputBatch().report(input.at, input.report);
      const applied = engine.apply(b);
      for (const l of ledger.observe(input, applied)) add('effect ' + l.split(' ')[0]);
      for (const e of applied.events) add(`${e.entity} ${e.from}→${e.to}`);
      for (const r of applied.results) { add(('command' in input ? input.command.type : '') + ' ' + (r.error?.code ?? 'ok')); for (const x of r.refused ?? []) add('refused ' + x.error.code); }
    }
    add('ignored', engine.ignoredReports);
  }
  for (const [k, v] of [...counts].sort()) console.log(k, (v / N).toFixed(2));
});
