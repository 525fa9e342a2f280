import type { BatchErrorBody } from './errors.ts';
import { mentions } from './exit-conditions.ts';
import { Job } from './job.ts';
import { endRunAs } from './job-end.ts';
import { awaitStart, endWait, isJobManager } from './job-manager.ts';
import { findJob, refuseUnlessOpen } from './job-rules.ts';
import { dequeue, enqueue, noteWritten, Part, purge } from './ready-queue.ts';
import { refuse } from './refusal.ts';
import { expectFiles } from './retention.ts';
import { Ending } from './run-table.ts';
import { refuseSpecialId, refuseSpecialIdIn } from './special-ids.ts';
import type {
  JobSpecification,
  TaskConstraints,
  TaskFactory,
  TaskSpecification,
  TaskTemplate,
} from './specification.ts';
import { expectAge } from './task-age.ts';
import { factoryCount } from './task-factory.ts';
import { endActive, forget, reactivate } from './task-lifecycle.ts';
import { Flag, stateMask, TaskState, Word } from './task-rows.ts';
import { refuseUser } from './user-identity.ts';
import type { World } from './world.ts';

/** A task of a collection that was refused (semantics §14.5). */
export interface TaskRefusal {
  /** Place in the command's `tasks`. */
  index: number;
  taskId: string;
  error: BatchErrorBody;
}

/** semantics §14.5: each task succeeds or fails by itself. */
export function addTasks(
  world: World,
  jobId: string,
  tasks: readonly TaskSpecification[],
): BatchErrorBody | TaskRefusal[] {
  const job = findJob(world, jobId);
  if (!(job instanceof Job)) return job;
  const refusal = refuseUnlessOpen(job);
  if (refusal !== undefined) return refusal;
  const refused: TaskRefusal[] = [];
  tasks.forEach((task, index) => {
    const error = addTask(world, job, task);
    if (error !== undefined) refused.push({ index, taskId: task.id, error });
  });
  return refused;
}

function addTask(world: World, job: Job, task: TaskSpecification): BatchErrorBody | undefined {
  const { id, dependsOn } = task;
  if (job.find(id) !== -1) {
    return refuse('TaskExists', `The job "${job.specification.id}" has a task "${id}" already.`);
  }
  const refusal =
    refuseSpecialId(job.specification, id) ??
    refuseTemplate(job.specification, task) ??
    refuseUserIn(world, job, task, '');
  if (refusal !== undefined) return refusal;
  const row = job.addTask(task, world.now);
  expectAge(world, job, row);
  job.dependencies?.added(id, row);
  expectFiles(world, job, row, 1, task.constraints.retentionTimeMs);
  const waiting = dependsOn !== undefined && job.dependencies!.wait(row, 1, dependsOn, job);
  if (waiting) job.rows.touch(row)[job.rows.offset(row) + Word.flags]! |= Flag.waiting;
  else enqueue(world, job, row, 1, Part.middle);
  return undefined;
}

/** (extension) A parametric sweep: one record, whatever its count. */
export function addTaskFactory(
  world: World,
  jobId: string,
  factory: TaskFactory,
): BatchErrorBody | undefined {
  const job = findJob(world, jobId);
  if (!(job instanceof Job)) return job;
  const refusal =
    refuseUnlessOpen(job) ??
    refuseTemplate(job.specification, factory.repeatTask) ??
    refuseUserIn(world, job, factory.repeatTask, 'repeatTask.');
  if (refusal !== undefined) return refusal;
  const count = factoryCount(factory);
  const special = refuseSpecialIdIn(job.specification, factory.firstTaskId, count);
  if (special !== undefined) return special;
  const taken = job.findIntegerIn(factory.firstTaskId, count);
  if (taken !== -1) {
    return refuse('TaskExists', `The job "${jobId}" has a task "${taken}" already.`);
  }
  if (job.rowCount + count > 0x7fff_ffff) {
    return refuse(
      'InvalidPropertyValue',
      `The job "${jobId}" has ${job.rowCount} tasks; ${count} more would be over 2,147,483,647.`,
    );
  }
  appendFactory(world, job, factory);
  return undefined;
}

/** Adds the tasks of a factory that nothing speaks against. */
export function appendFactory(world: World, job: Job, factory: TaskFactory): void {
  const count = factoryCount(factory);
  const { firstRow } = job.addFactory(factory, count, world.now);
  expectAge(world, job, firstRow);
  expectFiles(world, job, firstRow, count, factory.repeatTask.constraints.retentionTimeMs);
  job.dependencies?.addedIntegers(factory.firstTaskId, count, firstRow);
  const { dependsOn } = factory.repeatTask;
  if (dependsOn !== undefined && job.dependencies!.wait(firstRow, count, dependsOn, job)) {
    job.segmentOf(firstRow).waiting = true;
    return;
  }
  enqueue(world, job, firstRow, count, Part.middle);
}

/** semantics §1.5: constraints are the only thing about a task that can change. */
export function updateTask(
  world: World,
  jobId: string,
  taskId: string,
  constraints: TaskConstraints,
): BatchErrorBody | undefined {
  return withTask(world, jobId, taskId, (job, row, state) => {
    if (state === TaskState.completed) {
      return refuse('TaskCompleted', `The task "${taskId}" is completed.`);
    }
    const facts = job.rareFacts(row);
    facts.constraints = constraints;
    facts.lastModified = world.now;
    expectFiles(world, job, row, 1, constraints.retentionTimeMs);
    if (state !== TaskState.running) return undefined;
    const run = job.rows.get(row, Word.runOrExitCode);
    world.runs.noteWritten(run);
    if (world.runs.ending(run) !== Ending.none) return undefined;
    const { maxWallClockTimeMs } = constraints;
    if (maxWallClockTimeMs === undefined) world.clocks.stop(run);
    else world.clocks.set(run, world.runs.start(run) + maxWallClockTimeMs);
    return undefined;
  });
}

