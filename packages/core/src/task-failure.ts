import type { FailureCode } from './report.ts';
import { failureCodes } from './report.ts';

/** Why a task failed (semantics §13.4). */
export interface TaskFailure {
  category: 'usererror' | 'servererror';
  code: string;
  message: string;
  /** (extension) absent when a user, an option or another end of the job ended the task. */
  failureKind?: 'application' | 'constraint' | 'scheduling';
}

type Reported = Exclude<FailureCode, 'none'>;

const reported: Record<Reported, [TaskFailure['category'], string]> = {
  BlobNotFound: ['usererror', 'A resource file does not exist.'],
  BlobAccessDenied: ['usererror', 'Access to a resource file was denied.'],
  BlobDownloadTimedOut: ['servererror', 'The download of a resource file timed out.'],
  BlobDownloadMiscError: ['servererror', 'A resource file could not be downloaded.'],
  ResourceDirectoryCreateFailed: ['servererror', 'A directory of the task could not be made.'],
  ResourceFileCreateFailed: ['servererror', 'A resource file could not be created on the node.'],
  ResourceFileWriteFailed: ['servererror', 'A resource file could not be written on the node.'],
  DiskFull: ['servererror', 'The disk of the node is full.'],
  CommandProgramNotFound: ['usererror', 'The program of the command line was not found.'],
  CommandLaunchFailed: ['usererror', 'The command line could not be launched.'],
  FileUploadContainerNotFound: ['usererror', 'The container of an output file does not exist.'],
  FileUploadAccessDenied: ['usererror', 'Access to the container of an output file was denied.'],
  FileUploadMiscError: ['servererror', 'An output file could not be uploaded.'],
  ResourceContainerAccessDenied: [
    'usererror',
    'Access to a container of resource files was denied.',
  ],
  ResourceContainerListMiscError: [
    'servererror',
    'A container of resource files could not be listed.',
  ],
  Unknown: ['servererror', 'The task could not be carried out.'],
  ApplicationPackageError: ['usererror', 'An application package could not be installed.'],
};

/**
 * What a task row's failure number means: first what the engine decides itself (ruling 2), then, from
 * {@link reportedFrom} on, what executors report. Append only: the numbers are in snapshots.
 */
export const Failure = {
  none: 0,
  exitCode: 1,
  endedByUser: 2,
  taskWallClock: 3,
  jobWallClock: 4,
  maxInternalRetry: 5,
} as const;
export const reportedFrom = 8;

const decided: (TaskFailure | undefined)[] = [
  undefined,
  {
    category: 'usererror',
    code: 'FailureExitCode',
    message: 'The task exited with an exit code representing a failure',
    failureKind: 'application',
  },
  { category: 'usererror', code: 'TaskEnded', message: 'Task was ended by user request.' },
  {
    category: 'servererror',
    code: 'TaskEnded',
    message: 'The task exceeded its maxWallClockTime.',
    failureKind: 'constraint',
  },
  {
    category: 'servererror',
    code: 'TaskEnded',
    message: 'The job exceeded its maxWallClockTime.',
    failureKind: 'constraint',
  },
  {
    category: 'usererror',
    code: 'MaxInternalRetryCountReached',
    message:
      'The nodes on which the task ran were lost more often than maxInternalRetryCount allows.',
    failureKind: 'scheduling',
  },
];

/** The failure of a number in a task row; `undefined` for {@link Failure}.none. */
export function taskFailure(number: number): TaskFailure | undefined {
  if (number < reportedFrom) return decided[number];
  const code = failureCodes[number - reportedFrom];
  if (code === undefined || code === 'none') return undefined;
  const [category, message] = reported[code];
  return { category, code, message, failureKind: 'scheduling' };
}

/** 0xC000013A as a signed 32-bit number: the exit code of what a wall clock ended (ruling 2). */
export const wallClockExitCode: number = -1073741510;
