/**
 * The door: JSON in the spelling of the Azure Batch REST API in, normalised specifications out. What is wrong is a
 * `BatchError` with the service's code, the place and the rule.
 *
 * Names of 2016 are accepted beside today's (ruling 1). A property that Berth does not carry out yet is refused as
 * "not supported yet" unless its value asks for nothing; null counts as absent, as in Azure. Enum values are
 * accepted in any case and come out in lower case. What is secret comes out as a handle (`SealOptions`).
 */
import { z } from 'zod';
import type { AccountPatch, AccountSpecification } from '../account-specification.ts';
import type { BatchErrorBody } from '../errors.ts';
import { BatchError } from '../errors.ts';
import type {
  ApplicationPackageSpecification,
  ApplicationPatch,
  ApplicationSpecification,
  AutoScaleSettings,
  CertificateSpecification,
  DisableTasks,
  JobPatch,
  JobSchedulePatch,
  JobScheduleSpecification,
  JobSpecification,
  NodeDeallocationOption,
  NodeDisableSchedulingOption,
  NodeRemoval,
  NodeUserSpecification,
  PoolPatch,
  PoolProperties,
  PoolResize,
  PoolSpecification,
  TaskConstraints,
  TaskFactory,
  TaskSpecification,
} from '../specification.ts';
import { account, accountPatch } from './account.ts';
import { application, applicationPackage, applicationPatch } from './application.ts';
import { autoScaleEvaluation, autoScaleSettings } from './autoscale.ts';
import { certificate } from './certificate.ts';
import { upgradeOS } from './cloud-service.ts';
import { taskConstraints } from './constraints.ts';
import { disableTasks, job, jobPatch, jobUpdate } from './job.ts';
import type { JobFile } from './job-file.ts';
import { jobFile } from './job-file.ts';
import { jobSchedule, jobSchedulePatch, jobScheduleUpdate } from './job-schedule.ts';
import type { JobSimulation } from './job-simulation.ts';
import { jobSimulation } from './job-simulation.ts';
import { nodeUser } from './node-user.ts';
import type { PoolOptions } from './pool.ts';
import { pool } from './pool.ts';
import { poolPatch, poolProperties } from './pool-patch.ts';
import {
  nodeDeallocationOption,
  nodeDisableSchedulingOption,
  nodeRemoval,
  poolResize,
} from './pool-resize.ts';
import { demand, read } from './read.ts';
import type { SealOptions } from './seal.ts';
import { sealJob, sealTask, sealTaskFactory } from './seal.ts';
import { task } from './task.ts';
import { taskCollection } from './task-collection.ts';
import { taskFactory } from './task-factory.ts';
import type { Workflow } from './workflow.ts';
import { workflow } from './workflow.ts';

export type { NodeSize } from '../node-size.ts';
export { formatDuration } from './duration.ts';
export type { JobFile } from './job-file.ts';
export type { JobSimulation } from './job-simulation.ts';
export type { PoolOptions } from './pool.ts';
export type { SealOptions } from './seal.ts';
export type { Seal } from './secret-url.ts';
export type { Download, Upload } from './transfer.ts';
export type { Workflow, WorkflowTask } from './workflow.ts';

/** One object, so that what is made of it is made once. */
const none: PoolOptions = {};

/** An account; quotas of −1 do not limit. semantics §1.1 @throws `BatchError` */
export function parseAccount(value: unknown, options: SealOptions = {}): AccountSpecification {
  return demand(account(options), value, { name: 'account' });
}

/** What may change of an account. semantics §1.1 @throws `BatchError` */
export function parseAccountPatch(value: unknown, options: SealOptions = {}): AccountPatch {
  return demand(accountPatch(options), value, { name: 'patch' });
}

/** A pool. semantics §1.2 @throws `BatchError` */
export function parsePool(
  value: unknown,
  options: PoolOptions & SealOptions = {},
): PoolSpecification {
  return demand(pool(options), value, { name: 'pool' });
}

/** The body of POST enableautoscale. semantics §2.1 @throws `BatchError` */
export function parseAutoScaleSettings(value: unknown): AutoScaleSettings {
  return demand(autoScaleSettings, value, { name: 'autoscale settings' });
}

/** The body of POST evaluateautoscale. semantics §6.7 @throws `BatchError` */
export function parseAutoScaleEvaluation(value: unknown): { autoScaleFormula: string } {
  return demand(autoScaleEvaluation, value, { name: 'evaluation' });
}

/** The body of PATCH pool. semantics §1.2 @throws `BatchError` */
export function parsePoolPatch(value: unknown, options: SealOptions = {}): PoolPatch {
  return demand(poolPatch(options), value, { name: 'patch' });
}

