/**
 * An engine of a few lines that is killed at any moment: starts `tasks` tasks over `slots` slots and keeps
 * a journal of what it started and what was reported. Run again with the same directory it goes on.
 * Arguments: directory, tasks, slots, script of a task (`$1` is its number), and options of the SSH executor as JSON
 * where that is meant (each of its hosts is a node then), or of the Docker executor (with two nodes).
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EffectKind, ReportKind } from '@berth/core';
import type { DockerOptions, Executor, SshOptions } from '@berth/executors';
import { dockerExecutor, localExecutor, sshExecutor } from '@berth/executors';
import type { Effect } from './scripted-effects.ts';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

const [directory = '', tasks = '0', slots = '0', script = '', given] = process.argv.slice(2);
const options = JSON.parse(given ?? '{}') as Partial<SshOptions> & DockerOptions;
const { hosts, dockerHost } = options;
const nodes = hosts?.length ?? (dockerHost === undefined ? 1 : 2);
const nodeOf = (run: number): number => 1 + (run % nodes);
const journal = join(directory, 'journal');
const started = new Set<number>();
const over = new Set<number>();
const ready = new Set<number>();
if (existsSync(journal)) {
  for (const line of readFileSync(journal, 'utf8').split('\n')) {
    const [type, run] = line.split(' ');
    if (type === 'start') started.add(Number(run));
    else if (type === 'end') over.add(Number(run));
    else if (type === 'node') ready.add(Number(run));
  }
}

function executor(): Executor {
  if (hosts !== undefined) return sshExecutor({ ...options, hosts });
  return dockerHost === undefined ? localExecutor() : dockerExecutor(options);
}
const engine = new ScriptedEngine(executor(), directory);
const outstanding: Effect[] = [];
function details(run: number): void {
  const commandLine = `sh -c '${script}' sh ${run}`;
  engine.runs.set(`${run}-${run + 1_000}`, runDetails(commandLine, { taskId: `t${run}` }));
}
for (let node = 1; node <= nodes; node++) {
  if (!ready.has(node)) outstanding.push({ kind: EffectKind.getNode, node, sequence: node });
}
for (const run of started) {
  if (over.has(run)) continue;
  details(run);
  outstanding.push({
    kind: EffectKind.startRun,
    node: nodeOf(run),
    run,
    sequence: run + 1_000,
  });
}

let taken = 0;
let next = 1;
function fill(): void {
  while (ready.size === nodes && started.size - over.size < Number(slots)) {
    while (started.has(next)) next++;
    if (next > Number(tasks)) break;
    started.add(next);
    appendFileSync(journal, `start ${next}\n`);
    details(next);
    const [node, sequence] = [nodeOf(next), next + 1_000];
    engine.carryOut({ kind: EffectKind.startRun, node, run: next, sequence });
  }
}
function take(): void {
  for (; taken < engine.reports.length; taken++) {
    const report = engine.reports[taken];
    if (report?.kind === ReportKind.nodeReady) {
      appendFileSync(journal, `node ${report.node}\n`);
      ready.add(report.node);
    } else if (report?.kind === ReportKind.runEnded) {
      if (over.has(report.run)) continue; // a stale report, as an engine ignores it
      over.add(report.run);
      appendFileSync(journal, `end ${report.run} ${report.exitCode ?? report.failure}\n`);
    } else if (report?.kind === ReportKind.runLost) {
      appendFileSync(journal, `lost ${report.run}\n`);
    }
  }
  fill();
}

await engine.open(outstanding);
process.stdout.write('open\n');
take();
await engine.until(() => {
  take();
  return over.size >= Number(tasks);
});
await engine.executor.close();
process.stdout.write(`${JSON.stringify(engine.warnings)}\n`);
