import type { Job } from './job.ts';
import { InvalidTransition } from './machine.ts';
import type { TaskTrigger } from './machines.ts';
import { taskMachine } from './machines.ts';
import { Class } from './task-classes.ts';
import {
  Flag,
  failureMask,
  failureShift,
  stateMask as sharedStateMask,
  Word as sharedWord,
  wideTime,
} from './task-rows.ts';
import type { World } from './world.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const Word = sharedWord;
const stateMask = sharedStateMask;

/*
 * How the row of a task changes (semantics §2.5). Every change of its state goes through {@link move}.
 */

/** The row has 16 bits for its retryCount; a larger one is a rare fact. */
export const mostRetriesInRow = 0xffff;

export function classOf(job: Job, row: number): number {
  return job.readyClassOf(row).at;
}

export function jobOf(world: World, taskClass: number): Job {
  return world.jobs[world.classes.words[taskClass + Class.job]!]!;
}

const transitions = taskMachine.byNumber;
const triggers = taskMachine.triggers.length;

/** The state after `trigger`, which the table of tasks has. */
export function transition(from: number, trigger: TaskTrigger): number {
  return transitions[from * triggers + trigger]!;
}

/** The row's new flags after `trigger`; throws where the table of tasks has no such row. */
export function move(
  world: World,
  taskClass: number,
  row: number,
  flags: number,
  trigger: TaskTrigger,
  result?: 'success' | 'failure',
): number {
  const from = flags & stateMask;
  const to = transitions[from * triggers + trigger]!;
  if (to < 0 || world.events !== undefined) tell(world, taskClass, row, from, to, trigger, result);
  return (flags & ~stateMask) | to;
}

/** To whoever listens; throws where the table of tasks has no such row. */
function tell(
  world: World,
  taskClass: number,
  row: number,
  from: number,
  to: number,
  trigger: TaskTrigger,
  result: 'success' | 'failure' | undefined,
): void {
  const job = jobOf(world, taskClass);
  const jobId = job.specification.id;
  const taskId = job.idOf(row);
  const fromName = taskMachine.states[from]!;
  if (to < 0) {
    const name = taskMachine.triggers[trigger]!;
    throw new InvalidTransition('task', `${jobId}/${taskId}`, fromName, name);
  }
  // What outlives its job is nobody's business.
  if (job.state === 'gone') return;
  world.events?.tell({
    entity: 'task',
    accountName: world.accounts.nameOf(job),
    jobId,
    taskId,
    from: fromName,
    to: taskMachine.states[to]!,
    ...(result === undefined ? {} : { result }),
  });
}

export function withFailure(flags: number, failure: number): number {
  return (flags & ~failureMask) | Flag.failure | (failure << failureShift);
}

export function startTimeOf(job: Job, row: number): number {
  return (
    job.creationTime + wideTime(job.rows.get(row, Word.start), job.rows.get(row, Word.counters))
  );
}

export function durationOf(job: Job, row: number): number {
  return wideTime(job.rows.get(row, Word.duration), job.rows.get(row, Word.counters) >>> 8);
}

export function retryCountOf(job: Job, row: number): number {
  const count = job.rows.get(row, Word.counters) >>> 16;
  return count < mostRetriesInRow ? count : (job.rareOf(row)?.retryCount ?? count);
}

/** Times have 40 bits, of which the upper 8 are nearly always 0, and have been. */
export const mostWithoutUpperBits: number = 0xffff_ffff;

export function setStart(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.start] = milliseconds | 0;
  setUpperBits(words, at, milliseconds, 0);
}

export function setDuration(words: Int32Array, at: number, milliseconds: number): void {
  words[at + Word.duration] = milliseconds | 0;
  setUpperBits(words, at, milliseconds, 8);
}

export function setUpperBits(
  words: Int32Array,
  at: number,
  milliseconds: number,
  shift: number,
): void {
  const bits = Math.floor(milliseconds / 0x1_0000_0000) & 0xff;
  words[at + Word.counters] = (words[at + Word.counters]! & ~(0xff << shift)) | (bits << shift);
}

export function setRetryCount(words: Int32Array, at: number, count: number): void {
  words[at + Word.counters] =
    (words[at + Word.counters]! & 0xffff) | (Math.min(count, mostRetriesInRow) << 16);
}
