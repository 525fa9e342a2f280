import type {
  AccountPatch,
  AutoScaleSettings,
  Command,
  FailureCode,
  JobSpecification,
  NodeDeallocationOption,
  NodeRemoval,
  PoolResize,
  PoolSpecification,
  RuleOptions,
  StartTask,
  TaskConstraints,
  TaskDependencies,
  TaskSpecification,
} from '@berth/core';
import { defaultRuleOptions } from '@berth/core';
import type { CountedReport } from '@berth/core/testing';
import { must, namedPool } from '@berth/core/testing';
import { factoryTasks } from './factory-tasks.ts';
import type { NaiveAutoscale } from './naive-autoscale.ts';
import { naiveTargets } from './naive-autoscale.ts';
import type { NaiveEnd } from './naive-exit.ts';
import { naiveExitOptions } from './naive-exit.ts';
import type { NaiveExit, NaiveGang, NaiveInstance } from './naive-gang.ts';
import { failureIn, instancesOf, liveOf, succeeds } from './naive-gang.ts';

/*
 * The rules once more, as plainly as they can be said: sorted arrays, no index, everything computed again for
 * each input. Written from the rules of the model, not from the engine. Numbers in comments are sections.
 *
 * Readings taken where the rules leave a choice:
 * - A gang whose subtask is over before it was told to, other than by failing, is lost. What is to become of its task
 *   is decided by what came first; a user or a clock may still end for good what was to be requeued or retried.
 * - Every input is a moment of its own for the order inside the front and the middle of a queue (3.3), even if
 *   two carry the same time; at the back it is the time of failure that counts, to the letter.
 * - A report that carries a failure ends the task whatever its exit code: no retry (3.8).
 * - Reactivating keeps the node to avoid (ruling 14: dropped at the next start), but the start that follows is no
 *   retry, even if the task had been waiting for one when it was ended.
 * - A task reactivated or added with nothing to wait for is ready at the moment of that input.
 * - A wall clock that a patch puts into the past falls due with the next input.
 * - A deleted task that runs stays, running, until its end is confirmed (ruling 33).
 * - A displacement is a moment of its own for the order at the front. Of equal priority, what fits comes before what
 *   would have to displace.
 * - Jobs' wall clocks come before resizes that time out, these before tasks' wall clocks of the same instant, these
 *   before samples, and these before formulas.
 * - Nodes that have not come when a resize times out are given back; those that a removal names and that are
 *   leaving already count nowhere.
 */

/** What an executor may say. */
export type NaiveReport = CountedReport;

export interface NaiveResult {
  error?: string;
  refused?: { index: number; code: string }[];
}

interface NaivePool {
  specification: PoolSpecification;
  state: 'active' | 'upgrading' | 'deleting';
  since: number;
  targetVersion?: string;
  currentVersion?: string;
  /** What it is coming to while it is upgrading. */
  nextVersion?: string;
  dedicated: number;
  lowPriority: number;
  allocation: 'steady' | 'resizing' | 'stopping';
  /** When the resize gives up. */
  due?: number;
  resizeErrors: string[];
  /** Of the resize under way: there was no room for all of its nodes (12). */
  shortOf: string[];
  autoscale?: NaiveAutoscale;
  /** When enableAutoScale was last carried out. */
  enabled?: number;
  succeeded: number;
  failed: number;
  nodes: NaiveNode[];
  ordinals: number;
  /** Sequence number of the job served last, by priority (ruling 8). */
  cursors: Map<number, number>;
}

interface NaiveNode {
  pool: NaivePool;
  ordinal: number;
  /** Of all nodes of all pools. */
  sequence: number;
  dedicated: boolean;
  disabled: boolean;
  /** What it does when its tasks are done. */
  pending?: 'remove' | 'reboot' | 'reimage' | 'deallocate';
  state: NaiveNodeState;
  /** What it was before it was lost. */
  before?: NaiveNodeState;
  error?: string;
  version?: string;
  /** When what runs there is put back. */
  givenUpAt?: number;
  /** Its accounts, and when they expire. */
  users: { name: string; expires: number }[];
  startTask?: NaiveStartTask;
  request: number;
  started: number;
  succeeded: number;
  /** When runs have failed on it. */
  failures: number[];
}

type NaiveNodeState =
  | 'creating'
  | 'waitingforstarttask'
  | 'starttaskfailed'
  | 'up'
  | 'unknown'
  | 'unusable'
  | 'preempted'
  | 'rebooting'
  | 'reimaging'
  | 'starting'
  | 'deallocating'
  | 'deallocated'
  | 'leavingpool';

interface NaiveStartTask {
  specification: StartTask;
  /** Which start of a start task of all it is, while it runs. */
  start?: number;
  completed: boolean;
  started: number;
  ended?: number;
  exitCode?: number;
  failure?: string;
  retries: number;
  lastRetry?: number;
}

type JobState =
  | 'active'
  | 'disabling'
  | 'disabled'
  | 'enabling'
  | 'terminating'
  | 'completed'
  | 'deleting';

interface NaiveJob {
  sequence: number;
  specification: JobSpecification;
  created: number;
  state: JobState;
  since: number;
  previous?: JobState;
  tasks: NaiveTask[];
  reason?: string;
  ended?: number;
  expired?: number;
  /** A task has failed whose job action is to terminate; carried out when the job is active (2.4). */
  terminationDue: boolean;
  formerPools: string[];
}

type Part = 0 | 1 | 2;
const front: Part = 0;
const middle: Part = 1;
const back: Part = 2;

interface NaiveTask {
  sequence: number;
  job: NaiveJob;
  specification: TaskSpecification;
  constraints: TaskConstraints;
  created: number;
  state: 'active' | 'running' | 'completed';
  /** When it came to this state. */
  since: number;
  /** Where it stands in its job's queue, once it is ready. */
  place?: { part: Part; moment: number };
  missingIds: Set<string>;
  missingIntegers: Set<number>;
  lastNode?: NaiveNode;
  avoid?: NaiveNode;
  retrying: boolean;
  retries: number;
  /** Since its node or runner was lost, as long as there is a limit to that (3.8). */
  reruns: number;
  requeues: number;
  lastRetry?: number;
  lastRequeue?: number;
  started?: number;
  ended?: number;
  exitCode?: number;
  failure?: NaiveFailure;
  /** What its end means (3.7). */
  satisfies: boolean;
  gang?: NaiveGang;
  /** Which instance has failed, where that is to be told. */
  subtask?: number;
}

interface NaiveFailure {
  code: string;
  category?: 'usererror' | 'servererror';
  kind?: 'application' | 'constraint' | 'scheduling';
  detail?: string;
}

/** What is to be requeued goes back to its queue when that is confirmed; every other end completes the task. */
type NaiveEnding =
  | 'user'
  | 'taskClock'
  | 'jobClock'
  | 'requeue'
  | 'instanceFailed'
  | 'instanceLost'
  | 'instanceDisplaced';

type UserCommand = Extract<Command, { type: 'addNodeUser' | 'updateNodeUser' | 'deleteNodeUser' }>;

/** Why a task goes back to the front. */
type Why = 'user' | 'lost' | 'displaced';

/** As what the other instances of a multi-instance task are told to end then (9). */
const goingOn = {
  user: 'requeue',
  lost: 'instanceLost',
  displaced: 'instanceDisplaced',
} as const;

export interface NaiveRun {
  number: number;
  task: NaiveTask;
  node: NaiveNode;
  started: number;
  ending?: NaiveEnding;
  deleting: boolean;
  /** Of an instance of a multi-instance task; 0: the primary. */
  instance?: { gang: NaiveGang; id: number };
}

const wallClockExitCode = -1073741510;

/** −1 takes a quota away. */
function limit(quota: number | undefined): number {
  return quota === undefined || quota === -1 ? Infinity : quota;
}

export class NaiveScheduler {
  now = 0;
  ignored = 0;
  effects: string[] = [];
  #moment = 0;
  #quotas: AccountPatch = {};
  #pools: NaivePool[] = [];
  #nodes = 0;
  #options: RuleOptions = defaultRuleOptions;
  /** By executor and OS family, the newest last. */
  #versions = new Map<string, string[]>();
  #jobs: NaiveJob[] = [];
  #runs: NaiveRun[] = [];
  /** Their tasks are active again, their processes may still be there. */
  #displaced: NaiveRun[] = [];
  #sequence = 0;
  #starts = 0;
  #startTasks = 0;
  #requests = 0;

  command(at: number, command: Command): NaiveResult {
    this.#passTime(at);
    this.#moment++;
    const result = this.#carryOut(command);
    this.#settle();
    return result;
  }

  report(at: number, report: NaiveReport): void {
    this.#passTime(at);
    this.#moment++;
    if (!this.#heed(report)) this.ignored++;
    this.#settle();
  }

  /** The next wall clock to expire, or formula to evaluate; nobody has to wake up for samples. */
  get nextDeadline(): number {
    const told = this.#deadlines().filter(({ isSample = false }) => !isSample);
    return Math.min(...told.map(({ due }) => due));
  }

  // ---- time

  #deadlines(): { due: number; expire: () => void; isSample?: boolean }[] {
    const jobs = this.#jobs.flatMap((job) => {
      const limit = job.specification.constraints.maxWallClockTimeMs;
      if (limit === undefined || !isOpen(job)) return [];
      return [{ due: job.created + limit, expire: () => this.#expireJob(job) }];
    });
    const runs = this.#runs.flatMap((run) => {
      const limit = run.task.constraints.maxWallClockTimeMs;
      const isSubtask = run.instance !== undefined && run.instance.id > 0;
      if (limit === undefined || run.ending !== undefined || isSubtask) return [];
      return [{ due: run.started + limit, expire: () => this.#end(run, 'taskClock') }];
    });
    const pools = this.#pools.flatMap((pool) =>
      pool.due === undefined ? [] : [{ due: pool.due, expire: () => this.#expireResize(pool) }],
    );
    const followers = this.#pools.flatMap((pool) =>
      pool.autoscale === undefined ? [] : [{ pool, autoscale: pool.autoscale }],
    );
    const samples = followers.map(({ pool, autoscale }) => ({
      due: must(autoscale.samples.at(-1)).at + 30_000,
      expire: () => this.#sample(pool, autoscale),
      isSample: true,
    }));
    const evaluations = followers.map(({ pool, autoscale }) => ({
      due: Math.min(autoscale.next, autoscale.retry ?? Infinity),
      expire: () => this.#fallDue(pool, autoscale),
    }));
    const nodes = this.#pools
      .flatMap((pool) => pool.nodes)
      .sort((a, b) => a.sequence - b.sequence)
      .flatMap((node) =>
        node.givenUpAt === undefined
          ? []
          : [{ due: node.givenUpAt, expire: () => this.#expireSilence(node) }],
      );
    const accounts = this.#pools
      .flatMap((pool) => pool.nodes)
      .sort((a, b) => a.sequence - b.sequence)
      .flatMap((node) =>
        node.users.length === 0
          ? []
          : [
              {
                due: Math.min(...node.users.map(({ expires }) => expires)),
                expire: () =>
                  this.#setUsers(
                    node,
                    node.users.filter(({ expires }) => expires > this.now),
                  ),
              },
            ],
      );
    return [...jobs, ...pools, ...nodes, ...accounts, ...runs, ...samples, ...evaluations];
  }

  /** Ruling 31, and every wall clock up to `at` at its own moment. */
  #passTime(at: number): void {
    this.effects = [];
    for (;;) {
      const next = Math.min(...this.#deadlines().map(({ due }) => due));
      if (next > at || next === Infinity) break;
      this.now = Math.max(this.now, next);
      this.#moment++;
      must(this.#deadlines().find(({ due }) => due === next)).expire();
      this.#settle();
    }
    this.now = Math.max(this.now, at);
  }

  #expireJob(job: NaiveJob): void {
    this.#move(job, 'terminating');
    job.reason = 'MaxWallClockTimeExpiry';
    job.expired = this.now;
    const pool = this.#pool(namedPool(job.specification.poolInfo));
    if (pool !== undefined) {
      pool.failed += weightOf(job.tasks.filter(({ state }) => state === 'active'));
    }
    this.#endAll(job, 'jobClock');
  }

  #move(job: NaiveJob, to: JobState): void {
    job.previous = job.state;
    job.state = to;
    job.since = this.now;
  }

