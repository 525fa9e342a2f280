import type { Applied, Command, FailureCode, Report } from '../index.ts';
import { EffectKind, ReportKind } from '../index.ts';
import { must } from './must.ts';

export type Input = { at: number; command: Command } | { at: number; report: Report };

export interface KnownNode {
  number: number;
  name: string;
  /** Sequence number of the request that counts, and which request of all it was. */
  sequence: number;
  request: number;
  is: 'asked' | 'up' | 'lost' | 'broken' | 'deallocating' | 'deallocated' | 'releasing' | 'gone';
  /** What it was asked for last. */
  asked: 'get' | 'start' | 'reboot' | 'reimage';
  dedicated: boolean;
  /** It was taken away, and has not come again. */
  preempted: boolean;
  /** Whether it is known why it is broken. */
  hasError: boolean;
  /** Of the latest change of its accounts, if it was given any. */
  users?: number;
  /** Its start task while it runs, and which start of one of all it is. */
  startTask?: { sequence: number; start: number };
}

export interface KnownRun {
  run: number;
  sequence: number;
  /** Which start of all it was. */
  start: number;
  node: number;
  title: string;
  /** Of an instance of a multi-instance task. */
  instance?: number;
  /** What that has done so far: its coordinationCommandLine has exited with 0, it has been told to run the commandLine. */
  coordinated?: true;
  commandStarted?: true;
  is: 'running' | 'killed' | 'over';
}

/** What an executor may say. `start` counts the starts so far from 0, `request` the gets and releases of nodes. */
export type CountedReport =
  | { kind: 'runEnded'; start: number; exitCode?: number; failure?: FailureCode; detail?: string }
  | { kind: 'runLost'; start: number }
  | { kind: 'coordinated'; start: number }
  | {
      kind:
        | 'nodeReady'
        | 'nodeLost'
        | 'nodeGone'
        | 'nodePreempted'
        | 'nodeSample'
        | 'nodeDeallocated';
      request: number;
    }
  | { kind: 'nodeUnusable'; request: number; error?: string }
  | { kind: 'allocationFailed'; request: number; error: string }
  /** Of a preparation or release; they are counted together. */
  | { kind: 'nodeTaskEnded'; start: number; exitCode?: number; failure?: FailureCode }
  | {
      kind: 'startTaskEnded';
      start: number;
      exitCode?: number;
      failure?: FailureCode;
      detail?: string;
    };

/**
 * What an executor knows: it sees inputs and effects and nothing else of the engine. It names starts and
 * node requests by their count, so that two engines can be told the same whatever numbers they use.
 */
export class Ledger {
  readonly nodes: KnownNode[] = [];
  readonly runs: KnownRun[] = [];
  /** Preparations and releases: each try. */
  readonly nodeTasks: KnownRun[] = [];
  #requests = 0;
  /** What runs on a node that is lost goes on, until the delay is over. */
  #keepsRuns = false;
  #startTasks = 0;
  readonly #requestOf = new Map<string, number>();
  readonly #startTaskOf = new Map<string, number>();

  get live(): KnownRun[] {
    return this.runs.filter((run) => run.is !== 'over');
  }