/** The body of POST updateproperties. semantics §1.2 @throws `BatchError` */
export function parsePoolProperties(value: unknown, options: SealOptions = {}): PoolProperties {
  return demand(poolProperties(options), value, { name: 'properties' });
}

/** `nodeRebootOption`, `nodeReimageOption`. semantics §2.2 @throws `BatchError` */
export function parseRestartOption(value: unknown): NodeDeallocationOption {
  return demand(nodeDeallocationOption, value, { name: 'option' });
}

/** `nodeDisableSchedulingOption`. semantics §2.2 @throws `BatchError` */
export function parseDisableSchedulingOption(value: unknown): NodeDisableSchedulingOption {
  return demand(nodeDisableSchedulingOption, value, { name: 'option' });
}

/** The body of POST resize. semantics §2.1 @throws `BatchError` */
export function parsePoolResize(value: unknown): PoolResize {
  return demand(poolResize, value, { name: 'resize' });
}

/** The body of POST users, and with its name of PUT. semantics §1.3 @throws `BatchError` */
export function parseNodeUser(value: unknown, options: SealOptions = {}): NodeUserSpecification {
  return demand(nodeUser(options), value, { name: 'user' });
}

/** The body of POST upgradeos. semantics §2.1 @throws `BatchError` */
export function parseUpgradeOS(value: unknown): { targetOSVersion: string } {
  return demand(upgradeOS, value, { name: 'upgrade' });
}

/** The body of POST removenodes. semantics §2.1 @throws `BatchError` */
export function parseNodeRemoval(value: unknown): NodeRemoval {
  return demand(nodeRemoval, value, { name: 'removal' });
}

/** An application. semantics §1.10 @throws `BatchError` */
export function parseApplication(value: unknown): ApplicationSpecification {
  return demand(application, value, { name: 'application' });
}

/** The body of PATCH application. semantics §10 @throws `BatchError` */
export function parseApplicationPatch(value: unknown): ApplicationPatch {
  return demand(applicationPatch, value, { name: 'patch' });
}

/** A version of an application. semantics §10 @throws `BatchError` */
export function parseApplicationPackage(
  value: unknown,
  options: SealOptions = {},
): ApplicationPackageSpecification {
  return demand(applicationPackage(options), value, { name: 'application package' });
}

/** A certificate; its data and password are sealed. semantics §1.11 @throws `BatchError` */
export function parseCertificate(
  value: unknown,
  options: SealOptions = {},
): CertificateSpecification {
  return demand(certificate(options), value, { name: 'certificate' });
}

/** A job. semantics §1.4 @throws `BatchError` */
export function parseJob(
  value: unknown,
  options: PoolOptions = none,
  sealOptions: SealOptions = {},
): JobSpecification {
  const schema = job(options).transform((one, ctx) => sealJob(one, sealOptions, ctx));
  return demand(schema, value, { name: 'job' });
}

/** The body of PATCH job. semantics §1.4 @throws `BatchError` */
export function parseJobPatch(value: unknown, options: PoolOptions = none): JobPatch {
  return demand(jobPatch(options), value, { name: 'patch' });
}

/** The body of PUT job: what is left out goes back to its default. semantics §1.4 @throws `BatchError` */
export function parseJobUpdate(value: unknown, options: PoolOptions = none): Required<JobPatch> {
  return demand(jobUpdate(options), value, { name: 'update' });
}

/** A job schedule. semantics §1.8, §7 @throws `BatchError` */
export function parseJobSchedule(
  value: unknown,
  options: SealOptions = {},
  poolOptions: PoolOptions = none,
): JobScheduleSpecification {
  return demand(sealedSchedule(jobSchedule(poolOptions), options), value, { name: 'job schedule' });
}

/** The body of PATCH job schedule: what is left out stays. semantics §1.8 @throws `BatchError` */
export function parseJobSchedulePatch(
  value: unknown,
  options: SealOptions = {},
  poolOptions: PoolOptions = none,
): JobSchedulePatch {
  return demand(sealedSchedule(jobSchedulePatch(poolOptions), options), value, { name: 'patch' });
}

/** The body of PUT job schedule: what is left out goes back to its default. semantics §1.8 @throws `BatchError` */
export function parseJobScheduleUpdate(
  value: unknown,
  options: SealOptions = {},
  poolOptions: PoolOptions = none,
): Required<JobSchedulePatch> {
  return demand(sealedSchedule(jobScheduleUpdate(poolOptions), options), value, { name: 'update' });
}

/** A task. semantics §1.5 @throws `BatchError` */
export function parseTask(value: unknown, options: SealOptions = {}): TaskSpecification {
  return demand(sealed(task, options), value, { name: 'task' });
}

