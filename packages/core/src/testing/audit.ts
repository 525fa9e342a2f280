import type { Applied, Engine, JobSpecification, Report, TaskView } from '../index.ts';
import { ReportKind } from '../index.ts';
import type { Input, KnownNode, KnownRun, Ledger } from './ledger.ts';
import { must } from './must.ts';
import { namedPool } from './named-pool.ts';
import type { Recording, Watcher } from './recording.ts';
import { applyTo } from './recording.ts';

/**
 * What must hold of every history, said of effects, events and queries alone: no slot taken twice, no
 * dependency broken, no priority inverted, no task lost, no run started twice.
 */
export class Audit {
  /** Ids of tasks that have ever succeeded, or ended in a way that may satisfy as well, by job. */
  readonly #satisfying = new Map<string, Set<string>>();
  /** Tasks added less tasks gone, by job. */
  readonly #expected = new Map<string, number>();

  observe(input: Input, applied: Applied, lines: string[], { engine, ledger }: Recording): void {
    this.#count(input, applied, engine);
    this.#checkStarts(lines, engine, ledger);
    for (const { id } of engine.queries.jobs()) {
      const tasks = must(engine.queries.tasks(id)).tasks.length;
      if (tasks !== (this.#expected.get(id.toLowerCase()) ?? 0))
        throw new Error(`job ${id} has ${tasks} tasks`);
    }
  }

  #count(input: Input, { events, results }: Applied, { queries }: Engine): void {
    if ('command' in input && results[0]?.error === undefined) {
      const { command } = input;
      if (command.type === 'addJob' && command.job.jobManagerTask !== undefined) {
        this.#add(command.job.id, 1);
      } else if (command.type === 'addTasks') {
        this.#add(command.jobId, command.tasks.length - (results[0]?.refused?.length ?? 0));
      } else if (command.type === 'addTaskFactory') {
        const counts = command.factory.parameterSets.map(
          ({ start, end, step }) => Math.floor((end - start) / step) + 1,
        );
        this.#add(
          command.jobId,
          counts.reduce((product, count) => product * count, 1),
        );
      }
    }
    for (const event of events) {
      if (event.entity === 'job' && event.to === 'gone') {
        this.#expected.delete(event.jobId.toLowerCase());
        this.#satisfying.delete(event.jobId);
      }
      if (event.entity !== 'task' || queries.job(event.jobId) === undefined) continue;
      if (event.to === 'gone') this.#add(event.jobId, -1);
      if (event.result === undefined) continue;
      const task = queries.task(event.jobId, event.taskId);
      const maySatisfy = JSON.stringify(task?.exitConditions ?? {}).includes('"satisfy"');
      if (event.result === 'failure' && !maySatisfy) continue;
      const ids = this.#satisfying.get(event.jobId) ?? new Set();
      this.#satisfying.set(event.jobId, ids.add(event.taskId.toLowerCase()));
    }
  }