export function terminateTask(
  world: World,
  jobId: string,
  taskId: string,
): BatchErrorBody | undefined {
  return withTask(world, jobId, taskId, (job, row, state) => {
    if (state === TaskState.completed) {
      return refuse('TaskCompleted', `The task "${taskId}" is completed.`);
    }
    if (state === TaskState.running || state === TaskState.preparing) {
      const run = job.rows.get(row, Word.runOrExitCode);
      endRunAs(world, run, Ending.byUser);
      return undefined;
    }
    leaveQueue(world, job, row);
    endActive(world, job, row);
    return undefined;
  });
}

export function reactivateTask(
  world: World,
  jobId: string,
  taskId: string,
): BatchErrorBody | undefined {
  return withTask(world, jobId, taskId, (job, row, state, flags) => {
    if (state !== TaskState.completed) {
      return refuse('TaskNotCompleted', `The task "${taskId}" is not completed.`);
    }
    if ((flags & Flag.hasExitCode) !== 0 && job.rows.get(row, Word.runOrExitCode) === 0) {
      return refuse('TaskSucceeded', `The task "${taskId}" has exited with 0.`);
    }
    const refusal = refuseUnlessOpen(job);
    if (refusal !== undefined) return refusal;
    reactivate(world, job, row);
    expectFiles(world, job, row, 1, job.limitsOf(row).retentionTimeMs);
    const segment = job.segmentOf(row);
    if ((job.rows.get(row, Word.flags) & Flag.stale) !== 0) {
      if (segment.waiting) segment.endedWaiting--;
      purge(world, job, row);
    }
    if (isJobManager(job, row)) awaitStart(world, job);
    else if (!job.isWaiting(row)) enqueue(world, job, row, 1, Part.middle);
    return undefined;
  });
}

export function deleteTask(
  world: World,
  jobId: string,
  taskId: string,
): BatchErrorBody | undefined {
  return withTask(world, jobId, taskId, (job, row, state) => {
    if (state === TaskState.running || state === TaskState.preparing) {
      job.rows.touch(row)[job.rows.offset(row) + Word.flags]! |= Flag.deleting;
      const run = job.rows.get(row, Word.runOrExitCode);
      endRunAs(world, run, Ending.byUser);
      return undefined;
    }
    if (state === TaskState.active) leaveQueue(world, job, row);
    forget(world, job, row);
    return undefined;
  });
}

/** An active task is not to run: wherever it waits, its place is skipped. */
function leaveQueue(world: World, job: Job, row: number): void {
  if (isJobManager(job, row)) {
    endWait(world, job);
    return;
  }
  const segment = job.segmentOf(row);
  if (segment.waiting) {
    job.rows.touch(row)[job.rows.offset(row) + Word.flags]! |= Flag.stale;
    segment.endedWaiting++;
  } else if (!job.isWaiting(row) && job.isOpen) {
    dequeue(world, job, row);
  }
}

function withTask(
  world: World,
  jobId: string,
  taskId: string,
  change: (job: Job, row: number, state: number, flags: number) => BatchErrorBody | undefined,
): BatchErrorBody | undefined {
  const job = findJob(world, jobId);
  if (!(job instanceof Job)) return job;
  const row = job.find(taskId);
  if (row === -1) {
    return refuse('TaskNotFound', `The job "${jobId}" has no task "${taskId}".`);
  }
  noteWritten(world, job, row);
  const flags = job.rows.get(row, Word.flags);
  const expired = job.expiredAt !== undefined && (flags & stateMask) !== TaskState.running;
  return change(job, row, expired ? TaskState.completed : flags & stateMask, flags);
}

/** semantics §1.5: where the pool is known, so is whether it has the account. */
function refuseUserIn(
  world: World,
  job: Job,
  { userIdentity }: TaskTemplate,
  path: string,
): BatchErrorBody | undefined {
  if (userIdentity === undefined) return undefined;
  const pool = world.poolOf(job);
  return pool && refuseUser(pool.specification, userIdentity, path);
}

/** What a task asks for must be something that its job provides for. */
export function refuseTemplate(
  job: JobSpecification,
  task: TaskTemplate,
): BatchErrorBody | undefined {
  if (task.dependsOn !== undefined && !job.usesTaskDependencies) {
    return refuse(
      'TaskDependenciesNotSpecifiedOnJob',
      `The job "${job.id}" does not set usesTaskDependencies, so its tasks cannot have dependsOn.`,
    );
  }
  return refuseExitConditions(job, task);
}

/** semantics §3.7: an action that nobody would carry out is a mistake. */
function refuseExitConditions(
  job: JobSpecification,
  { exitConditions }: TaskTemplate,
): BatchErrorBody | undefined {
  if (exitConditions === undefined) return undefined;
  const { id, onTaskFailure, usesTaskDependencies } = job;
  if (onTaskFailure === undefined && mentions(exitConditions, 'jobAction')) {
    return refuse(
      'InvalidPropertyValue',
      `The job "${id}" has onTaskFailure noaction, so exitConditions of its tasks cannot have a jobAction.`,
      { PropertyName: 'exitConditions' },
    );
  }
  if (!usesTaskDependencies && mentions(exitConditions, 'dependencyAction')) {
    return refuse(
      'InvalidPropertyValue',
      `The job "${id}" does not set usesTaskDependencies, so exitConditions of its tasks cannot have a dependencyAction.`,
      { PropertyName: 'exitConditions' },
    );
  }
  return undefined;
}