  // ---- reports

  #heed(report: NaiveReport): boolean {
    if (report.kind === 'runEnded' || report.kind === 'runLost') {
      const run = this.#runs.find(({ number }) => number === report.start);
      if (run === undefined) return this.#displacedEnded(({ number }) => number === report.start);
      if (report.kind === 'runLost') this.#requeue(run, 'lost');
      else this.#runEnded(run, report.exitCode, report.failure, report.detail);
      return true;
    }
    if (report.kind === 'coordinated') return this.#coordinated(report.start);
    if (report.kind === 'nodeTaskEnded') return false;
    const nodes = this.#pools.flatMap((pool) => pool.nodes);
    if (report.kind === 'startTaskEnded') {
      const of = nodes.find(({ startTask }) => startTask?.start === report.start);
      if (of !== undefined) this.#startTaskEnded(of, report);
      return of !== undefined;
    }
    const node = nodes.find(({ request }) => request === report.request);
    if (node === undefined) return false;
    const { state } = node;
    switch (report.kind) {
      case 'nodeReady':
        return this.#nodeReady(node);
      case 'nodeLost':
        if (state !== 'up' && state !== 'waitingforstarttask' && state !== 'starttaskfailed') {
          return false;
        }
        node.before = state;
        node.state = 'unknown';
        if (this.#options.nodeLostRequeueDelayMs === 0) this.#giveUp(node);
        else node.givenUpAt = this.now + this.#options.nodeLostRequeueDelayMs;
        return true;
      case 'nodeUnusable':
        if (state === 'unusable' || state === 'preempted' || isAway(state)) return false;
        if (report.error === undefined) delete node.error;
        else node.error = report.error;
        this.#fall(node, 'unusable');
        return true;
      case 'nodePreempted':
        if (node.dedicated || state === 'preempted' || isAway(state)) return false;
        if (node.pending !== 'remove') delete node.pending;
        this.#fall(node, 'preempted');
        if (node.state !== 'preempted') return true;
        node.users = [];
        delete node.startTask;
        node.request = this.#requests++;
        this.effects.push(`get ${nameOf(node)}`);
        return true;
      case 'allocationFailed':
        return this.#allocationFailed(node, report.error);
      case 'nodeSample':
        // Placement looks at no resources.
        return ['up', 'waitingforstarttask', 'starttaskfailed'].includes(node.state);
      case 'nodeDeallocated':
        if (state !== 'deallocating') return false;
        node.state = 'deallocated';
        return true;
      case 'nodeGone':
        if (node.state !== 'leavingpool') return false;
        node.pool.nodes = node.pool.nodes.filter((other) => other !== node);
        return true;
    }
  }

