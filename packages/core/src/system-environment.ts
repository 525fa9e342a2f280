import type { EnvironmentSetting } from './specification.ts';

/*
 * The environment of tasks (semantics §1.14, §4.2): what the system sets stands here once, for the executors that set it
 * and for whoever reads a task back (ruling 29).
 */

/** What the values of system variables are made of. */
export interface EnvironmentFacts {
  accountName: string;
  /** Absent: for a start task. */
  task?: {
    jobId: string;
    taskId: string;
    /** Absent: its job has none, or it is that task itself (ruling 28). */
    jobPreparationTaskId?: string;
  };
  /** Absent: none is known yet. */
  node?: { poolId: string; nodeId: string; isDedicated: boolean };
  /** AZ_BATCH_NODE_ROOT_DIR, which only the node's executor knows; absent: not known. */
  nodeRoot?: string;
}

export interface SystemVariable {
  name: string;
  /**
   * What it is the same for: all that runs on a node, or one run; `directory`: the run, and it says where that works;
   * `preparation`: the run, and only where its job has a preparation task.
   */
  of: 'node' | 'run' | 'preparation' | 'directory';
  /** `undefined`: what it is made of is not known. */
  value(facts: EnvironmentFacts): string | undefined;
}

/** Those that a task finds, in order. */
export const systemVariables: readonly SystemVariable[] = [
  variable('ACCOUNT_NAME', 'run', ({ accountName }) => accountName),
  variable('POOL_ID', 'node', ({ node }) => node?.poolId),
  variable('NODE_ID', 'node', ({ node }) => node?.nodeId),
  variable('NODE_IS_DEDICATED', 'node', ({ node }) => node && String(node.isDedicated)),
  variable('NODE_ROOT_DIR', 'node', ({ nodeRoot }) => nodeRoot),
  variable('NODE_SHARED_DIR', 'node', below('shared')),
  variable('NODE_STARTUP_DIR', 'node', below('startup')),
  variable('NODE_MOUNTS_DIR', 'node', below('fsmounts')),
  variable('CERTIFICATES_DIR', 'node', below('certs')),
  variable('JOB_ID', 'run', ({ task }) => task?.jobId),
  variable('TASK_ID', 'run', ({ task }) => task?.taskId),
  variable('JOB_PREP_DIR', 'preparation', (facts) => directoryOf(preparationOf(facts))),
  variable('JOB_PREP_WORKING_DIR', 'preparation', (facts) =>
    inDirectoryOf(preparationOf(facts), '/wd'),
  ),
  variable('TASK_DIR', 'directory', (facts) => directoryOf(facts)),
  variable('TASK_WORKING_DIR', 'directory', (facts) => inDirectoryOf(facts, '/wd')),
];

/** Those of which nothing is made yet; a user's value for one of them is ignored all the same (semantics §1.14). */
const reserved = [
  'ACCOUNT_URL',
  'TASK_SHARED_DIR',
  'NODE_LIST',
  'HOST_LIST',
  'MASTER_NODE',
  'IS_CURRENT_NODE_MASTER',
  'AUTHENTICATION_TOKEN',
  'TASK_RESERVED_EPHEMERAL_DISK_SPACE_BYTES',
].map((name) => `AZ_BATCH_${name}`);

const systemNames: ReadonlySet<string> = new Set([
  ...systemVariables.map(({ name }) => name),
  ...reserved,
  'CCP_NODES',
]);

/** A user's value for one of them is ignored (semantics §1.14). */
export function isSystemVariable(name: string): boolean {
  return systemNames.has(name) || name.startsWith('AZ_BATCH_APP_PACKAGE_');
}

/** The variables of one sort whose values are known. */
export function systemEnvironment(
  of: SystemVariable['of'],
  facts: EnvironmentFacts,
): EnvironmentSetting[] {
  return systemVariables.flatMap((variable) => {
    const value = variable.of === of ? variable.value(facts) : undefined;
    return value === undefined ? [] : [{ name: variable.name, value }];
  });
}

/** `null`: not known, or nobody's to read. */
export interface EffectiveSetting {
  name: string;
  value: string | null;
}

/** What the process gets: the job's settings, then the task's, then the system's, each name once (semantics §1.14). */
export function effectiveEnvironment(
  settings: readonly EnvironmentSetting[],
  facts: EnvironmentFacts,
): EffectiveSetting[] {
  const given = new Map<string, string>();
  for (const { name, value } of settings) if (!isSystemVariable(name)) given.set(name, value);
  const own = [...given].map(([name, value]) => ({ name, value }));
  const hasPreparation = facts.task?.jobPreparationTaskId !== undefined;
  const system = systemVariables
    .filter(({ of }) => of !== 'preparation' || hasPreparation)
    .map((one) => ({ name: one.name, value: one.value(facts) ?? null }));
  return [...own, ...system];
}

/** Directory of all that a job has below `workitems/`: of the third of schedule `s`, which is `s:job-3`, `s/job-3`. */
export function jobDirectory(jobId: string): string {
  return jobId.replace(':', '/');
}

/** Directory of a task below `workitems/` (semantics §4.1). */
export function taskDirectory(jobId: string, taskId: string): string {
  return `${jobId.includes(':') ? jobDirectory(jobId) : `${jobId}/job-1`}/${taskId}`;
}

function variable(
  name: string,
  of: SystemVariable['of'],
  value: SystemVariable['value'],
): SystemVariable {
  return { name: `AZ_BATCH_${name}`, of, value };
}

function below(directory: string): SystemVariable['value'] {
  return ({ nodeRoot }) => nodeRoot && `${nodeRoot}/${directory}`;
}

/** A start task works in the startup directory. */
function directoryOf({ nodeRoot, task }: EnvironmentFacts): string | undefined {
  if (nodeRoot === undefined) return undefined;
  return task === undefined
    ? `${nodeRoot}/startup`
    : `${nodeRoot}/workitems/${taskDirectory(task.jobId, task.taskId)}`;
}

/** The facts of the preparation task of its job, where it has one. */
function preparationOf({ nodeRoot, task, ...facts }: EnvironmentFacts): EnvironmentFacts {
  const taskId = task?.jobPreparationTaskId;
  if (nodeRoot === undefined || task === undefined || taskId === undefined) return facts;
  return { ...facts, nodeRoot, task: { jobId: task.jobId, taskId } };
}

function inDirectoryOf(facts: EnvironmentFacts, path: string): string | undefined {
  const directory = directoryOf(facts);
  return directory && directory + path;
}