/**
 * A list of tasks, each by itself: in its place stands the task or what is wrong with it (semantics §14.5).
 * An error body has a `code`, a task has none. How many there may be is the caller's matter.
 * @throws `BatchError` where the value is no list.
 */
export function parseTasks(
  value: unknown,
  options: SealOptions = {},
): (TaskSpecification | BatchErrorBody)[] {
  if (!Array.isArray(value)) demand(z.array(task), value, { name: 'list of tasks' });
  const schema = sealed(task, options);
  return (value as unknown[]).map((one, i) => {
    const reading = read(schema, one, { name: 'task', path: ['tasks', i] });
    return reading.ok ? reading.value : reading.error;
  });
}

/**
 * The body of POST addtaskcollection, `{ value: [task, …] }`, as {@link parseTasks} reads its list. These limits are those
 * of the wire: it is for servers; whoever adds tasks without one may add any number. `bytes`: how long the body was.
 * semantics §12, §14.5
 * @throws `BatchError` `RequestBodyTooLarge` from 1 MiB on, `InvalidPropertyValue` with more than 100 tasks.
 */
export function parseTaskCollection(
  body: unknown,
  bytes: number,
  options: SealOptions = {},
): (TaskSpecification | BatchErrorBody)[] {
  return parseTasks(taskCollection(body, bytes), options);
}

/** What becomes of the tasks that run when a job is disabled. @throws `BatchError` */
export function parseDisableTasks(value: unknown): DisableTasks {
  return demand(disableTasks, value, { name: 'disableTasks' });
}

/** A task factory (extension). @throws `BatchError` */
export function parseTaskFactory(value: unknown, options: SealOptions = {}): TaskFactory {
  const schema = taskFactory.transform((factory, ctx) => sealTaskFactory(factory, options, ctx));
  return demand(schema, value, { name: 'task factory' });
}

/**
 * A task's constraints by themselves, as PUT task has them: what is left out is the default. semantics §1.6
 * @throws `BatchError`
 */
export function parseTaskConstraints(value: unknown): TaskConstraints {
  return demand(taskConstraints, value, { name: 'constraints' });
}

/**
 * A job file (extension): pool, job, tasks and/or taskFactory, uploads, downloads; its section `simulation` is
 * for {@link parseJobSimulation}. Unlike elsewhere `job.poolInfo` may be left out (it is the file's pool),
 * `pool.vmSize` is `local` and `job.onAllTasksComplete` is `terminatejob` by default.
 * @throws `BatchError`
 */
export function parseJobFile(value: unknown, options: PoolOptions & SealOptions = {}): JobFile {
  return demand(jobFile(options), value, { name: 'job file' });
}

/**
 * The section `simulation` of a job file (extension), `undefined` where there is none; `file` is what the rest of
 * the file says.
 * @throws `BatchError`
 */
export function parseJobSimulation(section: unknown, file: JobFile): JobSimulation {
  if (section === undefined || section === null) {
    throw new BatchError({
      code: 'MissingRequiredProperty',
      message:
        'simulation is required: it says how long the tasks run, for all of them as in ' +
        'simulation: { duration: PT1M }, or by their ids in simulation.durations',
      values: [{ key: 'PropertyName', value: 'simulation' }],
    });
  }
  const schema = z.object({ simulation: jobSimulation(file) });
  return demand(schema, { simulation: section }, { name: 'job file' }).simulation;
}

/**
 * A recorded workflow in WfFormat 1.5: tasks and edges from `workflow.specification`, durations from
 * `workflow.execution`. What else the file has is not looked at.
 * @throws `BatchError`
 */
export function parseWorkflow(value: unknown): Workflow {
  return demand(workflow, value, { name: 'workflow' });
}

function sealed(
  schema: z.ZodType<TaskSpecification>,
  options: SealOptions,
): z.ZodType<TaskSpecification> {
  return schema.transform((one, ctx) => sealTask(one, options, ctx));
}

function sealedSchedule<Given extends JobSchedulePatch>(
  schema: z.ZodType<Given>,
  options: SealOptions,
): z.ZodType<Given> {
  return schema.transform((given, ctx): Given => {
    if (given.jobSpecification === undefined) return given;
    const jobSpecification = sealJob(given.jobSpecification, options, ctx, ['jobSpecification']);
    if (jobSpecification.taskFactory === undefined) return { ...given, jobSpecification };
    const place = ['jobSpecification', 'taskFactory'];
    const taskFactory = sealTaskFactory(jobSpecification.taskFactory, options, ctx, place);
    return { ...given, jobSpecification: { ...jobSpecification, taskFactory } };
  });
}