  /** 2.2: what it runs is put back, and told to end should it still be there. */
  #expireSilence(node: NaiveNode): void {
    for (const run of byCreation(
      this.#jobs,
      this.#runs.filter((one) => one.node === node),
    )) {
      this.#kill(run, 'user');
    }
    this.#giveUp(node);
  }

  #giveUp(node: NaiveNode): void {
    if (node.pending === 'deallocate') delete node.pending;
    delete node.givenUpAt;
    delete node.startTask?.start;
    this.#requeueAll((run) => run.node === node, 'lost');
    this.#displacedEnded((run) => run.node === node);
    this.#settleJobs();
    this.#actIfEmpty(node);
  }

  /** 2.2: it loses its tasks, and its start task with them. */
  #fall(node: NaiveNode, to: NaiveNodeState): void {
    node.state = to;
    if (to !== 'unusable') delete node.error;
    if (node.pending === 'deallocate') delete node.pending;
    delete node.givenUpAt;
    delete node.startTask?.start;
    this.#requeueAll((run) => run.node === node, 'lost');
    this.#displacedEnded((run) => run.node === node);
    this.#settleJobs();
    this.#actIfEmpty(node);
  }

  #nodeReady(node: NaiveNode): boolean {
    switch (node.state) {
      case 'creating':
      case 'starting':
      case 'rebooting':
      case 'reimaging':
      case 'preempted':
        this.#boot(node);
        return true;
      case 'unusable':
        if (node.error !== undefined) return false;
        if (isOutdated(node)) this.#startAnew(node);
        else this.#boot(node);
        return true;
      case 'unknown':
        if (isOutdated(node)) {
          this.#requeueAll((run) => run.node === node, 'displaced');
          this.#settleJobs();
          this.#startAnew(node);
          return true;
        }
        return this.#comeBack(node);
      default:
        return false;
    }
  }

  /** 2.2: in time it has what it had. */
  #comeBack(node: NaiveNode): boolean {
    const inTime = node.givenUpAt !== undefined;
    delete node.givenUpAt;
    const { startTask } = node;
    const ended = node.before === 'waitingforstarttask' && startTask?.completed === true;
    const back = ended
      ? startTask.failure === undefined
        ? 'up'
        : 'starttaskfailed'
      : must(node.before);
    node.state = back;
    if (node.pending === 'deallocate' && node.disabled && this.#usedSlots(node) === 0) {
      delete node.pending;
    }
    this.#actIfEmpty(node);
    if (inTime || node.state !== back || node.startTask === undefined) return true;
    if (!node.startTask.completed) this.#runStartTask(node, node.startTask);
    return true;
  }

  /** 4.3. */
  #boot(node: NaiveNode): void {
    const { startTask: specification } = node.pool.specification;
    delete node.version;
    const version = versionOf(node.pool);
    if (version !== undefined) node.version = version;
    delete node.startTask;
    delete node.error;
    node.state = specification?.waitForSuccess === true ? 'waitingforstarttask' : 'up';
    if (specification === undefined) return;
    node.startTask = { specification, completed: false, started: this.now, retries: 0 };
    this.#runStartTask(node, node.startTask);
  }

  #runStartTask(node: NaiveNode, startTask: NaiveStartTask): void {
    startTask.start = this.#startTasks++;
    startTask.started = this.now;
    const sync = node.pool.specification.durability === 'synced' ? ' after sync' : '';
    this.effects.push(`run start task #${startTask.start} on ${nameOf(node)}${sync}`);
  }

  #startTaskEnded(
    node: NaiveNode,
    { exitCode, failure }: Extract<NaiveReport, { kind: 'startTaskEnded' }>,
  ): void {
    const startTask = must(node.startTask);
    const failed = failure !== undefined && failure !== 'none';
    if (exitCode === undefined && !failed) {
      this.#runStartTask(node, startTask);
      return;
    }
    delete startTask.start;
    delete startTask.exitCode;
    startTask.ended = this.now;
    if (exitCode !== undefined) startTask.exitCode = exitCode;
    const { maxTaskRetryCount } = startTask.specification;
    if (failed) startTask.failure = failure;
    else if (exitCode !== 0) {
      if (maxTaskRetryCount === -1 || startTask.retries < maxTaskRetryCount) {
        startTask.retries++;
        startTask.lastRetry = this.now;
        this.#runStartTask(node, startTask);
        return;
      }
      startTask.failure = 'FailureExitCode';
    }
    startTask.completed = true;
    if (node.state !== 'waitingforstarttask') return;
    node.state = startTask.failure === undefined ? 'up' : 'starttaskfailed';
  }

  // ---- gangs (9)

  #coordinated(start: number): boolean {
    const run = this.#runs.find(({ number }) => number === start);
    const { gang, id } = run?.instance ?? { gang: undefined, id: -1 };
    const instance = gang?.instances[id];
    if (run === undefined || gang === undefined || instance === undefined) return false;
    if (instance.coordinated) return false;
    instance.coordinated = true;
    const primary = must(gang.instances[0]);
    if (primary.over || primary.run.ending !== undefined) return true;
    if (!gang.instances.every(({ coordinated, over }) => coordinated && !over)) return true;
    gang.commandStarted = true;
    const sync = run.node.pool.specification.durability === 'synced' ? ' after sync' : '';
    this.effects.push(`run command of ${titleOf(run.task)} #${primary.run.number}${sync}`);
    return true;
  }

  /** All are told to end; the first to be told so decides, but for what may still be ended for good. */
  #endGang(gang: NaiveGang, ending: NaiveEnding): void {
    const { run, over } = must(gang.instances[0]);
    if (over) return;
    const before = run.ending;
    if (before === undefined || (isSoft(before) && !isSoft(ending))) run.ending = ending;
    if (before === undefined) this.#tellAll(gang, ending);
  }

  #tellAll(gang: NaiveGang, ending: NaiveEnding): void {
    for (const { run } of liveOf(gang)) {
      run.ending ??= ending;
      this.#kill(run, ending);
    }
  }

  #kill(run: NaiveRun, ending: NaiveEnding): void {
    const reason = ending === 'taskClock' || ending === 'jobClock' ? 'wallClock' : 'ended';
    this.effects.push(`kill ${runName(run)} #${run.number} (${reason})`);
  }

  /** The run of an instance is over: it exited or failed, or has gone with its node or runner. */
  #instanceEnded(
    run: NaiveRun,
    { gang, id }: NonNullable<NaiveRun['instance']>,
    exit: NaiveExit & { lost?: Why },
  ): void {
    const instance = must(gang.instances[id]);
    this.#instanceOver(run, instance, exit);
    const { over } = must(gang.instances[0]);
    if (id === 0) this.#primaryEnded(run, gang, exit);
    else if (over) return;
    else if (run.ending === 'user') this.#endGang(gang, 'user');
    else if (run.ending !== undefined) return;
    else if (exit.lost !== undefined || succeeds(exit)) {
      this.#endGang(gang, goingOn[exit.lost ?? 'lost']);
    } else {
      gang.failed ??= { id, ...failureIn(exit) };
      this.#endGang(gang, 'instanceFailed');
    }
  }

  #instanceOver(
    run: NaiveRun,
    instance: NaiveInstance,
    { lost, ...exit }: NaiveExit & { lost?: Why },
  ): void {
    this.#runs = this.#runs.filter((other) => other !== run);
    instance.over = true;
    instance.ended = this.now;
    const told = run.ending !== undefined || lost !== undefined;
    if (told && instance.coordinated) instance.exitCode = 0;
    else {
      if (exit.exitCode !== undefined) instance.exitCode = exit.exitCode;
      const failed = exit.failure !== undefined && exit.failure !== 'none';
      if (told) instance.failure = 'TaskEnded';
      else if (failed) instance.failure = must(exit.failure);
      else if (exit.exitCode === undefined) instance.failure = 'Unknown';
      else if (exit.exitCode !== 0) instance.failure = 'FailureExitCode';
    }
    const isSubtask = must(run.instance).id > 0;
    if (isSubtask && instance.failure === undefined) run.node.succeeded++;
  }

  /** With it the task ends, or goes on; what is left of the others holds its nodes until it is over. */
  #primaryEnded(run: NaiveRun, gang: NaiveGang, exit: NaiveExit & { lost?: Why }): void {
    for (const { run: other } of liveOf(gang)) {
      if (other.ending !== undefined) continue;
      other.ending = 'user';
      this.#kill(other, 'user');
    }
    const { task } = run;
    const { lost } = exit;
    if (run.ending === undefined && lost === undefined && !gang.commandStarted && !succeeds(exit)) {
      gang.failed ??= { id: 0, ...failureIn(exit) };
    }
    delete task.subtask;
    const { failed } = gang;
    if (failed !== undefined && (run.ending === undefined || run.ending === 'instanceFailed')) {
      delete run.ending;
      this.#exited(run, failed);
      delete task.exitCode;
      if (task.failure !== undefined) task.subtask = failed.id;
    } else if (run.ending === 'instanceLost') this.#lost(run);
    else if (run.ending === 'instanceDisplaced') this.#backToActive(run, front);
    else if (run.ending !== undefined) {
      this.#endConfirmed(run, gang.commandStarted ? exit.exitCode : undefined);
    } else if (lost === 'user') this.#countRequeue(run);
    else if (lost === 'displaced') this.#backToActive(run, front);
    else if (lost === 'lost' || !gang.commandStarted) this.#lost(run);
    else {
      this.#exited(run, exit);
      if (task.failure !== undefined) task.subtask = 0;
    }
  }

  /** 2.5, 3.8, ruling 2. */
  #runEnded(
    run: NaiveRun,
    exitCode: number | undefined,
    failure: FailureCode | undefined,
    detail: string | undefined,
  ): void {
    const exit = {
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(failure === undefined ? {} : { failure }),
      ...(detail === undefined ? {} : { detail }),
    };
    const isFailure = exitCode !== 0 || (failure !== undefined && failure !== 'none');
    if (run.ending === undefined && isFailure) this.#noteFailure(run.node);
    this.#noteOverdue(run);
    if (run.instance !== undefined) this.#instanceEnded(run, run.instance, exit);
    else {
      this.#runs = this.#runs.filter((other) => other !== run);
      if (run.ending !== undefined) this.#endConfirmed(run, exitCode);
      else this.#exited(run, exit);
    }
  }

  /** Its end was that of its wall clock. */
  #noteOverdue({ ending, deleting, node }: NaiveRun): void {
    if (ending === 'taskClock' && !deleting) this.#noteFailure(node);
  }

  /** The first of a minute is when those that do not count any more are forgotten, should they count again later. */
  #noteFailure(node: NaiveNode): void {
    if (!node.failures.some((time) => this.#minutesAgo(time) === 0)) {
      node.failures = this.#recentFailures(node);
    }
    node.failures.push(this.now);
  }

  /** 1.3, to the minute. */
  #recentFailures({ failures }: NaiveNode): number[] {
    const minutes = Math.ceil(this.#options.recentFailuresWindowMs / 60_000);
    return failures.filter((time) => this.#minutesAgo(time) < minutes);
  }

  #minutesAgo(time: number): number {
    return Math.floor(this.now / 60_000) - Math.floor(time / 60_000);
  }

  #exited(run: NaiveRun, { exitCode, failure, detail }: NaiveExit): void {
    const { task, node } = run;
    const failed = failure !== undefined && failure !== 'none';
    if (failed || exitCode === undefined) {
      const end: NaiveEnd = { by: 'failure', ...(exitCode === undefined ? {} : { exitCode }) };
      this.#complete(task, end, exitCode, {
        code: failed ? failure : 'Unknown',
        kind: 'scheduling',
        ...(detail === undefined ? {} : { detail }),
      });
    } else if (exitCode === 0) {
      node.succeeded++;
      this.#complete(task, { by: 'exit', exitCode }, 0, undefined);
    } else if (hasRetries(task)) {
      task.retries++;
      task.retrying = true;
      this.#backToActive(run, back);
    } else {
      this.#complete(task, { by: 'exit', exitCode }, exitCode, {
        code: 'FailureExitCode',
        category: 'usererror',
        kind: 'application',
      });
    }
  }

  /** Ruling 33: the end was asked for and is now confirmed. */
  #endConfirmed(run: NaiveRun, exitCode: number | undefined): void {
    const { task } = run;
    if (run.deleting) this.#forget(task);
    else if (run.ending === 'requeue') this.#countRequeue(run);
    else if (run.ending === 'user') {
      const failure = { code: 'TaskEnded', category: 'usererror' } as const;
      this.#complete(task, { by: 'user' }, exitCode, failure);
    } else {
      const by = run.ending === 'jobClock' ? 'jobClock' : 'taskClock';
      this.#complete(task, { by }, wallClockExitCode, {
        code: 'TaskEnded',
        category: 'servererror',
        kind: 'constraint',
      });
    }
  }

  #complete(
    task: NaiveTask,
    end: NaiveEnd,
    exitCode: number | undefined,
    failure: NaiveFailure | undefined,
  ): void {
    task.state = 'completed';
    task.since = this.now;
    task.ended = this.now;
    delete task.place;
    delete task.exitCode;
    delete task.failure;
    if (exitCode !== undefined) task.exitCode = exitCode;
    if (failure !== undefined) task.failure = failure;
    const options = naiveExitOptions(task.specification.exitConditions, end);
    task.satisfies = options.dependencyAction === 'satisfy';
    const pool = this.#pool(namedPool(task.job.specification.poolInfo));
    if (pool !== undefined && this.#jobs.includes(task.job)) {
      pool[failure === undefined ? 'succeeded' : 'failed'] += weightOf([task]);
    }
    this.#endIfAllCompleted(task.job);
    if (task.job.specification.onTaskFailure === 'performexitoptionsjobaction') {
      this.#act(task.job, options.jobAction);
    }
  }

  /** 3.7; 2.4: what falls due while the job is not active is kept if it is to terminate. */
  #act(job: NaiveJob, jobAction: string): void {
    if (jobAction === 'terminate' && isOpen(job)) {
      job.terminationDue = true;
      this.#terminateIfDue(job);
    } else if (jobAction === 'disable' && job.state === 'active') {
      this.#move(job, 'disabling');
      this.#endAll(job, 'requeue');
    }
  }

  #terminateIfDue(job: NaiveJob): void {
    if (job.state !== 'active' || !job.terminationDue) return;
    this.#move(job, 'terminating');
    job.reason = 'TaskFailed';
    this.#endAll(job, 'user');
  }

  #endIfAllCompleted(job: NaiveJob): void {
    if (job.state !== 'active' || job.specification.onAllTasksComplete === 'noaction') return;
    if (!job.tasks.every(({ state }) => state === 'completed')) return;
    this.#move(job, 'terminating');
    job.reason = 'AllTasksComplete';
  }

  /** By creation, as they will stand at the front (3.3). */
  #requeueAll(concerned: (run: NaiveRun) => boolean, why: Why): void {
    const runs = byCreation(this.#jobs, this.#runs.filter(concerned));
    for (const run of runs) this.#requeue(run, why);
  }

  #requeue(run: NaiveRun, why: Why): void {
    if (run.instance !== undefined) {
      // Another instance of it may have been concerned as well.
      if (!this.#runs.includes(run)) return;
      this.#noteOverdue(run);
      this.#instanceEnded(run, run.instance, { lost: why });
      return;
    }
    this.#noteOverdue(run);
    this.#runs = this.#runs.filter((other) => other !== run);
    if (run.ending !== undefined) this.#endConfirmed(run, undefined);
    else if (why === 'user') this.#countRequeue(run);
    else if (why === 'lost') this.#lost(run);
    else this.#backToActive(run, front);
  }

  /** 3.8 */
  #lost(run: NaiveRun): void {
    const { maxInternalRetryCount: most } = this.#options;
    if (run.task.reruns === most) {
      this.#complete(run.task, { by: 'failure' }, undefined, {
        code: 'MaxInternalRetryCountReached',
        kind: 'scheduling',
      });
      return;
    }
    if (most !== undefined) run.task.reruns++;
    this.#backToActive(run, front);
  }

  #countRequeue(run: NaiveRun): void {
    run.task.requeues++;
    run.task.lastRequeue = this.now;
    this.#backToActive(run, front);
  }

  #backToActive({ task, node }: NaiveRun, part: Part): void {
    task.state = 'active';
    task.since = this.now;
    task.avoid = node;
    // Retries of one time stand by creation, even those of different inputs.
    task.place = { part, moment: part === back ? this.now : this.#moment };
  }

  // ---- commands

  #carryOut(command: Command): NaiveResult {
    switch (command.type) {
      case 'configure':
      case 'tick':
        return {};
      case 'patchAccount':
        this.#quotas = { ...this.#quotas, ...command.patch };
        return {};
      case 'addAccount':
      case 'deleteAccount':
        throw new Error('accounts have a test of their own: accounts.test.ts');
      case 'addJobSchedule':
      case 'patchJobSchedule':
      case 'disableJobSchedule':
      case 'enableJobSchedule':
      case 'terminateJobSchedule':
      case 'deleteJobSchedule':
        throw new Error('schedules have a model of their own: naive-schedules.ts');
      case 'addApplication':
      case 'patchApplication':
      case 'deleteApplication':
      case 'addApplicationPackage':
      case 'activateApplicationPackage':
      case 'deleteApplicationPackage':
      case 'addCertificate':
      case 'deleteCertificate':
      case 'cancelCertificateDeletion':
        throw new Error('what nodes install schedules nothing');
      case 'addPool':
        return this.#addPool(command.pool);
      case 'deletePool':
        return this.#deletePool(command.poolId);
      case 'resizePool':
        return this.#withPool(command.poolId, true, (pool) =>
          pool.autoscale === undefined
            ? this.#resize(pool, command.resize)
            : { error: 'OperationNotValidOnPool' },
        );
      case 'removeNodes':
        return this.#withPool(command.poolId, true, (pool) =>
          this.#removeNodes(pool, command.removal),
        );
      case 'patchPool':
        return this.#withPool(command.poolId, false, (pool) => {
          pool.specification = { ...pool.specification, ...command.patch };
          return {};
        });
      case 'updatePoolProperties':
        return this.#withPool(command.poolId, false, (pool) => {
          const { startTask: _before, ...rest } = pool.specification;
          pool.specification = { ...rest, ...command.properties };
          return {};
        });
      case 'disableScheduling':
        return this.#withNode(command, (node) => {
          if (node.disabled) return { error: 'NodeAlreadyInTargetSchedulingState' };
          node.disabled = true;
          const option = command.nodeDisableSchedulingOption;
          if (option === 'taskcompletion') return {};
          for (const run of this.#runs.filter((one) => one.node === node)) {
            this.#end(run, option === 'requeue' ? 'requeue' : 'user');
          }
          return {};
        });
      case 'enableScheduling':
        return this.#withNode(command, (node) => {
          if (!node.disabled) return { error: 'NodeAlreadyInTargetSchedulingState' };
          node.disabled = false;
          return {};
        });
      case 'rebootNode':
        return this.#restart(command, 'reboot', command.nodeRebootOption);
      case 'reimageNode':
        return this.#restart(command, 'reimage', command.nodeReimageOption);
      case 'deallocateNode':
        return this.#withNode(command, (node) => {
          const error = refusalByState(node);
          const isIdleOrRunning =
            node.state === 'up' && (!node.disabled || this.#usedSlots(node) > 0);
          if (!isIdleOrRunning) return { error: error ?? 'NodeStateUnusable' };
          if (node.pending !== 'remove') node.pending = 'deallocate';
          this.#takeRuns([node], command.nodeDeallocateOption);
          this.#actIfEmpty(node);
          return {};
        });
      case 'startNode':
        return this.#withNode(command, (node) => {
          if (node.state !== 'deallocated') return { error: 'OperationInvalidForCurrentState' };
          node.state = 'starting';
          node.request = this.#requests++;
          this.effects.push(`get ${nameOf(node)}`);
          return {};
        });
      case 'addNodeUser':
      case 'updateNodeUser':
      case 'deleteNodeUser':
        return this.#changeUsers(command);
      case 'setOptions':
        this.#options = command.options;
        return {};
      case 'setOSVersions': {
        const { executor, osFamily, versions } = command;
        this.#versions.set(`${executor} ${osFamily}`, versions);
        for (const pool of this.#pools) this.#followNewest(pool);
        return {};
      }
      case 'upgradeOS':
        return this.#upgradeOS(command.poolId, command.targetOSVersion);
      case 'stopResize':
        return this.#withPool(command.poolId, false, (pool) => {
          if (pool.allocation !== 'resizing') return { error: 'OperationInvalidForCurrentState' };
          this.#stopDraining(pool);
          pool.allocation = 'stopping';
          return {};
        });
      case 'enableAutoScale':
        return this.#withPool(command.poolId, true, (pool) =>
          this.#enableAutoScale(pool, command.settings),
        );
      case 'disableAutoScale':
        return this.#withPool(command.poolId, false, (pool) => {
          delete pool.autoscale;
          return {};
        });
      case 'addJob':
        return this.#addJob(command.job);
      case 'addTasks':
        return this.#withOpenJob(command.jobId, (job) => this.#addTasks(job, command.tasks));
      case 'addTaskFactory':
        return this.#withOpenJob(command.jobId, (job) => {
          const tasks = factoryTasks(command.factory);
          // All or nothing; what is wrong with the template is said before what is wrong with one id.
          const error = [{ ...job, tasks: [] }, job]
            .flatMap((among) => tasks.map((task) => this.#refusal(among, task)))
            .find((code) => code !== undefined);
          if (error !== undefined) return { error };
          for (const task of tasks) this.#addTask(job, task);
          return {};
        });
      case 'patchJob':
        return this.#withOpenJob(command.jobId, (job) => {
          const { onAllTasksComplete } = command.patch;
          if (
            onAllTasksComplete === 'noaction' &&
            job.specification.onAllTasksComplete === 'terminatejob'
          ) {
            return { error: 'InvalidPropertyValue' };
          }
          const { maxParallelTasks, allowTaskPreemption, ...patch } = command.patch;
          const former = namedPool(job.specification.poolInfo);
          // What it has already is no change.
          if (patch.poolInfo !== undefined && keyOf(namedPool(patch.poolInfo)) === keyOf(former)) {
            delete patch.poolInfo;
          }
          if (patch.poolInfo !== undefined) {
            if (job.state !== 'disabled') return { error: 'OperationInvalidForCurrentState' };
            const differs = (one: string, other: string) => keyOf(one) !== keyOf(other);
            const poolId = namedPool(patch.poolInfo);
            job.formerPools = [...job.formerPools.filter((id) => differs(id, former)), former];
            job.formerPools = job.formerPools.filter((id) => differs(id, poolId));
          }
          job.specification = { ...job.specification, ...patch };
          if (allowTaskPreemption === true) job.specification.allowTaskPreemption = true;
          if (allowTaskPreemption === false) delete job.specification.allowTaskPreemption;
          if (maxParallelTasks === -1) delete job.specification.maxParallelTasks;
          else if (maxParallelTasks !== undefined) {
            job.specification.maxParallelTasks = maxParallelTasks;
          }
          return {};
        });
      case 'disableJob':
        return this.#withOpenJob(command.jobId, (job) => {
          this.#move(job, 'disabling');
          if (command.disableTasks === 'requeue') this.#endAll(job, 'requeue');
          else if (command.disableTasks === 'terminate') this.#endAll(job, 'user');
          return {};
        });
      case 'enableJob':
        return this.#withOpenJob(command.jobId, (job) => {
          if (job.state === 'active') return {};
          this.#move(job, 'enabling');
          this.#move(job, 'active');
          this.#endIfAllCompleted(job);
          this.#terminateIfDue(job);
          return {};
        });
      case 'terminateJob': {
        const going = this.#job(command.jobId);
        if (command.force === true && going?.state === 'terminating') {
          this.#completeJob(going);
          return {};
        }
        return this.#withOpenJob(command.jobId, (job) => {
          this.#move(job, 'terminating');
          job.reason = command.terminateReason ?? 'UserTerminate';
          this.#endAll(job, 'user');
          if (command.force === true) this.#completeJob(job);
          return {};
        });
      }
      case 'deleteJob': {
        const job = this.#job(command.jobId);
        if (job === undefined) return { error: 'JobNotFound' };
        if (job.state !== 'deleting') {
          this.#move(job, 'deleting');
          this.#endAll(job, 'user');
        } else if (command.force !== true) return { error: 'JobBeingDeleted' };
        if (command.force === true) this.#forgetJob(job);
        return {};
      }
      case 'updateTask':
        return this.#withTask(command, (task, state) => {
          if (state === 'completed') return { error: 'TaskCompleted' };
          task.constraints = command.constraints;
          return {};
        });
      case 'terminateTask':
        return this.#withTask(command, (task, state) => {
          if (state === 'completed') return { error: 'TaskCompleted' };
          const run = this.#runOf(task);
          if (run !== undefined) this.#end(run, 'user');
          else {
            const failure = { code: 'TaskEnded', category: 'usererror' } as const;
            this.#complete(task, { by: 'user' }, undefined, failure);
          }
          return {};
        });
      case 'reactivateTask':
        return this.#withTask(command, (task, state) => {
          if (state !== 'completed') return { error: 'TaskNotCompleted' };
          if (task.exitCode === 0) return { error: 'TaskSucceeded' };
          return this.#withOpenJob(command.jobId, () => {
            task.state = 'active';
            task.since = this.now;
            task.retries = 0;
            task.reruns = 0;
            task.retrying = false;
            delete task.ended;
            delete task.exitCode;
            delete task.failure;
            return {};
          });
        });
      case 'deleteTask':
        return this.#withTask(command, (task) => {
          const run = this.#runOf(task);
          if (run === undefined) this.#forget(task);
          else {
            for (const one of this.#runs) if (one.task === task) one.deleting = true;
            this.#end(run, 'user');
          }
          return {};
        });
    }
  }

  #addPool(specification: PoolSpecification): NaiveResult {
    if (this.#pool(specification.id) !== undefined) return { error: 'PoolExists' };
    const { targetDedicatedNodes, targetLowPriorityNodes = 0, resizeTimeoutMs } = specification;
    const target = specification.cloudServiceConfiguration?.targetOSVersion;
    if (target !== undefined) {
      if (this.#versionsOf(specification).length === 0) return { error: 'InvalidPropertyValue' };
      if (this.#resolve(specification, target) === undefined) return { error: 'OSVersionNotFound' };
    }
    if (this.#pools.length >= limit(this.#quotas.poolQuota)) return { error: 'PoolQuotaReached' };
    const pool: NaivePool = {
      specification,
      state: 'active',
      since: this.now,
      dedicated: targetDedicatedNodes,
      lowPriority: targetLowPriorityNodes,
      allocation: 'steady',
      resizeErrors: [],
      shortOf: [],
      succeeded: 0,
      failed: 0,
      nodes: [],
      ordinals: 0,
      cursors: new Map(),
    };
    if (target !== undefined) {
      pool.targetVersion = target;
      pool.currentVersion = must(this.#resolve(specification, target));
    }
    this.#pools.push(pool);
    if (specification.enableAutoScale === true) {
      const intervalMs = must(specification.autoScaleEvaluationIntervalMs);
      const autoscale = this.#follow(pool, must(specification.autoScaleFormula), intervalMs);
      this.#evaluate(pool, autoscale);
      const lacked = autoscale.run?.error === 'InsufficientSampleData';
      if (lacked && intervalMs > 300_000) autoscale.retry = this.now + 300_000;
      return {};
    }
    this.#beginResize(pool, resizeTimeoutMs);
    this.#approach(pool, 'requeue');
    return {};
  }

  // ---- formulas (6.6, 6.7)

  #follow(pool: NaivePool, formula: string, intervalMs: number): NaiveAutoscale {
    const next = this.now + intervalMs;
    const autoscale: NaiveAutoscale = { formula, intervalMs, next, samples: [] };
    pool.autoscale = autoscale;
    this.#sample(pool, autoscale);
    return autoscale;
  }

  #sample(pool: NaivePool, { samples }: NaiveAutoscale): void {
    const jobs = this.#jobs.filter(
      ({ specification }) => this.#pool(namedPool(specification.poolInfo)) === pool,
    );
    // What is ready and can still run.
    const ready = jobs
      .filter(isOpen)
      .flatMap(({ tasks }) => tasks)
      .filter((task) => isReady(task, this.now));
    samples.push({
      at: this.now,
      active: weightOf(ready),
      running: weightOf(
        jobs.flatMap(({ tasks }) => tasks.filter(({ state }) => state === 'running')),
      ),
      succeeded: pool.succeeded,
      failed: pool.failed,
    });
  }

  #fallDue(pool: NaivePool, autoscale: NaiveAutoscale): void {
    delete autoscale.retry;
    if (this.now >= autoscale.next) autoscale.next += autoscale.intervalMs;
    if (pool.allocation !== 'stopping' && pool.state !== 'upgrading') {
      this.#evaluate(pool, autoscale);
    }
  }

  #evaluate(pool: NaivePool, autoscale: NaiveAutoscale): void {
    const targets = naiveTargets(autoscale, this.now, pool);
    autoscale.run = { at: this.now };
    if (targets === undefined) autoscale.run.error = 'InsufficientSampleData';
    else if (targets.dedicated !== pool.dedicated || targets.lowPriority !== pool.lowPriority) {
      pool.dedicated = targets.dedicated;
      pool.lowPriority = targets.lowPriority;
      this.#stopDraining(pool);
      this.#beginResize(pool, undefined);
      this.#approach(pool, targets.option);
    }
  }

  #enableAutoScale(
    pool: NaivePool,
    { autoScaleFormula, autoScaleEvaluationIntervalMs: intervalMs }: AutoScaleSettings,
  ): NaiveResult {
    const { autoscale } = pool;
    if (autoscale === undefined && autoScaleFormula === undefined) {
      return { error: 'MissingRequiredProperty' };
    }
    if (autoScaleFormula === undefined && intervalMs === undefined) {
      return { error: 'InvalidAutoScalingSettings' };
    }
    if (pool.enabled !== undefined && this.now < pool.enabled + 30_000) {
      return { error: 'TooManyEnableAutoScaleRequests' };
    }
    pool.enabled = this.now;
    if (autoscale === undefined) {
      this.#follow(pool, must(autoScaleFormula), intervalMs ?? 900_000);
      return {};
    }
    autoscale.formula = autoScaleFormula ?? autoscale.formula;
    if (intervalMs !== undefined) {
      autoscale.intervalMs = intervalMs;
      autoscale.next = this.now + intervalMs;
      delete autoscale.retry;
    }
    return {};
  }

  // ---- sizes (2.1, 2.2, 3.11)

  #withPool(id: string, steady: boolean, change: (pool: NaivePool) => NaiveResult): NaiveResult {
    const pool = this.#pool(id);
    if (pool === undefined) return { error: 'PoolNotFound' };
    if (pool.state === 'deleting') return { error: 'PoolBeingDeleted' };
    if (steady && (pool.allocation !== 'steady' || pool.state === 'upgrading')) {
      return { error: 'PoolBeingResized' };
    }
    return change(pool);
  }

  #beginResize(pool: NaivePool, timeoutMs: number | undefined): void {
    pool.allocation = 'resizing';
    pool.resizeErrors = [];
    pool.shortOf = [];
    if (timeoutMs !== undefined) pool.due = this.now + timeoutMs;
  }

  /** Brings the nodes to their targets: those that leave first. */
  #approach(pool: NaivePool, option: NodeDeallocationOption): void {
    const staying = (dedicated: boolean): NaiveNode[] =>
      pool.nodes.filter((node) => node.dedicated === dedicated && node.state !== 'leavingpool');
    const targets = [pool.dedicated, pool.lowPriority];
    const kinds = [staying(true), staying(false)];
    const leaving = kinds.flatMap((nodes, kind) =>
      [...nodes]
        .sort(
          (a, b) =>
            this.#leavingClass(a) - this.#leavingClass(b) ||
            this.#usedSlots(a) - this.#usedSlots(b) ||
            b.ordinal - a.ordinal,
        )
        .slice(0, Math.max(0, nodes.length - must(targets[kind]))),
    );
    this.#takeAway(leaving, option);
    for (const [kind, nodes] of kinds.entries()) {
      for (let count = nodes.length; count < must(targets[kind]); count++) {
        if (!this.#hasRoom(kind === 0)) {
          const what =
            kind === 0 ? 'AccountCoreQuotaReached' : 'AccountLowPriorityCoreQuotaReached';
          pool.shortOf.push(what);
          break;
        }
        const node: NaiveNode = {
          pool,
          ordinal: ++pool.ordinals,
          sequence: this.#nodes++,
          dedicated: kind === 0,
          disabled: false,
          users: [],
          state: 'creating',
          request: this.#requests++,
          started: 0,
          succeeded: 0,
          failures: [],
        };
        pool.nodes.push(node);
        this.effects.push(`get ${nameOf(node)}`);
      }
    }
  }

  /** 12: a node of these histories has one core, and counts until it is gone. */
  #hasRoom(dedicated: boolean): boolean {
    const { dedicatedCoreQuota, lowPriorityCoreQuota } = this.#quotas;
    const nodes = this.#pools.flatMap((pool) => pool.nodes);
    const used = nodes.filter((node) => node.dedicated === dedicated).length;
    return used < limit(dedicated ? dedicatedCoreQuota : lowPriorityCoreQuota);
  }

  #leavingClass({ state, disabled, ...node }: NaiveNode): number {
    if (state === 'creating' || state === 'waitingforstarttask') return 1;
    if (state === 'rebooting' || state === 'reimaging') return 1;
    if (state !== 'up') return 0;
    const busy = this.#runs.some((run) => run.node.request === node.request);
    return busy ? 4 : disabled ? 2 : 3;
  }

  #withNode(
    { poolId, nodeId }: { poolId: string; nodeId: string },
    change: (node: NaiveNode) => NaiveResult,
  ): NaiveResult {
    const pool = this.#pool(poolId);
    if (pool === undefined) return { error: 'PoolNotFound' };
    const node = pool.nodes.find(({ ordinal }) => nodeId === `node-${ordinal}`);
    return node === undefined ? { error: 'NodeNotFound' } : change(node);
  }

  /** 2.2, ruling 23. */
  #restart(
    names: { poolId: string; nodeId: string },
    action: 'reboot' | 'reimage',
    option: NodeDeallocationOption,
  ): NaiveResult {
    return this.#withNode(names, (node) => {
      const error = refusalByState(node);
      if (error !== undefined) return { error };
      if (node.pending !== 'remove') node.pending = action;
      this.#takeRuns([node], option);
      this.#actIfEmpty(node);
      return {};
    });
  }

  #takeAway(nodes: NaiveNode[], option: NodeDeallocationOption): void {
    this.#takeRuns(nodes, option);
    for (const node of nodes) {
      node.pending = 'remove';
      this.#actIfEmpty(node);
    }
  }

  #takeRuns(nodes: NaiveNode[], option: NodeDeallocationOption): void {
    const concerned = (run: NaiveRun): boolean => nodes.includes(run.node);
    if (option === 'requeue') this.#requeueAll(concerned, 'user');
    if (option === 'terminate') {
      for (const run of byCreation(this.#jobs, this.#runs.filter(concerned))) {
        if (run.ending === undefined || isSoft(run.ending)) run.ending = 'user';
        this.#requeue(run, 'lost');
      }
    }
    this.#settleJobs();
  }

  #actIfEmpty(node: NaiveNode): void {
    const { pending } = node;
    if (pending === undefined || this.#usedSlots(node) > 0) return;
    if (pending !== 'remove' && node.state === 'unknown') return;
    delete node.pending;
    this.#displacedEnded((run) => run.node === node);
    if (pending === 'reboot' && isOutdated(node)) {
      this.#startAnew(node);
      return;
    }
    delete node.error;
    delete node.givenUpAt;
    delete node.startTask?.start;
    if (pending !== 'reboot') node.users = [];
    if (pending === 'deallocate') delete node.startTask;
    const states = {
      remove: 'leavingpool',
      reboot: 'rebooting',
      reimage: 'reimaging',
      deallocate: 'deallocating',
    } as const;
    node.state = states[pending];
    node.request = this.#requests++;
    const word = pending === 'remove' ? 'release' : pending;
    this.effects.push(`${word} ${nameOf(node)}`);
  }

  #resize(
    pool: NaivePool,
    { targetDedicatedNodes, targetLowPriorityNodes, ...rest }: PoolResize,
  ): NaiveResult {
    pool.dedicated = targetDedicatedNodes ?? pool.dedicated;
    pool.lowPriority = targetLowPriorityNodes ?? pool.lowPriority;
    this.#beginResize(pool, rest.resizeTimeoutMs);
    this.#approach(pool, rest.nodeDeallocationOption);
    return {};
  }

  #removeNodes(
    pool: NaivePool,
    { nodeList, resizeTimeoutMs, nodeDeallocationOption }: NodeRemoval,
  ): NaiveResult {
    const known = (id: string): boolean => pool.nodes.some((node) => id === `node-${node.ordinal}`);
    if (!nodeList.every(known)) return { error: 'NodeNotFound' };
    const nodes = nodeList
      .map((id) => must(pool.nodes.find((node) => id === `node-${node.ordinal}`)))
      .filter((node, place, all) => all.indexOf(node) === place && node.state !== 'leavingpool');
    this.#beginResize(pool, resizeTimeoutMs);
    const dedicated = nodes.filter((node) => node.dedicated).length;
    pool.dedicated = Math.max(0, pool.dedicated - dedicated);
    pool.lowPriority = Math.max(0, pool.lowPriority - (nodes.length - dedicated));
    this.#takeAway(nodes, nodeDeallocationOption);
    return {};
  }

  #stopDraining(pool: NaivePool): void {
    delete pool.due;
    for (const node of pool.nodes) if (node.pending === 'remove') delete node.pending;
  }

  #expireResize(pool: NaivePool): void {
    const creates = pool.nodes.some(({ state }) => state === 'creating');
    const leaves = pool.nodes.some(
      ({ state, pending }) => pending === 'remove' || state === 'leavingpool',
    );
    this.#endShort(pool, [
      ...(creates ? ['AllocationTimedout'] : []),
      ...(leaves ? ['RemoveNodesFailed'] : []),
    ]);
  }

  /** 13.6: as after a timeout; where it is being stopped only this node is given up. */
  #allocationFailed(node: NaiveNode, error: string): boolean {
    if (node.state !== 'creating') return false;
    if (node.pool.allocation === 'resizing') {
      this.#endShort(node.pool, [error]);
      return true;
    }
    node.pending = 'remove';
    this.#actIfEmpty(node);
    return true;
  }

  #endShort(pool: NaivePool, errors: string[]): void {
    const creating = pool.nodes.filter(({ state }) => state === 'creating');
    this.#stopDraining(pool);
    for (const node of creating) node.pending = 'remove';
    for (const node of creating) this.#actIfEmpty(node);
    pool.allocation = 'steady';
    pool.resizeErrors = [...pool.shortOf, ...errors];
    this.#followNewest(pool);
  }

  // ---- accounts on nodes (1.3)

  #changeUsers(command: UserCommand): NaiveResult {
    return this.#withNode(command, (node) => {
      const error = refusalByState(node);
      if (error !== undefined || node.state === 'unusable') {
        return { error: error ?? 'NodeStateUnusable' };
      }
      const name = command.type === 'deleteNodeUser' ? command.userName : command.user.name;
      const before = node.users.find((user) => keyOf(user.name) === keyOf(name));
      if (command.type === 'addNodeUser' && before !== undefined)
        return { error: 'NodeUserExists' };
      if (command.type !== 'addNodeUser' && before === undefined) {
        return { error: 'NodeUserNotFound' };
      }
      const users = node.users.filter((user) => user !== before);
      if (command.type !== 'deleteNodeUser') {
        const expires = command.user.expiryTimeMs ?? this.now + 86_400_000;
        if (expires <= this.now) return { error: 'InvalidPropertyValue' };
        users.push({ name: before?.name ?? name, expires });
      }
      this.#setUsers(node, users);
      return {};
    });
  }

  #setUsers(node: NaiveNode, users: NaiveNode['users']): void {
    node.users = users;
    this.effects.push(`users of ${nameOf(node)}: ${users.map(({ name }) => name).join(', ')}`);
  }

  // ---- OS versions (2.1, ruling 12)

  #versionsOf({ executor, cloudServiceConfiguration }: PoolSpecification): string[] {
    return this.#versions.get(`${executor} ${cloudServiceConfiguration?.osFamily}`) ?? [];
  }

  #resolve(specification: PoolSpecification, target: string): string | undefined {
    const versions = this.#versionsOf(specification);
    return target === '*' ? versions.at(-1) : versions.find((version) => version === target);
  }

  #upgradeOS(id: string, target: string): NaiveResult {
    return this.#withPool(id, false, (pool) => {
      if (pool.targetVersion === undefined) return { error: 'PoolNotEligibleForOSVersionUpgrade' };
      if (pool.state === 'upgrading') return { error: 'UpgradePoolVersionConflict' };
      if (pool.allocation !== 'steady') return { error: 'PoolBeingResized' };
      const version = this.#resolve(pool.specification, target);
      if (version === undefined) return { error: 'OSVersionNotFound' };
      if (target === pool.targetVersion) return { error: 'PoolVersionEqualsUpgradeVersion' };
      pool.targetVersion = target;
      this.#upgrade(pool, version);
      return {};
    });
  }

  #followNewest(pool: NaivePool): void {
    if (pool.targetVersion !== '*' || pool.state !== 'active' || pool.allocation !== 'steady')
      return;
    const version = this.#resolve(pool.specification, '*');
    if (version !== undefined && version !== pool.currentVersion) this.#upgrade(pool, version);
  }

  #upgrade(pool: NaivePool, version: string): void {
    pool.state = 'upgrading';
    pool.since = this.now;
    pool.nextVersion = version;
    if (version !== pool.currentVersion) {
      const up = pool.nodes.filter(
        ({ state }) =>
          state !== 'preempted' && state !== 'unknown' && state !== 'starting' && !isAway(state),
      );
      for (const node of up) delete node.pending;
      this.#requeueAll((run) => up.includes(run.node), 'displaced');
      this.#settleJobs();
      for (const node of up) this.#startAnew(node);
      for (const node of pool.nodes) {
        if (node.state !== 'preempted' && node.state !== 'starting') continue;
        node.request = this.#requests++;
        this.effects.push(`get ${nameOf(node)}`);
      }
    }
    this.#settleUpgrades();
  }

  #startAnew(node: NaiveNode): void {
    node.users = [];
    delete node.givenUpAt;
    this.#displacedEnded((run) => run.node === node);
    delete node.pending;
    delete node.error;
    delete node.startTask?.start;
    node.state = 'reimaging';
    node.request = this.#requests++;
    this.effects.push(`reimage ${nameOf(node)}`);
  }

  #settleUpgrades(): void {
    for (const pool of this.#pools) {
      if (pool.state !== 'upgrading') continue;
      if (pool.nodes.some(({ state }) => state === 'reimaging')) continue;
      pool.currentVersion = must(pool.nextVersion);
      delete pool.nextVersion;
      pool.state = 'active';
      pool.since = this.now;
      this.#followNewest(pool);
    }
  }

  /** Nodes that have run dry leave, and resizes that wait for nothing are over. */
  #settleSizes(): void {
    for (const pool of this.#pools) {
      for (const node of pool.nodes) this.#actIfEmpty(node);
      if (pool.allocation === 'steady') continue;
      const waits = ({ state, pending }: NaiveNode): boolean =>
        pending === 'remove' || state === 'creating' || state === 'leavingpool';
      if (pool.nodes.some(waits)) continue;
      pool.resizeErrors = pool.allocation === 'stopping' ? ['ResizeStopped'] : pool.shortOf;
      pool.allocation = 'steady';
      delete pool.due;
      this.#followNewest(pool);
    }
  }

  /** 2.1: requeue, then every node goes. */
  #deletePool(id: string): NaiveResult {
    const pool = this.#pool(id);
    if (pool === undefined) return { error: 'PoolNotFound' };
    if (pool.state === 'deleting') return { error: 'PoolBeingDeleted' };
    pool.state = 'deleting';
    pool.since = this.now;
    delete pool.nextVersion;
    delete pool.autoscale;
    this.#stopDraining(pool);
    for (const node of pool.nodes) delete node.pending;
    this.#beginResize(pool, undefined);
    pool.dedicated = 0;
    pool.lowPriority = 0;
    this.#takeAway(
      pool.nodes.filter(({ state }) => state !== 'leavingpool'),
      'requeue',
    );
    return {};
  }

  #addJob(specification: JobSpecification): NaiveResult {
    if (this.#job(specification.id) !== undefined) return { error: 'JobExists' };
    const active = this.#jobs.filter(({ ended }) => ended === undefined).length;
    if (active >= limit(this.#quotas.activeJobAndJobScheduleQuota)) {
      return { error: 'ActiveJobAndScheduleQuotaReached' };
    }
    this.#jobs.push({
      sequence: this.#sequence++,
      specification,
      created: this.now,
      state: 'active',
      since: this.now,
      tasks: [],
      terminationDue: false,
      formerPools: [],
    });
    return {};
  }

  #addTasks(job: NaiveJob, tasks: TaskSpecification[]): NaiveResult {
    const refused: { index: number; code: string }[] = [];
    for (const [index, task] of tasks.entries()) {
      const code = this.#refusal(job, task);
      if (code === undefined) this.#addTask(job, task);
      else refused.push({ index, code });
    }
    return { refused };
  }

  #refusal(job: NaiveJob, task: TaskSpecification): string | undefined {
    const { onTaskFailure, usesTaskDependencies } = job.specification;
    if (taskOf(job, task.id) !== undefined) return 'TaskExists';
    if (task.dependsOn !== undefined && !usesTaskDependencies) {
      return 'TaskDependenciesNotSpecifiedOnJob';
    }
    const said = JSON.stringify(task.exitConditions ?? {});
    if (said.includes('"jobAction"') && onTaskFailure === undefined) return 'InvalidPropertyValue';
    if (said.includes('"dependencyAction"') && !usesTaskDependencies) return 'InvalidPropertyValue';
    return undefined;
  }

  #addTask(job: NaiveJob, specification: TaskSpecification): void {
    const { dependsOn } = specification;
    job.tasks.push({
      sequence: this.#sequence++,
      job,
      specification,
      constraints: specification.constraints,
      created: this.now,
      state: 'active',
      since: this.now,
      missingIds: new Set(dependsOn?.taskIds.map(keyOf)),
      missingIntegers: new Set(dependsOn === undefined ? [] : integersOf(dependsOn)),
      retrying: false,
      retries: 0,
      reruns: 0,
      requeues: 0,
      satisfies: false,
    });
  }

  #forget(task: NaiveTask): void {
    task.job.tasks = task.job.tasks.filter((other) => other !== task);
    const { lastNode, job, specification } = task;
    if (lastNode === undefined || !this.#jobs.includes(job)) return;
    const poolId = lastNode.pool.specification.id;
    this.effects.push(`remove ${job.specification.id}/${specification.id} in ${poolId}`);
  }

  #end(run: NaiveRun, ending: NaiveEnding): void {
    if (run.instance !== undefined) {
      this.#endGang(run.instance.gang, ending);
      return;
    }
    if (run.ending === 'requeue') run.ending = ending;
    if (run.ending !== undefined) return;
    run.ending = ending;
    this.#kill(run, ending);
  }

  #endAll(job: NaiveJob, ending: NaiveEnding): void {
    for (const run of this.#runs) if (run.task.job === job) this.#end(run, ending);
  }

  // ---- what follows by itself

  #settle(): void {
    this.#settleDependencies();
    this.#settleJobs();
    this.#settleSizes();
    // What was displaced on a node that has started again, or left, is over.
    this.#settleJobs();
    this.#settleUpgrades();
    this.#pools = this.#pools.filter((pool) => pool.state !== 'deleting' || pool.nodes.length > 0);
    for (const pool of this.#pools) while (this.#displaceOne(pool) || this.#placeOne(pool));
  }

  /** 3.5, ruling 15 (d): makes room for the first task that can be placed so. */
  #displaceOne(pool: NaivePool): boolean {
    if (pool.state === 'deleting') return false;
    const fits = this.#firstThatFitsAny(pool)?.job.specification.priority ?? -Infinity;
    for (const job of this.#inOrder(pool)) {
      if (job.specification.priority <= fits) return false;
      const rooms = pool.nodes.map((node) => ({ node, runs: this.#lower(node, job) }));
      for (const task of this.#queueOf(job)) {
        const { requiredSlots } = task.specification;
        const needed = instancesOf(task.specification);
        if (needed > 0) {
          const going = this.#displacedForGang(pool, job, needed);
          if (going === undefined) continue;
          this.#moment++;
          for (const run of byCreation(this.#jobs, going)) this.#displace(run);
          return true;
        }
        const costs = rooms.flatMap(({ node, runs }) => {
          if (node.state !== 'up' || node.disabled || node.pending !== undefined) return [];
          for (let count = 0; count <= runs.length; count++) {
            const gone = runs.slice(0, count);
            const room = gone.reduce((sum, run) => sum + slotsOf(run), this.#freeSlots(node));
            if (room >= requiredSlots) return [{ ordinal: node.ordinal, gone }];
          }
          return [];
        });
        const [cheapest] = costs.sort(
          (a, b) => a.gone.length - b.gone.length || a.ordinal - b.ordinal,
        );
        if (cheapest === undefined) continue;
        this.#moment++;
        for (const run of byCreation(this.#jobs, cheapest.gone)) this.#displace(run);
        return true;
      }
    }
    return false;
  }

  #displace(run: NaiveRun): void {
    const { gang } = run.instance ?? {};
    const instances = gang === undefined ? [] : liveOf(gang);
    for (const one of gang === undefined ? [run] : instances.map((each) => each.run)) {
      this.#kill(one, 'user');
      this.#displaced.push(one);
    }
    if (gang === undefined) {
      this.#requeue(run, 'displaced');
      return;
    }
    for (const instance of instances) this.#instanceOver(instance.run, instance, { lost: 'lost' });
    this.#backToActive(must(gang.instances[0]).run, front);
  }

  /** All nodes or none: those that are free, then the lowest; of each gang that is displaced all nodes are free. */
  #displacedForGang(pool: NaivePool, job: NaiveJob, needed: number): NaiveRun[] | undefined {
    if (!takesGangs(pool)) return undefined;
    const taking = pool.nodes.filter(takesTasks);
    const going: NaiveRun[] = [];
    const isGoing = (run: NaiveRun): boolean =>
      going.some(
        (one) => one === run || (one.instance && one.instance.gang === run.instance?.gang),
      );
    const room = (): number =>
      taking.filter((node) => this.#runs.every((run) => run.node !== node || isGoing(run))).length;
    for (const node of taking) {
      if (room() >= needed) break;
      const [run] = this.#lower(node, job);
      if (run !== undefined && !isGoing(run)) going.push(run);
    }
    return room() >= needed ? going : undefined;
  }

  /** What may be displaced from the node for a task of this job, what goes first first. */
  #lower(node: NaiveNode, { specification: { priority } }: NaiveJob): NaiveRun[] {
    return this.#runs
      .filter((run) => run.node === node && run.ending === undefined)
      .filter(({ task }) => task.job.specification.allowTaskPreemption === true)
      .filter(({ task }) => task.job.specification.priority < priority)
      .sort(
        ({ task: a, started: startedA }, { task: b, started: startedB }) =>
          a.job.specification.priority - b.job.specification.priority ||
          startedB - startedA ||
          b.created - a.created ||
          b.job.sequence - a.job.sequence ||
          b.sequence - a.sequence,
      );
  }

  #displacedEnded(concerned: (run: NaiveRun) => boolean): boolean {
    const before = this.#displaced.length;
    this.#displaced = this.#displaced.filter((run) => !concerned(run));
    return this.#displaced.length < before;
  }

  /** 3.6; what is satisfied once stays so (ruling 32), so only what is missing is looked at. */
  #settleDependencies(): void {
    for (const job of this.#jobs) {
      const satisfied = job.tasks.filter(
        ({ state, satisfies }) => state === 'completed' && satisfies,
      );
      for (const task of job.tasks) {
        for (const { specification } of satisfied) {
          task.missingIds.delete(keyOf(specification.id));
          if (/^\d+$/.test(specification.id)) {
            task.missingIntegers.delete(Number(specification.id));
          }
        }
        if (task.state !== 'active' || task.place !== undefined) continue;
        if (task.missingIds.size + task.missingIntegers.size > 0) continue;
        task.place = { part: middle, moment: this.#moment };
      }
    }
  }

  /** 2.4, 3.10. */
  #settleJobs(): void {
    for (const job of this.#jobs) {
      this.#endIfAllCompleted(job);
      if ([...this.#runs, ...this.#displaced].some((run) => run.task.job === job)) continue;
      if (job.state === 'disabling') this.#move(job, 'disabled');
      else if (job.state === 'terminating') this.#completeJob(job);
      else if (job.state === 'deleting') this.#forgetJob(job);
    }
  }

  #completeJob(job: NaiveJob): void {
    this.#move(job, 'completed');
    job.ended = this.now;
  }

  /** What still runs of it keeps its slots (`force`, 2.4). */
  #forgetJob(job: NaiveJob): void {
    const { id, poolInfo } = job.specification;
    for (const named of [...job.formerPools, namedPool(poolInfo)]) {
      const poolId = this.#pool(named)?.specification.id ?? named;
      this.effects.push(`remove ${id} in ${poolId}`);
    }
    this.#jobs = this.#jobs.filter((other) => other !== job);
  }

  /** 3.1 to 3.4. False: nothing that is ready fits. */
  #placeOne(pool: NaivePool): boolean {
    if (pool.state === 'deleting') return false;
    const next = this.#firstThatFitsAny(pool);
    if (next === undefined) return false;
    pool.cursors.set(next.job.specification.priority, next.job.sequence);
    this.#start(next.task, pool);
    return true;
  }

  #firstThatFitsAny(pool: NaivePool): { job: NaiveJob; task: NaiveTask } | undefined {
    const [first] = this.#inOrder(pool).flatMap((job) => {
      const task = this.#firstThatFits(job, pool);
      return task === undefined ? [] : [{ job, task }];
    });
    return first;
  }

  /** Jobs that may start a task here: higher priorities first, of equal ones the first after the one served last. */
  #inOrder(pool: NaivePool): NaiveJob[] {
    const byCreation = pool.specification.taskSchedulingPolicy.jobDefaultOrder === 'creationtime';
    const turn = ({ sequence, specification: { priority } }: NaiveJob): number => {
      const last = byCreation ? -1 : (pool.cursors.get(priority) ?? -1);
      return sequence > last ? 0 : 1;
    };
    return this.#jobs
      .filter(
        (job) =>
          job.state === 'active' && this.#pool(namedPool(job.specification.poolInfo)) === pool,
      )
      .filter((job) => this.#mayStartAnother(job))
      .sort(
        (a, b) =>
          b.specification.priority - a.specification.priority ||
          turn(a) - turn(b) ||
          a.sequence - b.sequence,
      );
  }

  #mayStartAnother(job: NaiveJob): boolean {
    const running = job.tasks.filter(({ state }) => state === 'running').length;
    return running < (job.specification.maxParallelTasks ?? Infinity);
  }

  #firstThatFits(job: NaiveJob, pool: NaivePool): NaiveTask | undefined {
    return this.#queueOf(job).find((task) => {
      const needed = instancesOf(task.specification);
      if (needed > 0 && !takesGangs(pool)) return false;
      return this.#roomyNodes(pool, task).length >= Math.max(1, needed);
    });
  }

  /** 3.3. */
  #queueOf({ tasks }: NaiveJob): NaiveTask[] {
    return tasks
      .filter((task) => isReady(task, this.now))
      .sort(
        (a, b) => orderIn(a) - orderIn(b) || momentOf(a) - momentOf(b) || a.sequence - b.sequence,
      );
  }

  /** The ids, and the integers of ranges, that a task still waits for. */
  waitsFor(jobId: string, taskId: string): { ids: Set<string>; integers: Set<number> } {
    const { tasks } = must(this.#job(jobId));
    const task = must(tasks.find(({ specification }) => specification.id === taskId));
    return { ids: task.missingIds, integers: task.missingIntegers };
  }

  /** The ready tasks of the job that stand before a ready one and need no more slots. */
  standingBefore(jobId: string, taskId: string): string[] {
    const queue = this.#queueOf(must(this.#job(jobId)));
    const at = queue.findIndex(({ specification }) => specification.id === taskId);
    const { specification: own, job } = must(queue[at]);
    const pool = this.#pool(namedPool(job.specification.poolInfo));
    const gangs = pool !== undefined && takesGangs(pool);
    return queue
      .slice(0, at)
      .filter(({ specification }) => specification.requiredSlots <= own.requiredSlots)
      .filter(({ specification }) => {
        const instances = instancesOf(specification);
        if (instances === 0 || instances === instancesOf(own)) return true;
        return gangs && instances <= Math.max(1, instancesOf(own));
      })
      .map(({ specification }) => specification.id);
  }

  #roomyNodes(pool: NaivePool, { specification }: NaiveTask): NaiveNode[] {
    return pool.nodes.filter(
      (node) => takesTasks(node) && this.#freeSlots(node) >= specification.requiredSlots,
    );
  }

  #usedSlots(node: NaiveNode): number {
    return this.#runs
      .filter((run) => run.node === node)
      .reduce((sum, { task }) => sum + task.specification.requiredSlots, 0);
  }

  #freeSlots(node: NaiveNode): number {
    return node.pool.specification.taskSlotsPerNode - this.#usedSlots(node);
  }

  #start(task: NaiveTask, pool: NaivePool): void {
    const roomy = this.#roomyNodes(pool, task);
    if (instancesOf(task.specification) > 0) {
      this.#startGang(task, roomy);
      return;
    }
    const others = roomy.filter((node) => node !== task.avoid);
    const eligible = others.length > 0 ? others : roomy;
    const affinityId = task.specification.affinityInfo?.affinityId.toLowerCase();
    const wanted = eligible.filter(({ ordinal }) => `tvm:node-${ordinal}` === affinityId);
    const sign = pool.specification.taskSchedulingPolicy.nodeFillType === 'spread' ? 1 : -1;
    const [node] = (wanted.length > 0 ? wanted : eligible).sort(
      (a, b) => sign * (this.#usedSlots(a) - this.#usedSlots(b)) || a.ordinal - b.ordinal,
    );
    const run: NaiveRun = {
      number: this.#starts++,
      task,
      node: must(node),
      started: this.now,
      deleting: false,
    };
    this.#started(run);
    this.#runs.push(run);
    run.node.started++;
    this.#tellStart(run);
  }

  #tellStart(run: NaiveRun): void {
    const sync = run.node.pool.specification.durability === 'synced' ? ' after sync' : '';
    this.effects.push(`start ${runName(run)} #${run.number} on ${nameOf(run.node)}${sync}`);
  }

  #started({ task, node }: NaiveRun): void {
    task.state = 'running';
    task.since = this.now;
    task.started = this.now;
    task.lastNode = node;
    if (task.retrying) task.lastRetry = this.now;
    task.retrying = false;
    delete task.avoid;
    delete task.place;
  }

  /** The primary where the task wants to be, if that is free; the others on the lowest. */
  #startGang(task: NaiveTask, free: NaiveNode[]): void {
    const affinityId = task.specification.affinityInfo?.affinityId.toLowerCase();
    const isWanted = ({ ordinal }: NaiveNode): boolean => `tvm:node-${ordinal}` === affinityId;
    const nodes = [...free.filter(isWanted), ...free.filter((node) => !isWanted(node))];
    const gang: NaiveGang = { instances: [], started: this.now, commandStarted: false };
    for (let id = 0; id < instancesOf(task.specification); id++) {
      const run: NaiveRun = {
        number: this.#starts++,
        task,
        node: must(nodes[id]),
        started: this.now,
        deleting: false,
        instance: { gang, id },
      };
      gang.instances.push({ run, over: false, coordinated: false });
      if (id === 0) this.#started(run);
      this.#runs.push(run);
      run.node.started++;
      this.#tellStart(run);
    }
    task.gang = gang;
    delete task.subtask;
  }

  // ---- finding

  #pool(id: string): NaivePool | undefined {
    return this.#pools.find((pool) => keyOf(pool.specification.id) === keyOf(id));
  }

  #job(id: string): NaiveJob | undefined {
    return this.#jobs.find((job) => keyOf(job.specification.id) === keyOf(id));
  }

  #runOf(task: NaiveTask): NaiveRun | undefined {
    if (task.state !== 'running') return undefined;
    return this.#runs.find(
      (run) =>
        run.task === task &&
        (run.instance === undefined || (run.instance.id === 0 && run.instance.gang === task.gang)),
    );
  }

  #withOpenJob(id: string, change: (job: NaiveJob) => NaiveResult): NaiveResult {
    const job = this.#job(id);
    if (job === undefined) return { error: 'JobNotFound' };
    if (isOpen(job)) return change(job);
    switch (job.state) {
      case 'terminating':
        return { error: 'JobBeingTerminated' };
      case 'completed':
        return { error: 'JobCompleted' };
      default:
        return { error: 'JobBeingDeleted' };
    }
  }

  #withTask(
    { jobId, taskId }: { jobId: string; taskId: string },
    change: (task: NaiveTask, state: NaiveTask['state']) => NaiveResult,
  ): NaiveResult {
    const job = this.#job(jobId);
    if (job === undefined) return { error: 'JobNotFound' };
    const task = taskOf(job, taskId);
    if (task === undefined) return { error: 'TaskNotFound' };
    return change(task, stateOf(task));
  }

  // ---- what is to be seen

  /** The whole state, in the shape of {@link engineView}. */
  view(): unknown {
    return {
      now: this.now,
      ignored: this.ignored,
      nextDeadline: this.nextDeadline,
      pools: this.#pools.map((pool) => ({
        id: pool.specification.id,
        state: pool.state,
        since: isoTime(pool.since),
        allocation: pool.allocation,
        version: [pool.targetVersion, pool.currentVersion],
        targets: [pool.dedicated, pool.lowPriority],
        resizeErrors: pool.resizeErrors,
        evaluated: pool.autoscale?.run && [
          isoTime(pool.autoscale.run.at),
          pool.autoscale.run.error,
        ],
        nodes: pool.nodes.map((node) => this.#viewNode(node)),
      })),
      jobs: this.#jobs.map((job) => this.#viewJob(job)),
    };
  }

  #viewNode(node: NaiveNode): unknown {
    const runs = this.#runs.filter((run) => run.node === node).length;
    return {
      id: `node-${node.ordinal}`,
      dedicated: node.dedicated,
      state:
        node.state !== 'up'
          ? node.state
          : runs > 0
            ? 'running'
            : node.disabled
              ? 'offline'
              : 'idle',
      scheduling: node.disabled ? 'disabled' : 'enabled',
      error: node.error,
      startTask: node.startTask && viewStartTask(node.startTask),
      tasks: runs,
      slots: this.#usedSlots(node),
      started: node.started,
      succeeded: node.succeeded,
      failures: this.#recentFailures(node).length,
    };
  }

  #viewJob(job: NaiveJob): unknown {
    const { tasks, specification, state } = job;
    return {
      id: specification.id,
      state,
      since: isoTime(job.since),
      previous: job.previous,
      priority: specification.priority,
      onAllTasksComplete: specification.onAllTasksComplete,
      reason: job.ended === undefined ? undefined : job.reason,
      ended: isoTime(job.ended),
      counts: countsOf(tasks, () => 1),
      slots: countsOf(tasks, (task) => task.specification.requiredSlots),
      ready: isOpen(job) ? tasks.filter((task) => isReady(task, this.now)).length : 0,
      tasks: tasks.map(viewTask),
    };
  }
}