  #add(jobId: string, count: number): void {
    const key = jobId.toLowerCase();
    this.#expected.set(key, (this.#expected.get(key) ?? 0) + count);
  }

  /** From the last start of the input back to the first, so that the room at each moment is known. */
  #checkStarts(lines: string[], engine: Engine, ledger: Ledger): void {
    const starts = lines.flatMap((line) => /^start .* #(\d+) on/.exec(line)?.[1] ?? []);
    const free = new Map(ledger.nodes.map((node) => [node.number, freeSlots(engine, node)]));
    const waiting = readyWithoutDependencies(engine);
    for (const start of starts.reverse()) {
      const run = must(ledger.runs[Number(start)]);
      const [jobId = '', taskId = ''] = run.title.split('/');
      const task = must(engine.queries.task(jobId, taskId));
      const job = must(engine.queries.job(jobId));
      const left = must(free.get(run.node));
      if (left < 0) throw new Error(`no room for ${run.title}`);
      // One that was displaced may not be gone yet.
      const alive = ledger.live.filter(
        ({ title, instance, is }) =>
          title === run.title && instance === run.instance && is === 'running',
      );
      if (alive.length > 1) {
        throw new Error(`${run.title} runs twice`);
      }
      this.#checkDependencies(jobId, task);
      free.set(run.node, left + task.requiredSlots);
      const poolId = namedPool(job.poolInfo).toLowerCase();
      const ahead = waiting.find(
        (other) =>
          other.poolId === poolId &&
          other.priority > job.priority &&
          !other.isLimited &&
          fits(other, engine, ledger, (node) => must(free.get(node.number))),
      );
      if (ahead !== undefined) throw new Error(`${run.title} started before ${ahead.title}`);
      if (task.dependsOn === undefined) {
        waiting.push({
          title: run.title,
          poolId,
          priority: job.priority,
          slots: task.requiredSlots,
          instances: instancesOf(task),
          isLimited: job.maxParallelTasks !== -1,
        });
      }
    }
  }

  #checkDependencies(jobId: string, { id, dependsOn }: TaskView): void {
    const succeeded = this.#satisfying.get(jobId) ?? new Set();
    const integers = new Set([...succeeded].filter((id) => /^\d+$/.test(id)).map(Number));
    for (const parent of dependsOn?.taskIds ?? []) {
      if (!succeeded.has(parent.toLowerCase())) throw new Error(`${id} started before ${parent}`);
    }
    for (const { start, end } of dependsOn?.taskIdRanges ?? []) {
      for (let integer = start; integer <= end; integer++) {
        if (!integers.has(integer)) throw new Error(`${id} started before ${integer}`);
      }
    }
  }
}

/** Every node comes up, or is given up as asked, and every run succeeds: then nothing that could run is left over. */
export function drain(recording: Recording, watch?: Watcher): void {
  const { engine, ledger } = recording;
  const at = engine.now;
  for (let left = true, rounds = 0; left; rounds++) {
    // Whatever never comes to an end is a failure, not a test that runs for ever.
    if (rounds > 10_000) throw new Error('there is always something left');
    left = false;
    for (const known of ledger.nodes) {
      const { number: node, sequence, is, hasError } = known;
      // One that is broken heals unless it is known why.
      if (is !== 'asked' && is !== 'lost' && (is !== 'broken' || hasError)) continue;
      applyTo(recording, { at, report: { kind: ReportKind.nodeReady, node, sequence } }, watch);
      // It may have come back only to be reimaged.
      if (known.is === 'asked') left = true;
    }
    for (const { number: node, sequence, is } of ledger.nodes) {
      if (is !== 'deallocating') continue;
      const report: Report = { kind: ReportKind.nodeDeallocated, node, sequence };
      applyTo(recording, { at, report }, watch);
    }
    for (const { number: node, startTask } of ledger.nodes) {
      if (startTask === undefined) continue;
      const { sequence } = startTask;
      const report: Report = { kind: ReportKind.startTaskEnded, node, sequence, exitCode: 0 };
      applyTo(recording, { at, report }, watch);
    }
    for (const { run, sequence, is } of [...ledger.nodeTasks]) {
      if (is === 'over') continue;
      const report: Report = { kind: ReportKind.nodeTaskEnded, run, sequence, exitCode: 0 };
      applyTo(recording, { at, report }, watch);
      left = true;
    }
    for (let next = nextToEnd(ledger); next !== undefined; next = nextToEnd(ledger)) {
      const { run, sequence } = next;
      if (next.instance !== undefined && next.is === 'running' && next.commandStarted !== true) {
        applyTo(recording, { at, report: { kind: ReportKind.coordinated, run, sequence } }, watch);
        continue;
      }
      const report: Report = { kind: ReportKind.runEnded, run, sequence, exitCode: 0 };
      applyTo(recording, { at, report }, watch);
      if (ledger.live.some((one) => one.run === run && one.sequence === sequence)) {
        throw new Error(`the end of run ${run} (${sequence}) is not taken`);
      }
      // A node may have waited for it to start again.
      left = true;
    }
  }
  const left = readyWithoutDependencies(engine).find(
    (waiting) =>
      !waiting.isLimited && fits(waiting, engine, ledger, (node) => freeSlots(engine, node)),
  );
  if (left !== undefined) throw new Error(`${left.title} is left over`);
}

