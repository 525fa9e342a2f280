import type {
  KillReason,
  NodeTaskDetails,
  Report,
  RunDetails,
  StartTaskDetails,
} from '@berth/core';
import { ReportKind } from '@berth/core';
import { claimName } from './claims.ts';
import { quote } from './command-line.ts';
import type { NodePlace } from './multi-instance.ts';
import { instanceEnvironment } from './multi-instance.ts';
import type { Slot } from './node-slots.ts';
import type { RunEnd } from './run-failure.ts';
import {
  runEnvironment,
  startTaskEnvironment,
  startupDirectory,
  taskDirectory,
} from './task-environment.ts';

/** A run from its start effect to its report: there are as many as slots in use. */
export interface Running {
  readonly key: string;
  /** Of a preparation or release: what the engine calls the job on the node. */
  readonly run: number;
  readonly sequence: number;
  readonly is: RunningKind;
  /** Below `workitems`. */
  readonly directory: string;
  readonly details: RunDetails;
  /**
   * Not given to a slot shell yet; given; of an instance: has coordinated and runs nothing; its process is over, what that
   * started may not be; all is over.
   */
  phase: 'preparing' | 'started' | 'coordinated' | 'exited' | 'ended';
  /** An instance of a multi-instance task coordinates first; all else runs its command at once. */
  step: 'coordination' | 'command';
  /** Of an instance: it is to go on with the command (`startPrimary`). */
  isPrimary: boolean;
  /** Of an instance: the nodes of all, once they are known. */
  peers: readonly NodePlace[];
  /** Which of its claims counts. */
  issue: number;
  slot: Slot | undefined;
  kill: KillReason | undefined;
  /** When the kill came; for the grace of uploads. */
  killedAt: number;
  /** Once it is `exited`. */
  exitCode: number;
  /** What is reported when what it has left behind is over; absent: its exit code. */
  outcome: RunEnd | undefined;
  /** No slot shell has it any more, and none reported it. */
  lost: boolean;
  /** What the engine itself does for it: staging, uploading. */
  work: AbortController | undefined;
  timer: NodeJS.Timeout | undefined;
}

export type RunningKind = 'task' | 'startTask' | 'nodeTask';

/** Instead of the row of a run: the start task of the node, of which there is one at a time. */
export const startTaskRun = -1;

/** On the host. */
export function directoryOf({ directory }: Running, root: string): string {
  return directory === startupDirectory ? `${root}/startup` : `${root}/workitems/${directory}`;
}

/** A start task as a run: without a job, and without files to upload. */
export function startTaskDetails(details: StartTaskDetails): RunDetails {
  return { ...details, jobId: '', taskId: '', outputFiles: [] };
}

/** A preparation or release task as a run: without files to upload. */
export function nodeTaskDetails({ kind: _kind, ...details }: NodeTaskDetails): RunDetails {
  return { ...details, outputFiles: [] };
}

/** What the engine is told of its end; no `end`: it was lost. */
export function reportOf({ run, sequence, is }: Running, node: number, end?: RunEnd): Report {
  switch (is) {
    case 'startTask':
      return { kind: ReportKind.startTaskEnded, node, sequence, ...end };
    case 'nodeTask':
      return { kind: ReportKind.nodeTaskEnded, run, sequence, ...end };
    default:
      return end === undefined
        ? { kind: ReportKind.runLost, run, sequence }
        : { kind: ReportKind.runEnded, run, sequence, ...end };
  }
}

export function keyOf(run: number, sequence: number): string {
  return `${run}-${sequence}`;
}

export function newRunning(
  run: number,
  sequence: number,
  details: RunDetails,
  is: RunningKind,
): Running {
  return {
    key: keyOf(run, sequence),
    run,
    sequence,
    is,
    directory: is === 'startTask' ? startupDirectory : taskDirectory(details.jobId, details.taskId),
    details,
    phase: 'preparing',
    step: details.multiInstance === undefined ? 'command' : 'coordination',
    isPrimary: false,
    peers: [],
    issue: 1,
    slot: undefined,
    kill: undefined,
    killedAt: 0,
    exitCode: 0,
    outcome: undefined,
    lost: false,
    work: undefined,
    timer: undefined,
  };
}

/** Names that mean something to a shell, so that `export` would not do, or do more. */
const shellNames =
  /^(?:_|IFS|ENV|PWD|OLDPWD|PPID|OPTIND|OPTARG|LINENO|PS[0-9]|E?UID|SHLVL|SHELLOPTS|BASH.*|POSIXLY_CORRECT|RANDOM|SECONDS|DIRSTACK|FUNCNAME|GROUPS|HISTCMD|MAIL.*|LC_.*)$/;

/** The line that starts a run (runner-script.ts). */
export function startLine(running: Running, command: readonly string[], root: string): string {
  const { run, sequence, directory, is } = running;
  const words = [claimedStep(running), claimOf(running), directory, String(run), String(sequence)];
  const others: string[] = [];
  const settings =
    is === 'startTask'
      ? startTaskEnvironment(running.details, root)
      : [
          ...runEnvironment(running.details, root),
          ...instanceEnvironment(running.details, running.peers, directoryOf(running, root)),
        ];
  for (const { name, value } of settings) {
    const exportable = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !shellNames.test(name);
    (exportable ? words : others).push(`${name}=${value}`);
  }
  words.push('', command[0] ?? '');
  if (others.length > 0) words.push('env', ...others);
  words.push(...command);
  return `${words.map(quote).join(' ')}\n`;
}

/** The line that ends it; slot `-` where no shell has it. */
export function endLine(running: Running, id: string): string {
  const { run, sequence, directory, slot } = running;
  const where = `${quote(directory)} ${run} ${sequence} ${slot?.index ?? '-'}`;
  if (!hasCoordinated(running)) return `end ${id} ${claimOf(running)} ${where}\n`;
  // The command is not to begin any more; then whatever has the mark of the run, which the coordination left as well.
  return `end - ${claimOf(running)} ${where} primary\nend ${id} ${claimName(run, sequence, 1)} ${where}\n`;
}

/** Of what it does now. */
export function claimOf(running: Running): string {
  return claimName(running.run, running.sequence, running.issue, claimedStep(running));
}

/** What of the run is claimed now (claims.ts). */
export function claimedStep(running: Running): 'run' | 'primary' {
  return hasCoordinated(running) ? 'primary' : 'run';
}

export function isInstance({ details }: Running): boolean {
  return details.multiInstance !== undefined;
}

/** An instance that goes on as the primary: what its coordination has left may still be there. */
export function hasCoordinated(running: Running): boolean {
  return isInstance(running) && running.step === 'command';
}

/** What it runs now, and the files that it needs for that. */
export function workOf({
  step,
  details,
}: Running): Pick<RunDetails, 'commandLine' | 'resourceFiles'> {
  const { multiInstance } = details;
  if (multiInstance === undefined || step === 'command') return details;
  return {
    commandLine: multiInstance.coordinationCommandLine,
    resourceFiles: multiInstance.commonResourceFiles,
  };
}
