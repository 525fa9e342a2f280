import type {
  NodeDetails,
  NodeTaskDetails,
  Report,
  RunDetails,
  StartTaskDetails,
} from '@berth/core';
import { ReportKind } from '@berth/core';
import { capabilitiesOf } from './capabilities.ts';
import type { Executor } from './executor.ts';
import { userRefusal } from './user-refusal.ts';

/*
 * What an executor answers where it is asked to install or run what it cannot, though that is refused where it can be foreseen:
 * nothing is ever left out in silence.
 */

/** `undefined`: it can be started. */
export function runRefusal(
  executor: Executor,
  run: number,
  sequence: number,
  details: RunDetails,
): Report | undefined {
  const { applicationPackages, multiInstance } = details;
  const kind = ReportKind.runEnded;
  if (multiInstance !== undefined && !capabilitiesOf(executor).interNodeCommunication) {
    const detail = `The executor "${executor.name}" runs no multi-instance tasks.`;
    return { kind, run, sequence, failure: 'CommandLaunchFailed', detail };
  }
  const launch = launchRefusal(executor, details);
  if (launch !== undefined) {
    return { kind, run, sequence, failure: 'CommandLaunchFailed', detail: launch };
  }
  if (applicationPackages === undefined) return undefined;
  const detail = capabilitiesOf(executor).applicationPackages
    ? applicationPackages.error
    : installsNo(executor, 'application packages');
  if (detail === undefined) return undefined;
  return { kind, run, sequence, failure: 'ApplicationPackageError', detail };
}

/** The same of a start task. */
export function startTaskRefusal(
  executor: Executor,
  node: number,
  sequence: number,
  details: StartTaskDetails,
): Report | undefined {
  const detail = userRefusal(executor, details.user);
  if (detail === undefined) return undefined;
  const failure = 'CommandLaunchFailed';
  return { kind: ReportKind.startTaskEnded, node, sequence, failure, detail };
}

/** The same of a preparation or release task. */
export function nodeTaskRefusal(
  executor: Executor,
  run: number,
  sequence: number,
  details: NodeTaskDetails,
): Report | undefined {
  const detail = launchRefusal(executor, details);
  if (detail === undefined) return undefined;
  const failure = 'CommandLaunchFailed';
  return { kind: ReportKind.nodeTaskEnded, run, sequence, failure, detail };
}

function launchRefusal(
  executor: Executor,
  { user, networkConfiguration }: Pick<RunDetails, 'user' | 'networkConfiguration'>,
): string | undefined {
  if (networkConfiguration !== undefined && !capabilitiesOf(executor).networks) {
    return `The executor "${executor.name}" has no networks to choose.`;
  }
  return userRefusal(executor, user);
}

/** `undefined`: it can be had. */
export function nodeRefusal(
  executor: Executor,
  node: number,
  sequence: number,
  { applicationPackages, certificates, pool }: NodeDetails,
): Report | undefined {
  const able = capabilitiesOf(executor);
  const kind = ReportKind.nodeUnusable;
  const unable =
    certificates.length > 0 && !able.certificates
      ? installsNo(executor, 'certificates')
      : pool.userAccounts !== undefined && !able.userAccounts
        ? `The executor "${executor.name}" has no user accounts on its nodes.`
        : pool.mountConfiguration !== undefined && !able.mounts
          ? `The executor "${executor.name}" mounts no file systems.`
          : pool.networkConfiguration !== undefined && !able.networks
            ? `The executor "${executor.name}" has no networks to choose.`
            : undefined;
  if (unable !== undefined) {
    return { kind, node, sequence, error: 'NodePreparationError', detail: unable };
  }
  if (applicationPackages.length > 0 && !able.applicationPackages) {
    const detail = installsNo(executor, 'application packages');
    return { kind, node, sequence, error: 'ApplicationPackageError', detail };
  }
  return undefined;
}

function installsNo({ name }: Executor, what: string): string {
  return `The executor "${name}" does not install ${what}.`;
}