function byCreation(jobs: readonly NaiveJob[], runs: readonly NaiveRun[]): NaiveRun[] {
  return [...runs].sort(
    ({ task: a }, { task: b }) =>
      jobs.indexOf(a.job) - jobs.indexOf(b.job) || a.sequence - b.sequence,
  );
}

function slotsOf({ task }: NaiveRun): number {
  return task.specification.requiredSlots;
}

/** 3.1. */
function takesTasks({ state, disabled, pending }: NaiveNode): boolean {
  return state === 'up' && !disabled && pending === undefined;
}

/** 9, rule 1. */
function takesGangs({ specification, state }: NaivePool): boolean {
  const { enableInterNodeCommunication, taskSlotsPerNode } = specification;
  return state !== 'deleting' && enableInterNodeCommunication === true && taskSlotsPerNode === 1;
}

/** The task goes on, unless somebody ends it for good before that is confirmed. */
function isSoft(ending: NaiveEnding): boolean {
  return ending === 'instanceFailed' || Object.values<NaiveEnding>(goingOn).includes(ending);
}

/** Ruling 34. */
function weightOf(tasks: readonly NaiveTask[]): number {
  return tasks.reduce((sum, task) => sum + Math.max(1, instancesOf(task.specification)), 0);
}

function runName({ task, instance }: NaiveRun): string {
  return instance === undefined ? titleOf(task) : `${titleOf(task)}.${instance.id}`;
}