  /** Takes note of one input and what it led to; the effects as readable lines. */
  observe(input: Input, { effects }: Applied): string[] {
    if ('report' in input) this.#answered(input.report);
    else if (input.command.type === 'setOptions') {
      this.#keepsRuns = input.command.options.nodeLostRequeueDelayMs > 0;
    }
    const lines: string[] = [];
    for (let index = 0; index < effects.length; index++) lines.push(this.#note(effects, index));
    this.#silentTooLong(effects);
    return lines;
  }

  /** The report with counts instead of the engine's numbers. */
  translate(report: Report): CountedReport {
    switch (report.kind) {
      case ReportKind.runEnded: {
        const { exitCode, failure, detail } = report;
        return {
          kind: 'runEnded',
          start: this.#start(report),
          ...(exitCode === undefined ? {} : { exitCode }),
          ...(failure === undefined ? {} : { failure }),
          ...(detail === undefined ? {} : { detail }),
        };
      }
      case ReportKind.runLost:
        return { kind: 'runLost', start: this.#start(report) };
      case ReportKind.coordinated:
        return { kind: 'coordinated', start: this.#start(report) };
      case ReportKind.startTaskEnded: {
        const { exitCode, failure, detail } = report;
        return {
          kind: 'startTaskEnded',
          start: this.#startTaskOf.get(`${report.node} ${report.sequence}`) ?? -1,
          ...(exitCode === undefined ? {} : { exitCode }),
          ...(failure === undefined ? {} : { failure }),
          ...(detail === undefined ? {} : { detail }),
        };
      }
      case ReportKind.nodeTaskEnded: {
        const { exitCode, failure } = report;
        return {
          kind: 'nodeTaskEnded',
          start: this.nodeTasks.find(({ sequence }) => sequence === report.sequence)?.start ?? -1,
          ...(exitCode === undefined ? {} : { exitCode }),
          ...(failure === undefined ? {} : { failure }),
        };
      }
      case ReportKind.nodeUnusable: {
        const { error } = report;
        return {
          kind: 'nodeUnusable',
          request: this.#request(report),
          ...(error === undefined ? {} : { error }),
        };
      }
      case ReportKind.allocationFailed:
        return { kind: 'allocationFailed', request: this.#request(report), error: report.error };
      case ReportKind.nodeReady:
      case ReportKind.nodeLost:
      case ReportKind.nodeGone:
      case ReportKind.nodePreempted:
      case ReportKind.nodeSample:
      case ReportKind.nodeDeallocated: {
        const kinds = {
          3: 'nodeReady',
          4: 'nodeLost',
          5: 'nodeGone',
          7: 'nodePreempted',
          10: 'nodeSample',
          [ReportKind.nodeDeallocated]: 'nodeDeallocated',
        } as const;
        return { kind: kinds[report.kind], request: this.#request(report) };
      }
    }
  }

  #request({ node, sequence }: { node: number; sequence: number }): number {
    return this.#requestOf.get(`${node} ${sequence}`) ?? -1;
  }

  #start({ run, sequence }: { run: number; sequence: number }): number {
    return this.#find(run, sequence)?.start ?? -1;
  }

  #find(run: number, sequence: number): KnownRun | undefined {
    return this.runs.find((known) => known.run === run && known.sequence === sequence);
  }

  #answered(report: Report): void {
    if (report.kind === ReportKind.runEnded || report.kind === ReportKind.runLost) {
      const run = this.#find(report.run, report.sequence);
      if (run !== undefined) run.is = 'over';
      return;
    }
    if (report.kind === ReportKind.coordinated) {
      const run = this.#find(report.run, report.sequence);
      if (run !== undefined) run.coordinated = true;
      return;
    }
    if (report.kind === ReportKind.nodeTaskEnded) {
      const task = this.nodeTasks.find(({ sequence }) => sequence === report.sequence);
      if (task !== undefined) task.is = 'over';
      return;
    }
    const node = this.nodes[report.node];
    if (node === undefined) return;
    if (report.kind === ReportKind.startTaskEnded) {
      if (node.startTask?.sequence === report.sequence) delete node.startTask;
      return;
    }
    if (node.sequence !== report.sequence) return;
    if (report.kind === ReportKind.nodeDeallocated) {
      if (node.is === 'deallocating') node.is = 'deallocated';
      return;
    }
    const there =
      node.is !== 'releasing' &&
      node.is !== 'gone' &&
      node.is !== 'deallocating' &&
      node.is !== 'deallocated';
    switch (report.kind) {
      case ReportKind.nodeReady:
        if (!there || node.is === 'up' || (node.is === 'broken' && node.hasError)) return;
        node.is = 'up';
        node.preempted = false;
        return;
      case ReportKind.nodeLost:
        if (node.is !== 'up') return;
        if (this.#keepsRuns) node.is = 'lost';
        else this.#falls(node, 'lost');
        return;
      case ReportKind.nodeUnusable:
        if (!there || node.is === 'broken' || node.preempted) return;
        node.hasError = report.error !== undefined;
        this.#falls(node, 'broken');
        return;
      case ReportKind.nodePreempted:
        // It is asked for again with the next effect.
        if (there && !node.dedicated && !node.preempted) this.#falls(node, 'lost');
        return;
      case ReportKind.nodeGone:
        if (node.is === 'releasing') node.is = 'gone';
    }
  }

  /** Of a node that is not heard of the start task is over when the delay is, without an effect. */
  #silentTooLong({ catalog }: Applied['effects']): void {
    // Numbers of other accounts' nodes are holes here, which this passes by.
    this.nodes.forEach((node) => {
      if (node.is !== 'lost' || node.startTask === undefined) return;
      const { sequence } = node.startTask;
      if (catalog.startTask(node.number, sequence) === undefined) delete node.startTask;
    });
  }

  #falls(node: KnownNode, to: 'lost' | 'broken'): void {
    node.is = to;
    delete node.startTask;
    this.#allOver(node);
  }

