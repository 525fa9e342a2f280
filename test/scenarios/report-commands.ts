import type { FailureCode, NodeMeasures, Report } from '@berth/core';
import {
  allocationErrorCodes,
  failureCodes,
  nodeErrorCodes,
  nodeMeasureNames,
  ReportKind,
} from '@berth/core';
import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { parseIds } from './id-list.ts';
import type { ScenarioWorld } from './scenario-world.ts';
import { parseSpan } from './time-span.ts';

/** What executors report of runs and nodes. */
export const reportCommands: Record<string, ScenarioCommand> = {
  /** What the host chooses of the rules: `set options delay=10s internalRetries=2 failuresWindow=1h recentTasks=true`. */
  'set options'(world, line) {
    const delay = line.option('delay');
    const most = line.option('internalRetries');
    const window = line.option('failuresWindow');
    const recent = line.option('recentTasks');
    line.end();
    world.send({
      type: 'setOptions',
      options: {
        nodeLostRequeueDelayMs: delay === undefined ? 0 : (parseSpan(delay) ?? 0),
        keepsRecentTasks: recent === 'true',
        recentFailuresWindowMs: window === undefined ? 3_600_000 : (parseSpan(window) ?? 0),
        ...(most !== undefined && { maxInternalRetryCount: Number(most) }),
      },
    });
  },
  task: reportRuns,
  tasks: reportRuns,
  /** `coordinated j/a` (all instances, in order), `coordinated j/a.1`; of the latest run, or run=n. */
  coordinated(world, line) {
    const task = line.pair('the task').join('/');
    const number = line.option('run');
    line.end();
    const instances = /[^.]\.\d+$/.test(task)
      ? [task]
      : Array.from({ length: mostInstances }, (_, id) => `${task}.${id}`);
    let reported = 0;
    for (const instance of instances) {
      const runs = world.effects.runs(instance);
      const named = number === undefined ? runs.at(-1) : runs[Number(number) - 1];
      if (named === undefined) break;
      reported++;
      const { run, sequence } = named;
      world.send({ kind: ReportKind.coordinated, run, sequence });
    }
    if (reported === 0) throw new Error(`coordinated: ${task} has no such run`);
  },
  node(world, line) {
    const node = line.pair('the node').join('/');
    const kind = nodeReport(line);
    const number = line.option('request');
    const error = line.option('error');
    line.end();
    reportNode(world, node, kind, number, error);
  },
  /** `start task p/node-1 exits 1`, `… fails BlobNotFound`, `… lost`; of the latest try, or run=n. */
  'start task'(world, line) {
    const node = line.pair('the node').join('/');
    const lost = line.optionalWord('lost') !== undefined;
    const exitCode = line.optionalWord('exits') === undefined ? undefined : integer(line);
    const failure = line.optionalWord('fails') === undefined ? undefined : failureCode(line);
    if (!lost && exitCode === undefined && failure === undefined) {
      throw new Error(`${line.name}: a start task exits, fails or is lost`);
    }
    const number = line.option('run');
    line.end();
    const tries = world.effects.startTasks(node);
    const named = number === undefined ? tries.at(-1) : tries[Number(number) - 1];
    if (named === undefined) throw new Error(`${line.name}: ${node} has no such try`);
    world.send({
      kind: ReportKind.startTaskEnded,
      ...named,
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(failure === undefined ? {} : { failure }),
    });
  },
  /** What was measured of a node: `cpu=500 memory=1024 diskReadBytes=…`. */
  'sample node'(world, line) {
    const node = line.pair('the node').join('/');
    const named = world.effects.requests(node).at(-1);
    if (named === undefined) throw new Error(`${line.name}: nobody asked for ${node}`);
    const short: Record<string, string> = {
      cpuPermille: 'cpu',
      memoryMiB: 'memory',
      diskMiB: 'disk',
    };
    const measures: NodeMeasures = {};
    for (const name of nodeMeasureNames) {
      const value = line.option(short[name] ?? name);
      if (value !== undefined) measures[name] = Number(value);
    }
    line.end();
    world.send({ kind: ReportKind.nodeSample, ...named, ...measures });
  },
  /** `preparation j on p/node-1 exits 1`, `… fails BlobNotFound`, `… lost`; of the latest try, or run=n. */
  preparation: reportNodeTask,
  release: reportNodeTask,
  /** The same of all nodes of a pool that wait for theirs. */
  'start tasks'(world, line) {
    const poolId = line.word('a pool');
    const exitCode = line.optionalWord('exit') === undefined ? 0 : integer(line);
    line.end();
    for (const { id, state } of world.queries.nodes(poolId) ?? []) {
      const named = world.effects.startTasks(`${poolId}/${id}`).at(-1);
      if (state !== 'waitingforstarttask' || named === undefined) continue;
      world.send({ kind: ReportKind.startTaskEnded, ...named, exitCode });
    }
  },
  /** All nodes, or those of one pool, of which this report is due. */
  nodes(world, line) {
    const poolId = line.optionalWord('ready', 'gone') ?? line.word('a pool');
    const every = poolId === 'ready' || poolId === 'gone';
    const kind = every ? nodeReports[poolId] : nodeReport(line);
    line.end();
    const awaited =
      kind === ReportKind.nodeReady
        ? ['creating', 'starting', 'rebooting', 'reimaging']
        : ['leavingpool'];
    let reported = 0;
    for (const pool of world.queries.pools()) {
      if (!every && pool.id !== poolId) continue;
      for (const { id, state } of world.queries.nodes(pool.id) ?? []) {
        if (!awaited.includes(state)) continue;
        reportNode(world, `${pool.id}/${id}`, kind, undefined);
        reported++;
      }
    }
    if (reported === 0) throw new Error(`nodes: none is ${awaited.join(' or ')}`);
  },
};