function versionOf({ nextVersion, currentVersion }: NaivePool): string | undefined {
  return nextVersion ?? currentVersion;
}

/** It was away while its pool changed its version. */
function isOutdated({ pool, version }: NaiveNode): boolean {
  return version !== undefined && version !== versionOf(pool);
}

function isAway(state: NaiveNodeState): boolean {
  return state === 'deallocating' || state === 'deallocated' || state === 'leavingpool';
}

/** 2.2: why nothing can be asked of a node in its state. */
function refusalByState({ state }: NaiveNode): string | undefined {
  switch (state) {
    case 'up':
    case 'starttaskfailed':
    case 'unusable':
      return undefined;
    case 'creating':
      return 'NodeBeingCreated';
    case 'starting':
    case 'waitingforstarttask':
      return 'NodeBeingStarted';
    case 'rebooting':
      return 'NodeBeingRebooted';
    case 'reimaging':
      return 'NodeBeingReimaged';
    default:
      return 'NodeStateUnusable';
  }
}

/** 2.4: it takes tasks, and what waits keeps its place. */
function isOpen({ state }: NaiveJob): boolean {
  return state !== 'terminating' && state !== 'completed' && state !== 'deleting';
}

function viewStartTask(startTask: NaiveStartTask): unknown {
  const { completed, failure, exitCode, retries } = startTask;
  return {
    state: completed ? 'completed' : 'running',
    started: isoTime(startTask.started),
    ended: isoTime(startTask.ended),
    exitCode,
    failure,
    result: completed ? (failure === undefined ? 'success' : 'failure') : undefined,
    retries,
    lastRetry: isoTime(startTask.lastRetry),
  };
}