/** Instances of multi-instance tasks coordinate, and then wait for their primary. */
function nextToEnd({ live }: Ledger): KnownRun | undefined {
  return live.find(
    ({ instance, coordinated, commandStarted, is }) =>
      instance === undefined || is === 'killed' || coordinated !== true || commandStarted === true,
  );
}

/** Whether there are nodes for it, with so many slots free. */
function fits(
  { poolId, slots, instances }: Waiting,
  { queries }: Engine,
  { nodes }: Ledger,
  free: (node: KnownNode) => number,
): boolean {
  const pool = queries.pool(poolId);
  const takesGangs = pool?.enableInterNodeCommunication === true && pool.taskSlotsPerNode === 1;
  if (instances > 0 && !takesGangs) return false;
  const roomy = nodes.filter(
    (node) => node.is === 'up' && poolOf(node) === poolId && free(node) >= slots,
  );
  return roomy.length >= Math.max(1, instances);
}

function instancesOf({ multiInstanceSettings }: TaskView): number {
  return multiInstanceSettings?.numberOfInstances ?? 0;
}

interface Waiting {
  title: string;
  poolId: string;
  priority: number;
  slots: number;
  /** 0: it is no multi-instance task. */
  instances: number;
  /** Its job may have had too many running. */
  isLimited: boolean;
}

function readyWithoutDependencies({ queries }: Engine): Waiting[] {
  return queries
    .jobs()
    .filter(({ state }) => state === 'active')
    .flatMap(({ id, priority, poolInfo, maxParallelTasks, ...job }) =>
      must(queries.tasks(id, { state: 'active' }))
        .tasks.filter(({ dependsOn }) => dependsOn === undefined)
        .map((task) => ({
          title: `${id}/${task.id}`,
          poolId: namedPool(poolInfo).toLowerCase(),
          priority,
          slots: task.requiredSlots,
          instances: instancesOf(task),
          // What waits for a job manager, or is barred from nodes, is nobody's matter here.
          isLimited: maxParallelTasks !== -1 || hasOwnTasks(job),
        })),
    );
}

function hasOwnTasks(
  job: Pick<JobSpecification, 'jobManagerTask' | 'jobPreparationTask'>,
): boolean {
  return job.jobManagerTask !== undefined || job.jobPreparationTask !== undefined;
}

/** Whether a job manager has the node for itself. */
function isExclusive({ queries }: Engine, poolId: string, nodeId: string): boolean {
  return queries.jobs().some(({ id, jobManagerTask }) => {
    if (jobManagerTask?.runExclusive !== true) return false;
    const { state, nodeInfo } = queries.task(id, jobManagerTask.id) ?? {};
    const isPlaced = state === 'running' || state === 'preparing';
    return isPlaced && nodeInfo?.poolId === poolId && nodeInfo.nodeId === nodeId;
  });
}

function freeSlots(engine: Engine, node: KnownNode): number {
  const { queries } = engine;
  const [poolId = '', nodeId] = node.name.split('/');
  const pool = queries.pool(poolId);
  const view = queries.nodes(poolId)?.find(({ id }) => id === nodeId);
  if (node.is !== 'up' || pool === undefined || view === undefined) return 0;
  if (view.state !== 'idle' && view.state !== 'running') return 0;
  if (view.schedulingState === 'disabled') return 0;
  if (isExclusive(engine, poolId, view.id)) return 0;
  return pool.taskSlotsPerNode - view.runningTaskSlotsCount;
}

function poolOf({ name }: KnownNode): string {
  return must(name.split('/')[0]).toLowerCase();
}