const mostInstances = 100;

type NodeReportKind =
  | typeof ReportKind.nodeReady
  | typeof ReportKind.nodeLost
  | typeof ReportKind.nodeGone
  | typeof ReportKind.nodeUnusable
  | typeof ReportKind.nodePreempted
  | typeof ReportKind.nodeDeallocated
  | typeof ReportKind.allocationFailed;
const nodeReports = {
  ready: ReportKind.nodeReady,
  lost: ReportKind.nodeLost,
  gone: ReportKind.nodeGone,
  unusable: ReportKind.nodeUnusable,
  preempted: ReportKind.nodePreempted,
  refused: ReportKind.allocationFailed,
  deallocated: ReportKind.nodeDeallocated,
} as const;

function nodeReport(line: CommandLine): NodeReportKind {
  const words = Object.keys(nodeReports).join(', ');
  const word = line.word(words);
  const report = Object.entries(nodeReports).find(([name]) => name === word);
  if (report === undefined) throw new Error(`${line.name}: a node is ${words}, not "${word}"`);
  return report[1];
}

function reportNode(
  world: ScenarioWorld,
  name: string,
  kind: NodeReportKind,
  request: string | undefined,
  error?: string,
): void {
  const requests = world.effects.requests(name);
  const named = request === undefined ? requests.at(-1) : requests[Number(request) - 1];
  if (named === undefined) throw new Error(`node: nobody asked for ${name}`);
  if (kind === ReportKind.allocationFailed) {
    const code = allocationErrorCodes.find((known) => known === (error ?? 'AllocationFailed'));
    if (code === undefined || code === 'none') throw new Error(`node: "${error}" is no such error`);
    world.send({ kind, ...named, error: code });
    return;
  }
  if (kind !== ReportKind.nodeUnusable) {
    if (error !== undefined) throw new Error('node: this report has no error');
    world.send({ kind, node: named.node, sequence: named.sequence });
    return;
  }
  const code = nodeErrorCodes.find((known) => known === error);
  if (code !== error || code === 'none') throw new Error(`node: "${error}" is no error of a node`);
  world.send({ kind, ...named, ...(code === undefined ? {} : { error: code }) });
}

/** `task j/a exits 1`, `… exits 0 fails FileUploadMiscError`, `… fails BlobNotFound`, `… lost`; of the latest run, or run=n. */
function reportRuns(world: ScenarioWorld, line: CommandLine): void {
  const [jobId, ids] = line.pair('the task');
  const lost = line.optionalWord('lost') !== undefined;
  const exitCode = line.optionalWord('exits', 'exit') === undefined ? undefined : integer(line);
  const failure = line.optionalWord('fails', 'fail') === undefined ? undefined : failureCode(line);
  if (!lost && exitCode === undefined && failure === undefined) {
    throw new Error(`${line.name}: a run exits, fails or is lost`);
  }
  const detail = line.option('detail');
  const number = line.option('run');
  line.end();
  for (const id of /[^.]\.\d+$/.test(ids) ? [ids] : parseIds(ids)) {
    const runs = world.effects.runs(`${jobId}/${id}`);
    const named = number === undefined ? runs.at(-1) : runs[Number(number) - 1];
    if (named === undefined) throw new Error(`${line.name}: ${jobId}/${id} has no such run`);
    const { run, sequence } = named;
    const report: Report = lost
      ? { kind: ReportKind.runLost, run, sequence }
      : {
          kind: ReportKind.runEnded,
          run,
          sequence,
          ...(exitCode === undefined ? {} : { exitCode }),
          ...(failure === undefined ? {} : { failure }),
          ...(detail === undefined ? {} : { detail }),
        };
    world.send(report);
  }
}

function reportNodeTask(world: ScenarioWorld, line: CommandLine): void {
  const job = line.word('a job');
  if (line.optionalWord('on') === undefined) throw new Error(`${line.name}: on a node`);
  const node = line.pair('the node').join('/');
  const lost = line.optionalWord('lost') !== undefined;
  const exitCode = line.optionalWord('exits') === undefined ? undefined : integer(line);
  const failure = line.optionalWord('fails') === undefined ? undefined : failureCode(line);
  if (!lost && exitCode === undefined && failure === undefined) {
    throw new Error(`${line.name}: it exits, fails or is lost`);
  }
  const number = line.option('run');
  line.end();
  const tries = world.effects.nodeTasks(`${line.name} ${job} ${node}`);
  const named = number === undefined ? tries.at(-1) : tries[Number(number) - 1];
  if (named === undefined) throw new Error(`${line.name}: job ${job} has no such try on ${node}`);
  const { run, sequence } = named;
  world.send({
    kind: ReportKind.nodeTaskEnded,
    run,
    sequence,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(failure === undefined ? {} : { failure }),
  });
}

function integer(line: CommandLine): number {
  const word = line.word('an exit code');
  if (!/^-?\d+$/.test(word)) throw new Error(`${line.name}: "${word}" is no exit code`);
  return Number(word);
}

function failureCode(line: CommandLine): FailureCode {
  const word = line.word('a failure code');
  const code = failureCodes.find((known) => known === word);
  if (code === undefined) throw new Error(`${line.name}: "${word}" is no failure code`);
  return code;
}