/** 3.8. */
function hasRetries({ constraints, job, retries }: NaiveTask): boolean {
  const most = constraints.maxTaskRetryCount ?? job.specification.constraints.maxTaskRetryCount;
  return most === -1 || retries < most;
}

/** Ruling 4: when the job's wall clock has expired, what had not ended reads as ended then. */
function hasExpired({ job, state }: NaiveTask): boolean {
  return job.expired !== undefined && state === 'active';
}

function stateOf(task: NaiveTask): NaiveTask['state'] {
  return hasExpired(task) ? 'completed' : task.state;
}

function viewTask(task: NaiveTask): unknown {
  const expired = hasExpired(task);
  const state = stateOf(task);
  const failure: NaiveFailure | undefined = expired
    ? { code: 'TaskEnded', category: 'servererror', kind: 'constraint' }
    : task.failure;
  const completed = state === 'completed';
  const expiredExitCode = task.started === undefined ? undefined : wallClockExitCode;
  return {
    id: task.specification.id,
    state,
    result: completed ? (failure === undefined ? 'success' : 'failure') : undefined,
    commandLine: task.specification.commandLine,
    created: isoTime(task.created),
    since: isoTime(expired ? task.job.expired : task.since),
    started: isoTime(task.started),
    ended: isoTime(expired ? task.job.expired : task.ended),
    exitCode: expired ? expiredExitCode : task.exitCode,
    failure: failure?.code,
    // Categories of reported codes are a table that the engine's own tests check.
    category: failure?.kind === 'scheduling' ? undefined : failure?.category,
    kind: failure?.kind,
    schedulingError: failure === undefined ? false : failure.kind !== 'application',
    detail: failure?.detail,
    subtask: failure === undefined || failure.code === 'TaskEnded' ? undefined : task.subtask,
    subtasks: viewSubtasks(task),
    retries: task.retries,
    requeues: task.requeues,
    lastRetry: isoTime(task.lastRetry),
    lastRequeue: isoTime(task.lastRequeue),
    constraints: task.constraints,
    node: state === 'active' || task.lastNode === undefined ? undefined : nameOf(task.lastNode),
  };
}

