import type { z } from 'zod';
import { secretMark } from '../secret-mark.ts';
import type {
  MultiInstanceSettings,
  OutputFile,
  ResourceFile,
  ScheduledJobSpecification,
  TaskFactory,
} from '../specification.ts';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import type { Seal } from './secret-url.ts';
import { hasSecret, sealUrl, sealUrlTemplate } from './secret-url.ts';

/** How a specification that may carry secrets is read. */
export interface SealOptions {
  /**
   * Called with each secret, gives back the handle that stands for it from then on. Absent: there is no place to
   * keep secrets, and what carries one is refused.
   */
  readonly seal?: Seal;
}

const unsealed: ProblemDetails = { code: 'UnsupportedProperty', hideValue: true };
const reason = 'carries a signature or password, and there is no secret store to keep it in';

type WithJobTasks = Pick<
  ScheduledJobSpecification,
  'jobManagerTask' | 'jobPreparationTask' | 'jobReleaseTask'
>;

interface WithFiles {
  resourceFiles: ResourceFile[];
  outputFiles?: OutputFile[];
  multiInstanceSettings?: MultiInstanceSettings;
}

/** The task with handles in place of its secrets: what a specification says goes into the journal. */
export function sealTask<Task extends WithFiles>(
  task: Task,
  { seal }: SealOptions,
  ctx: z.core.ParsePayload,
  path: PropertyKey[] = [],
): Task {
  return sealFiles(task, seal, sealUrl, ctx, path);
}

/** The tasks that a job has of its own likewise. */
export function sealJob<Job extends WithJobTasks>(
  job: Job,
  options: SealOptions,
  ctx: z.core.ParsePayload,
  path: PropertyKey[] = [],
): Job {
  const sealed: Job = { ...job };
  for (const name of ['jobManagerTask', 'jobPreparationTask', 'jobReleaseTask'] as const) {
    const task = job[name];
    if (task !== undefined)
      Object.assign(sealed, { [name]: sealTask(task, options, ctx, [...path, name]) });
  }
  return sealed;
}

/** The factory likewise. */
export function sealTaskFactory(
  factory: TaskFactory,
  { seal }: SealOptions,
  ctx: z.core.ParsePayload,
  path: PropertyKey[] = [],
): TaskFactory {
  const at = [...path, 'repeatTask'];
  const repeatTask = sealFiles(factory.repeatTask, seal, sealUrlTemplate, ctx, at);
  return repeatTask === factory.repeatTask ? factory : { ...factory, repeatTask };
}

/** A URL by itself, `httpUrl` of what is being read. */
export function sealedUrl(url: string, { seal }: SealOptions, ctx: z.core.ParsePayload): string {
  if (!hasSecret(url)) return url;
  if (seal !== undefined) return sealUrl(url, seal);
  ctx.issues.push(issue({ httpUrl: url }, reason, unsealed, ['httpUrl']));
  return url;
}

/** A text that is secret as a whole, as its mark. */
export function sealedText(
  secret: string,
  { seal }: SealOptions,
  ctx: z.core.ParsePayload,
  path: PropertyKey[],
): string {
  if (seal !== undefined) return secretMark(seal(secret));
  const why = 'is secret, and there is no secret store to keep it in';
  ctx.issues.push(issue(secret, why, unsealed, path));
  return '';
}

function sealFiles<Task extends WithFiles>(
  task: Task,
  seal: Seal | undefined,
  sealOne: typeof sealUrl,
  ctx: z.core.ParsePayload,
  path: PropertyKey[],
): Task {
  const resourceFiles = sealEach(task.resourceFiles, seal, sealOne, ctx, [
    ...path,
    'resourceFiles',
  ]);
  const outputFiles =
    task.outputFiles && sealOutputs(task.outputFiles, seal, sealOne, ctx, [...path, 'outputFiles']);
  const sealed =
    resourceFiles === task.resourceFiles && outputFiles === task.outputFiles
      ? task
      : { ...task, resourceFiles, ...(outputFiles && { outputFiles }) };
  const settings = task.multiInstanceSettings;
  if (settings === undefined) return sealed;
  const at = [...path, 'multiInstanceSettings', 'commonResourceFiles'];
  const common = sealEach(settings.commonResourceFiles, seal, sealOne, ctx, at);
  if (common === settings.commonResourceFiles) return sealed;
  return { ...sealed, multiInstanceSettings: { ...settings, commonResourceFiles: common } };
}

function sealEach(
  files: ResourceFile[],
  seal: Seal | undefined,
  sealOne: typeof sealUrl,
  ctx: z.core.ParsePayload,
  path: PropertyKey[],
): ResourceFile[] {
  let sealed: ResourceFile[] | undefined;
  for (const [i, file] of files.entries()) {
    const name = 'httpUrl' in file ? 'httpUrl' : 'storageContainerUrl';
    const url =
      'httpUrl' in file
        ? file.httpUrl
        : 'storageContainerUrl' in file
          ? file.storageContainerUrl
          : '';
    if (!hasSecret(url)) continue;
    if (seal === undefined) {
      ctx.issues.push(issue(file, reason, unsealed, [...path, i, name]));
      continue;
    }
    sealed ??= [...files];
    sealed[i] = { ...file, [name]: sealOne(url, seal) };
  }
  return sealed ?? files;
}

function sealOutputs(
  files: OutputFile[],
  seal: Seal | undefined,
  sealOne: typeof sealUrl,
  ctx: z.core.ParsePayload,
  path: PropertyKey[],
): OutputFile[] {
  let sealed: OutputFile[] | undefined;
  for (const [i, file] of files.entries()) {
    const { container } = file.destination;
    if (!('containerUrl' in container) || !hasSecret(container.containerUrl)) continue;
    if (seal === undefined) {
      const at = [...path, i, 'destination', 'container', 'containerUrl'];
      ctx.issues.push(issue(container, reason, unsealed, at));
      continue;
    }
    const containerUrl = sealOne(container.containerUrl, seal);
    sealed ??= [...files];
    sealed[i] = { ...file, destination: { container: { ...container, containerUrl } } };
  }
  return sealed ?? files;
}
