import type { NodeDetails, Report, RunDetails } from '@berth/core';
import { ReportKind } from '@berth/core';
import { capabilitiesOf } from './capabilities.ts';
import type { Executor } from './executor.ts';

/*
 * What an executor answers where it is asked to install or run what it cannot, though that is refused where it can be foreseen:
 * nothing is ever left out in silence.
 */

/** `undefined`: it can be started. */
export function runRefusal(
  executor: Executor,
  run: number,
  sequence: number,
  { applicationPackages, multiInstance }: RunDetails,
): Report | undefined {
  if (multiInstance !== undefined && !capabilitiesOf(executor).interNodeCommunication) {
    const detail = `The executor "${executor.name}" runs no multi-instance tasks.`;
    const failure = 'CommandLaunchFailed';
    return { kind: ReportKind.runEnded, run, sequence, failure, detail };
  }
  if (applicationPackages === undefined) return undefined;
  const detail = capabilitiesOf(executor).applicationPackages
    ? applicationPackages.error
    : installsNo(executor, 'application packages');
  if (detail === undefined) return undefined;
  const failure = 'ApplicationPackageError';
  return { kind: ReportKind.runEnded, run, sequence, failure, detail };
}

/** `undefined`: it can be had. */
export function nodeRefusal(
  executor: Executor,
  node: number,
  sequence: number,
  { applicationPackages, certificates }: NodeDetails,
): Report | undefined {
  const able = capabilitiesOf(executor);
  const kind = ReportKind.nodeUnusable;
  if (certificates.length > 0 && !able.certificates) {
    const detail = installsNo(executor, 'certificates');
    return { kind, node, sequence, error: 'NodePreparationError', detail };
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