function viewSubtasks({ gang }: NaiveTask): unknown {
  return (gang?.instances ?? []).slice(1).map((instance, index) => ({
    id: index + 1,
    node: nameOf(instance.run.node),
    state: instance.over ? 'completed' : 'running',
    started: isoTime(gang?.started),
    ended: isoTime(instance.ended),
    exitCode: instance.coordinated ? (instance.exitCode ?? 0) : instance.exitCode,
    failure: instance.failure,
  }));
}

function countsOf(tasks: NaiveTask[], weight: (task: NaiveTask) => number): unknown {
  const sum = (some: (task: NaiveTask) => boolean) =>
    tasks.filter(some).reduce((total, task) => total + weight(task), 0);
  const failed = (task: NaiveTask) => hasExpired(task) || task.failure !== undefined;
  return {
    active: sum((task) => stateOf(task) === 'active'),
    running: sum((task) => stateOf(task) === 'running'),
    completed: sum((task) => stateOf(task) === 'completed'),
    succeeded: sum((task) => stateOf(task) === 'completed' && !failed(task)),
    failed: sum((task) => stateOf(task) === 'completed' && failed(task)),
  };
}

function taskOf(job: NaiveJob, id: string): NaiveTask | undefined {
  return job.tasks.find((task) => keyOf(task.specification.id) === keyOf(id));
}

function integersOf({ taskIdRanges }: TaskDependencies): number[] {
  const integers: number[] = [];
  for (const { start, end } of taskIdRanges) {
    for (let integer = start; integer <= end; integer++) integers.push(integer);
  }
  return integers;
}

/** 3.1, rule 1; ruling 19. */
function isReady({ state, place, created }: NaiveTask, now: number): boolean {
  return state === 'active' && place !== undefined && now - created < 180 * 86_400_000;
}

function orderIn({ place }: NaiveTask): number {
  return must(place).part;
}

function momentOf({ place }: NaiveTask): number {
  return must(place).moment;
}

function keyOf(id: string): string {
  return id.toLowerCase();
}

function nameOf({ pool, ordinal }: NaiveNode): string {
  return `${pool.specification.id}/node-${ordinal}`;
}

function titleOf({ job, specification }: NaiveTask): string {
  return `${job.specification.id}/${specification.id}`;
}

function isoTime(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();
}