  #allOver(node: KnownNode): void {
    for (const run of this.live) if (run.node === node.number) run.is = 'over';
    for (const task of this.nodeTasks) if (task.node === node.number) task.is = 'over';
  }

  #note(effects: Applied['effects'], index: number): string {
    const number = effects.node(index);
    const sequence = effects.sequence(index);
    switch (effects.kind(index)) {
      case EffectKind.getNode: {
        const { poolId, nodeId, isDedicated: dedicated } = effects.catalog.node(number);
        const name = `${poolId}/${nodeId}`;
        const request = this.#asked(number, sequence);
        // Asked for again: it was taken away, and is not there before it has come.
        const before = this.nodes[number];
        const preempted =
          before !== undefined && before.is !== 'deallocated' && before.asked !== 'start';
        this.nodes[number] = {
          number,
          name,
          sequence,
          request,
          dedicated,
          preempted,
          hasError: false,
          is: 'asked',
          asked: before !== undefined && !preempted ? 'start' : 'get',
        };
        return `get ${name}`;
      }
      case EffectKind.rebootNode:
      case EffectKind.reimageNode: {
        const node = must(this.nodes[number]);
        node.is = 'asked';
        if (effects.kind(index) === EffectKind.reimageNode) delete node.users;
        node.asked = effects.kind(index) === EffectKind.rebootNode ? 'reboot' : 'reimage';
        node.sequence = sequence;
        node.request = this.#asked(number, sequence);
        delete node.startTask;
        this.#allOver(node);
        return `${node.asked} ${node.name}`;
      }
      case EffectKind.deallocateNode: {
        const node = must(this.nodes[number]);
        node.is = 'deallocating';
        delete node.startTask;
        delete node.users;
        node.sequence = sequence;
        node.request = this.#asked(number, sequence);
        this.#allOver(node);
        return `deallocate ${node.name}`;
      }
      case EffectKind.setNodeUsers: {
        const node = must(this.nodes[number]);
        node.users = sequence;
        const users = effects.catalog.nodeUsers(number).map(({ name }) => name);
        return `users of ${node.name}: ${users.join(', ')}`;
      }
      case EffectKind.runStartTask: {
        const node = must(this.nodes[number]);
        const start = this.#startTasks++;
        node.startTask = { sequence, start };
        this.#startTaskOf.set(`${number} ${sequence}`, start);
        const sync = effects.mustSync(index) ? ' after sync' : '';
        return `run start task #${start} on ${node.name}${sync}`;
      }
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease: {
        const run = effects.run(index);
        // It may be over by now, with its node.
        const details = effects.catalog.nodeTask(run, sequence);
        const start = this.nodeTasks.length;
        const title = `${details?.kind ?? 'unknown'} of ${details?.jobId ?? 'unknown'} #${start}`;
        this.nodeTasks.push({ run, sequence, start, node: number, title, is: 'running' });
        const sync = effects.mustSync(index) ? ' after sync' : '';
        return `run ${title} on ${must(this.nodes[number]).name}${sync}`;
      }
      case EffectKind.killNodeTask: {
        const task = must(this.nodeTasks.find((one) => one.sequence === sequence));
        if (task.is === 'running') task.is = 'killed';
        return `kill ${task.title} (${effects.killReason(index)})`;
      }
      case EffectKind.releaseNode: {
        const node = must(this.nodes[number]);
        node.is = 'releasing';
        delete node.startTask;
        delete node.users;
        node.sequence = sequence;
        node.request = this.#asked(number, sequence);
        this.#allOver(node);
        return `release ${node.name}`;
      }
      case EffectKind.startRun: {
        const run = effects.run(index);
        const details = effects.catalog.run(run, sequence);
        const title = details === undefined ? 'unknown' : `${details.jobId}/${details.taskId}`;
        if (this.#find(run, sequence) !== undefined) throw new Error(`${title} started twice`);
        const start = this.runs.length;
        const instance = details?.multiInstance?.instance;
        this.runs.push({
          run,
          sequence,
          start,
          node: number,
          title,
          ...(instance === undefined ? {} : { instance }),
          is: 'running',
        });
        const sync = effects.mustSync(index) ? ' after sync' : '';
        return `start ${nameOf(must(this.runs.at(-1)))} #${start} on ${must(this.nodes[number]).name}${sync}`;
      }
      case EffectKind.killRun: {
        const run = must(this.#find(effects.run(index), sequence));
        if (run.is === 'running') run.is = 'killed';
        // It was on a node that has been silent for too long: nobody waits for its end.
        if (effects.catalog.run(run.run, sequence) === undefined) run.is = 'over';
        return `kill ${nameOf(run)} #${run.start} (${effects.killReason(index)})`;
      }
      case EffectKind.startPrimary: {
        const run = must(this.#find(effects.run(index), sequence));
        run.commandStarted = true;
        return `run command of ${run.title} #${run.start}${effects.mustSync(index) ? ' after sync' : ''}`;
      }
      case EffectKind.removeTaskFiles:
      case EffectKind.removeJobFiles: {
        const { poolId, jobId, taskId } = effects.removal(index);
        return `remove ${taskId === undefined ? jobId : `${jobId}/${taskId}`} in ${poolId}`;
      }
    }
  }

  #asked(node: number, sequence: number): number {
    this.#requestOf.set(`${node} ${sequence}`, this.#requests);
    return this.#requests++;
  }
}

function nameOf({ title, instance }: KnownRun): string {
  return instance === undefined ? title : `${title}.${instance}`;
}
