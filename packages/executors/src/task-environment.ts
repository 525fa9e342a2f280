import type { EnvironmentSetting, NodeDetails, RunDetails } from '@berth/core';

/** System variables (semantics §4.2): a user's value for one of them is ignored (§1.14). */
const systemNames = new Set(
  [
    'ACCOUNT_NAME',
    'ACCOUNT_URL',
    'POOL_ID',
    'NODE_ID',
    'NODE_IS_DEDICATED',
    'NODE_ROOT_DIR',
    'NODE_SHARED_DIR',
    'NODE_STARTUP_DIR',
    'NODE_MOUNTS_DIR',
    'JOB_ID',
    'JOB_PREP_DIR',
    'JOB_PREP_WORKING_DIR',
    'TASK_ID',
    'TASK_DIR',
    'TASK_WORKING_DIR',
    'TASK_SHARED_DIR',
    'NODE_LIST',
    'HOST_LIST',
    'MASTER_NODE',
    'IS_CURRENT_NODE_MASTER',
    'CERTIFICATES_DIR',
    'AUTHENTICATION_TOKEN',
    'TASK_RESERVED_EPHEMERAL_DISK_SPACE_BYTES',
  ].map((name) => `AZ_BATCH_${name}`),
);
/** How a kill finds the processes of a run that have left its session (runner-script.ts). */
export const markerName = 'BERTH_RUN';

export function isSystemVariable(name: string): boolean {
  return systemNames.has(name) || name === markerName || name === 'CCP_NODES';
}

/** Directory of all that a job has below `workitems/`: of the third of schedule `s`, which is `s:job-3`, `s/job-3`. */
export function jobDirectory(jobId: string): string {
  return jobId.replace(':', '/');
}

/** Directory of a task below `workitems/` (semantics §4.1). */
export function taskDirectory(jobId: string, taskId: string): string {
  return `${jobId.includes(':') ? jobDirectory(jobId) : `${jobId}/job-1`}/${taskId}`;
}

/** The same for every run of the node: its slot shells hold them. */
export function nodeEnvironment(node: NodeDetails, root: string): Record<string, string> {
  return {
    AZ_BATCH_POOL_ID: node.poolId,
    AZ_BATCH_NODE_ID: node.nodeId,
    AZ_BATCH_NODE_IS_DEDICATED: String(node.isDedicated),
    AZ_BATCH_NODE_ROOT_DIR: root,
    AZ_BATCH_NODE_SHARED_DIR: `${root}/shared`,
    AZ_BATCH_NODE_STARTUP_DIR: `${root}/startup`,
    AZ_BATCH_NODE_MOUNTS_DIR: `${root}/fsmounts`,
  };
}

/** Directory of a start task from `workitems/`, as the runner names directories (semantics §4.1). */
export const startupDirectory = '../startup';

/** What a start line carries for a start task: it is no task of a job, and works in the startup directory. */
export function startTaskEnvironment(run: RunDetails, root: string): EnvironmentSetting[] {
  const directory = `${root}/startup`;
  return [
    ...run.environmentSettings.filter(({ name }) => !isSystemVariable(name) && name !== 'HOME'),
    { name: 'AZ_BATCH_ACCOUNT_NAME', value: run.accountName },
    { name: 'AZ_BATCH_TASK_DIR', value: directory },
    { name: 'AZ_BATCH_TASK_WORKING_DIR', value: `${directory}/wd` },
    { name: 'HOME', value: `${directory}/wd` },
  ];
}

/** What a start line carries; the directories of the task are set by the runner, which knows them. */
export function runEnvironment(run: RunDetails): EnvironmentSetting[] {
  const settings = run.environmentSettings.filter(({ name }) => !isSystemVariable(name));
  settings.push(
    { name: 'AZ_BATCH_ACCOUNT_NAME', value: run.accountName },
    { name: 'AZ_BATCH_JOB_ID', value: run.jobId },
    { name: 'AZ_BATCH_TASK_ID', value: run.taskId },
  );
  return settings;
}

/** All that the process sees but the marker, for patterns that name variables. */
export function expandedEnvironment(
  node: NodeDetails,
  root: string,
  common: Readonly<Record<string, string>>,
  run: RunDetails,
): Map<string, string> {
  const directory = `${root}/workitems/${taskDirectory(run.jobId, run.taskId)}`;
  const all = new Map(Object.entries({ ...common, HOME: `${directory}/wd` }));
  for (const { name, value } of runEnvironment(run)) all.set(name, value);
  for (const [name, value] of Object.entries(nodeEnvironment(node, root))) all.set(name, value);
  all.set('AZ_BATCH_TASK_DIR', directory);
  all.set('AZ_BATCH_TASK_WORKING_DIR', `${directory}/wd`);
  return all;
}
