import { z } from 'zod';
import type {
  JobManagerTask,
  TaskConstraints,
  TaskFactory,
  TaskSpecification,
} from '../specification.ts';
import { factoryCount } from '../task-factory.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { entity } from './entity.ts';
import type { JobFile } from './job-file.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { longestSeconds } from './workflow.ts';

/**
 * (extension) How long the tasks of a job file run on a virtual clock, and how they end. Places are those of the
 * tasks: first the factory's, then those given one by one, then the job manager.
 */
export interface JobSimulation {
  /** From the request for a node to its being up. */
  bootTimeMs: number;
  /** Of each run of a task that has none of its own; absent: all have. */
  durationMs?: number;
  /** Of the factory's tasks that have none of their own, in turn. Empty: `durationMs`. */
  factoryDurationsMs: number[];
  /** By place. */
  durationsMs: Map<number, number>;
  /** By place: of the first run and those after; the last is that of all later runs. Absent: 0. */
  exitCodes: Map<number, number[]>;
  /** How many tasks the factory makes; 0 where there is none. */
  factoryCount: number;
}

/** Runs of a task that never succeeds: more are a slip of the hand, and take longer than anybody waits. */
const mostFailures = 100_000;

const duration: z.ZodType<number> = z.unknown().transform((given, ctx) => {
  const ms = millisecondsOf(given);
  if (typeof ms === 'number') return ms;
  ctx.issues.push(issue(given, ms));
  return z.NEVER;
});

/** Or what is wrong. */
function millisecondsOf(given: unknown): number | string {
  const most = `must be from 0 to ${longestSeconds} seconds`;
  if (typeof given === 'number') {
    return given >= 0 && given <= longestSeconds ? Math.round(1_000 * given) : most;
  }
  if (typeof given !== 'string') {
    return 'must be an ISO 8601 duration such as PT90S, or a number of seconds';
  }
  const ms = parseDuration(given);
  if (typeof ms === 'object') return `${ms.problem}, or a number of seconds`;
  return ms === undefined || ms > 1_000 * longestSeconds ? most : ms;
}

const exitCodes: z.ZodType<number[]> = z.unknown().transform((given, ctx) => {
  const codes: unknown[] = Array.isArray(given) ? given : [given];
  if (codes.length > 0 && codes.every(isExitCode)) return codes;
  ctx.issues.push(
    issue(given, 'must be a whole number of 32 bits, or a list of them, one for each run'),
  );
  return z.NEVER;
});

function isExitCode(code: unknown): code is number {
  return typeof code === 'number' && Number.isInteger(code) && (code | 0) === code;
}

const section = entity({
  bootTime: duration.optional(),
  duration: duration.optional(),
  factoryDurations: z
    .array(duration)
    .refine((durations) => durations.length > 0, 'must have at least one duration')
    .optional(),
  durations: z.record(z.string(), duration).optional(),
  exitCodes: z.record(z.string(), exitCodes).optional(),
});

/** The section `simulation` of a file; what it says is held against the file's tasks. */
export function jobSimulation(file: JobFile): z.ZodType<JobSimulation> {
  return section.transform((given, ctx): JobSimulation => {
    const refuse = (path: PropertyKey[], reason: string, details?: ProblemDetails): void => {
      ctx.issues.push(issue(given, reason, details, path));
    };
    const places = new TaskPlaces(file);
    const byPlace = <T>(name: string, values: Record<string, T> = {}): Map<number, T> => {
      const found = new Map<number, T>();
      for (const [id, value] of Object.entries(values)) {
        const place = places.of(id);
        if (place === -1) {
          refuse([name, id], 'is not the id of a task of the file', { hideValue: true });
        } else if (found.has(place)) {
          refuse([name, id], 'is an id that stands here already', { hideValue: true });
        } else {
          found.set(place, value);
        }
      }
      return found;
    };
    const durationsMs = byPlace('durations', given.durations);
    const exitCodes = byPlace('exitCodes', given.exitCodes);
    for (const id of Object.keys(given.exitCodes ?? {})) {
      const place = places.of(id);
      const retries =
        places.constraints(place).maxTaskRetryCount ?? file.job.constraints.maxTaskRetryCount;
      const fails = (exitCodes.get(place)?.at(-1) ?? 0) !== 0;
      if (!fails || (retries >= 0 && retries < mostFailures)) continue;
      const often = retries === -1 ? 'for ever' : `${retries} times`;
      const reason = `must end with 0, since the task would be retried ${often} (maxTaskRetryCount)`;
      refuse(['exitCodes', id], reason, { hideValue: true });
    }
    const { resizeTimeoutMs = Infinity } = file.pool;
    if ((given.bootTime ?? 0) >= resizeTimeoutMs) {
      const timeout = `resizeTimeout (${formatDuration(resizeTimeoutMs)})`;
      refuse(['bootTime'], `must be shorter than the pool's ${timeout}, or no node ever comes`);
    }
    const factoryDurationsMs = given.factoryDurations ?? [];
    if (factoryDurationsMs.length > 0 && file.taskFactory === undefined) {
      refuse(['factoryDurations'], 'needs a taskFactory in the file', { hideValue: true });
    }
    if (given.duration === undefined) {
      const isGiven = (place: number): boolean =>
        durationsMs.has(place) || (place < places.ofFactory && factoryDurationsMs.length > 0);
      const first = places.first((place) => !isGiven(place));
      if (first !== undefined) {
        const reason = `is required, since task ${JSON.stringify(first)} has no duration of its own; for example PT1M`;
        refuse(['duration'], reason, { code: 'MissingRequiredProperty', hideValue: true });
      }
    }
    return {
      bootTimeMs: given.bootTime ?? 0,
      ...(given.duration !== undefined && { durationMs: given.duration }),
      factoryDurationsMs,
      durationsMs,
      exitCodes,
      factoryCount: places.ofFactory,
    };
  });
}

/** The tasks of a file by place. */
class TaskPlaces {
  readonly ofFactory: number;
  readonly #factory: TaskFactory | undefined;
  readonly #tasks: readonly (TaskSpecification | JobManagerTask)[];
  readonly #firstId: number;
  readonly #given: Map<string, number>;

  constructor(file: JobFile) {
    const { taskFactory } = file;
    const tasks = [...file.tasks, ...(file.job.jobManagerTask ? [file.job.jobManagerTask] : [])];
    this.#factory = taskFactory;
    this.#tasks = tasks;
    this.ofFactory = taskFactory === undefined ? 0 : factoryCount(taskFactory);
    this.#firstId = taskFactory?.firstTaskId ?? 0;
    this.#given = new Map(tasks.map(({ id }, i) => [id.toLowerCase(), this.ofFactory + i]));
  }

  /** −1: no task has the id, in any case of its letters. */
  of(id: string): number {
    const given = this.#given.get(id.toLowerCase());
    if (given !== undefined) return given;
    const place = /^(0|[1-9]\d*)$/.test(id) ? Number(id) - this.#firstId : -1;
    return place >= 0 && place < this.ofFactory ? place : -1;
  }

  constraints(place: number): TaskConstraints {
    const task =
      place < this.ofFactory ? this.#factory?.repeatTask : this.#tasks[place - this.ofFactory];
    return task?.constraints ?? {};
  }

  /** Id of the first task whose place is `wanted`. */
  first(wanted: (place: number) => boolean): string | undefined {
    const tasks = this.#tasks;
    for (let place = 0; place < this.ofFactory; place++) {
      if (wanted(place)) return String(this.#firstId + place);
    }
    return tasks.find((_, i) => wanted(this.ofFactory + i))?.id;
  }
}
