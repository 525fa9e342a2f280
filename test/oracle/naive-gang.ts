import type { TaskSpecification } from '@berth/core';
import type { NaiveRun } from './naive-scheduler.ts';

/** A multi-instance task as it ran last (9). */
export interface NaiveGang {
  /** By id; the first is the primary. */
  instances: NaiveInstance[];
  started: number;
  commandStarted: boolean;
  /** Whose failure ends all. */
  failed?: { id: number } & NaiveExit;
}

export interface NaiveInstance {
  run: NaiveRun;
  over: boolean;
  coordinated: boolean;
  ended?: number;
  exitCode?: number;
  failure?: string;
}

export interface NaiveExit {
  exitCode?: number;
  failure?: string;
  detail?: string;
}

export function instancesOf({ multiInstanceSettings }: TaskSpecification): number {
  return multiInstanceSettings?.numberOfInstances ?? 0;
}

export function liveOf({ instances }: NaiveGang): NaiveInstance[] {
  return instances.filter(({ over }) => !over);
}

/** Exited with 0, as far as that goes. */
export function succeeds({ exitCode, failure }: NaiveExit): boolean {
  return exitCode === 0 && (failure === undefined || failure === 'none');
}

/** Of one that fails otherwise the exit code says nothing. */
export function failureIn({ exitCode, failure, detail }: NaiveExit): NaiveExit {
  if (failure === undefined || failure === 'none')
    return exitCode === undefined ? {} : { exitCode };
  return detail === undefined ? { failure } : { failure, detail };
}
