import type { EnvironmentSetting, NodeDetails, RunDetails } from '@berth/core';
import { isSystemVariable, systemEnvironment, taskDirectory } from '@berth/core';
import { packageEnvironment } from './application-packages.ts';
import { certificatesDirectory } from './certificates.ts';

export { jobDirectory, taskDirectory } from '@berth/core';

/** How a kill finds the processes of a run that have left its session (runner-script.ts). */
export const markerName = 'BERTH_RUN';

/** A user's value for one of them is ignored. */
function isReserved(name: string): boolean {
  return isSystemVariable(name) || name === markerName;
}

/** The same for every run of the node: its slot shells hold them. */
export function nodeEnvironment(node: NodeDetails, root: string): Record<string, string> {
  const settings = [
    ...systemEnvironment('node', { accountName: '', node, nodeRoot: root }),
    ...packageEnvironment(root, node.applicationPackages),
  ];
  return Object.fromEntries(settings.map(({ name, value }) => [name, value]));
}

/** Directory of a start task from `workitems/`, as the runner names directories (semantics §4.1). */
export const startupDirectory = '../startup';

/** What a start line carries for a start task: it is no task of a job, and works in the startup directory. */
export function startTaskEnvironment(run: RunDetails, root: string): EnvironmentSetting[] {
  const facts = { accountName: run.accountName, nodeRoot: root };
  return [
    ...run.environmentSettings.filter(({ name }) => !isReserved(name) && name !== 'HOME'),
    ...systemEnvironment('run', facts),
    ...systemEnvironment('directory', facts),
    { name: 'AZ_BATCH_CERTIFICATES_DIR', value: certificatesDirectory(root, 'starttask') },
    { name: 'HOME', value: `${root}/startup/wd` },
  ];
}

/** What a start line carries; the directories of the task are set by the runner, which knows them. */
export function runEnvironment(run: RunDetails, root: string): EnvironmentSetting[] {
  return [
    ...run.environmentSettings.filter(({ name }) => !isReserved(name)),
    ...systemEnvironment('run', { accountName: run.accountName, task: run }),
    ...packageEnvironment(root, run.applicationPackages?.packages),
    ...systemEnvironment('preparation', {
      accountName: run.accountName,
      task: run,
      nodeRoot: root,
    }),
  ];
}

/** All that the process sees but the marker, for patterns that name variables. `more`: of this run alone. */
export function expandedEnvironment(
  node: NodeDetails,
  root: string,
  common: Readonly<Record<string, string>>,
  run: RunDetails,
  more: readonly EnvironmentSetting[],
): Map<string, string> {
  const directory = `${root}/workitems/${taskDirectory(run.jobId, run.taskId)}`;
  const all = new Map(Object.entries({ ...common, HOME: `${directory}/wd` }));
  for (const { name, value } of runEnvironment(run, root)) all.set(name, value);
  for (const [name, value] of Object.entries(nodeEnvironment(node, root))) all.set(name, value);
  for (const { name, value } of more) all.set(name, value);
  const facts = { accountName: run.accountName, task: run, node, nodeRoot: root };
  for (const { name, value } of systemEnvironment('directory', facts)) all.set(name, value);
  return all;
}
