import { z } from 'zod';
import {
  defaultEvaluationIntervalMs,
  defaultResizeTimeoutMs,
  mostTaskSlotsPerNode,
  taskSlotsPerCore,
} from '../limits.ts';
import type { NodeSize } from '../node-size.ts';
import { findNodeSize, nearestNodeSize, nodeSizeTable } from '../node-size.ts';
import type { PoolSpecification } from '../specification.ts';
import { poolPackageReferences } from './application-package-references.ts';
import { autoScaleEvaluationInterval, autoScaleFormula } from './autoscale.ts';
import { certificateReferences } from './certificate.ts';
import { cloudServiceConfiguration } from './cloud-service.ts';
import { entity } from './entity.ts';
import { metadata } from './metadata.ts';
import { mountConfiguration } from './mount-configuration.ts';
import { networkConfiguration } from './network-configuration.ts';
import { nodeCount, resizeTimeout, resizeTimeoutMs } from './pool-resize.ts';
import { issue } from './problem.ts';
import { underEitherName } from './same-property.ts';
import { choice, displayName, id, MAX_INT32, text, whole } from './scalars.ts';
import type { SealOptions } from './seal.ts';
import { startTask } from './start-task.ts';
import { userAccounts } from './user-accounts.ts';
import { virtualMachineConfiguration } from './virtual-machine.ts';

/** What the door has to know of the account to read a pool. */
export interface PoolOptions extends SealOptions {
  /** Node sizes of the hosts there are, beside `local` and the built-in ones, which they may replace. */
  nodeSizes?: readonly NodeSize[];
  /** Cores of the size `local`. Default 64. */
  localCores?: number;
  /** How durable the cause of a start must be with this executor. Default: `synced` for all. */
  durabilityOf?: (executor: string) => PoolSpecification['durability'];
}

const slots = whole(1, MAX_INT32).optional();

/** What the service sets. */
export const poolReadOnly: readonly string[] = [
  'url',
  'eTag',
  'lastModified',
  'creationTime',
  'state',
  'stateTransitionTime',
  'allocationState',
  'allocationStateTransitionTime',
  'currentDedicatedNodes',
  'currentDedicated',
  'currentLowPriorityNodes',
  'currentNodeCommunicationMode',
  'resizeErrors',
  'resizeError',
  'autoScaleRun',
  'identity',
  'stats',
];

/** A pool as it is given; what its properties mean together is judged later. */
const givenPool = (options: SealOptions) =>
  entity(
    {
      id,
      displayName: displayName.optional(),
      vmSize: text((name) => name !== '', 'must not be empty').optional(),
      targetDedicatedNodes: nodeCount.optional(),
      targetDedicated: nodeCount.optional(),
      targetLowPriorityNodes: nodeCount.optional(),
      resizeTimeout: resizeTimeout.default(defaultResizeTimeoutMs),
      enableAutoScale: z.boolean().default(false),
      autoScaleFormula: autoScaleFormula.optional(),
      autoScaleEvaluationInterval: autoScaleEvaluationInterval.default(defaultEvaluationIntervalMs),
      taskSlotsPerNode: slots,
      maxTasksPerNode: slots,
      taskSchedulingPolicy: entity({
        nodeFillType: choice(['spread', 'pack']).default('spread'),
        jobDefaultOrder: choice(['none', 'creationtime'])
          .transform((order) => (order === 'none' ? undefined : order))
          .optional(),
      }).default(() => ({ nodeFillType: 'spread' as const })),
      startTask: startTask(options).optional(),
      applicationPackageReferences: poolPackageReferences.optional(),
      certificateReferences: certificateReferences.optional(),
      userAccounts: userAccounts(options).optional(),
      mountConfiguration: mountConfiguration(options).optional(),
      networkConfiguration: networkConfiguration.optional(),
      metadata: metadata.default(() => []),
      executor: id.default('local'),
      virtualMachineConfiguration: virtualMachineConfiguration.optional(),
      cloudServiceConfiguration: cloudServiceConfiguration.optional(),
      enableInterNodeCommunication: z.boolean().default(false),
    },
    {
      notBuiltYet: {
        applicationLicenses: [[]],
        targetNodeCommunicationMode: ['default'],
        upgradePolicy: [],
        resourceTags: [{}],
      },
      readOnly: poolReadOnly,
    },
  );

/**
 * A pool; its slots are checked against the size of its nodes. `vmSizeDefault` absent: vmSize is required.
 * semantics §1.2
 */
export function pool(
  options: PoolOptions & SealOptions,
  vmSizeDefault?: string,
): z.ZodType<PoolSpecification> {
  const sizes = nodeSizeTable(options.nodeSizes ?? [], options.localCores);
  const durabilityOf = options.durabilityOf ?? (() => 'synced');
  return givenPool(options).transform((given, ctx): PoolSpecification => {
    const missing = { code: 'MissingRequiredProperty' };
    const vmSize = given.vmSize ?? vmSizeDefault;
    if (vmSize === undefined) ctx.issues.push(issue(given, 'is required', missing, ['vmSize']));
    const lowPriority = given.targetLowPriorityNodes;
    const autoscale = autoscaleOf(given, ctx);
    const nodes =
      underEitherName(given, 'targetDedicatedNodes', 'targetDedicated', ctx) ??
      (lowPriority === undefined && !given.enableAutoScale ? undefined : 0);
    if (nodes === undefined) {
      ctx.issues.push(issue(given, 'is required', missing, ['targetDedicatedNodes']));
    }
    const perNode = underEitherName(given, 'taskSlotsPerNode', 'maxTasksPerNode', ctx) ?? 1;
    if (vmSize === undefined || nodes === undefined) return z.NEVER;
    if (given.cloudServiceConfiguration && given.virtualMachineConfiguration) {
      const reason = 'must not be given with virtualMachineConfiguration: a pool has one of them';
      ctx.issues.push(
        issue(given.cloudServiceConfiguration, reason, {}, ['cloudServiceConfiguration']),
      );
    }
    const size = findNodeSize(sizes, vmSize);
    if (size === undefined) {
      const reason = `must be a known node size, the nearest being "${nearestNodeSize(sizes, vmSize)}"`;
      ctx.issues.push(issue(vmSize, reason, {}, ['vmSize']));
      return z.NEVER;
    }
    const most = Math.min(taskSlotsPerCore * size.cores, mostTaskSlotsPerNode);
    if (perNode > most) {
      const name = given.taskSlotsPerNode === undefined ? 'maxTasksPerNode' : 'taskSlotsPerNode';
      const cores = `${size.name} has ${size.cores} core${size.cores === 1 ? '' : 's'}`;
      const reason = `must be a whole number from 1 to ${most} (${cores})`;
      ctx.issues.push(issue(perNode, reason, {}, [name]));
    }
    return {
      id: given.id,
      ...(given.displayName !== undefined && { displayName: given.displayName }),
      vmSize,
      ...(given.virtualMachineConfiguration !== undefined && {
        virtualMachineConfiguration: given.virtualMachineConfiguration,
      }),
      ...(given.cloudServiceConfiguration !== undefined && {
        cloudServiceConfiguration: given.cloudServiceConfiguration,
      }),
      ...(given.enableInterNodeCommunication && { enableInterNodeCommunication: true as const }),
      targetDedicatedNodes: nodes,
      targetLowPriorityNodes: lowPriority ?? 0,
      ...resizeTimeoutMs(given.resizeTimeout),
      ...autoscale,
      taskSlotsPerNode: perNode,
      taskSchedulingPolicy: given.taskSchedulingPolicy,
      ...(given.startTask !== undefined && { startTask: given.startTask }),
      ...(given.certificateReferences?.length && {
        certificateReferences: given.certificateReferences,
      }),
      ...(given.applicationPackageReferences?.length && {
        applicationPackageReferences: given.applicationPackageReferences,
      }),
      ...(given.userAccounts?.length && { userAccounts: given.userAccounts }),
      ...(given.mountConfiguration?.length && { mountConfiguration: given.mountConfiguration }),
      ...(given.networkConfiguration !== undefined && {
        networkConfiguration: given.networkConfiguration,
      }),
      metadata: given.metadata,
      executor: given.executor,
      durability: durabilityOf(given.executor),
    };
  });
}

/** What it has of a formula; with one it has no targets of its own (semantics §1.2). */
function autoscaleOf(
  given: z.output<ReturnType<typeof givenPool>>,
  ctx: { issues: z.core.$ZodRawIssue[] },
): Pick<
  PoolSpecification,
  'enableAutoScale' | 'autoScaleFormula' | 'autoScaleEvaluationIntervalMs'
> {
  const settings = { code: 'InvalidAutoScalingSettings' };
  if (!given.enableAutoScale) {
    if (given.autoScaleFormula !== undefined) {
      const reason = 'is given, but enableAutoScale is not true';
      ctx.issues.push(issue(given, reason, { ...settings, hideValue: true }, ['autoScaleFormula']));
    }
    return {};
  }
  const targets = ['targetDedicatedNodes', 'targetDedicated', 'targetLowPriorityNodes'] as const;
  for (const name of targets) {
    if (given[name] === undefined) continue;
    const reason = 'must not be given with enableAutoScale: the formula sets it';
    ctx.issues.push(issue(given, reason, settings, [name]));
  }
  if (given.autoScaleFormula === undefined) {
    const missing = { code: 'MissingRequiredProperty' };
    ctx.issues.push(
      issue(given, 'is required with enableAutoScale', missing, ['autoScaleFormula']),
    );
    return {};
  }
  return {
    enableAutoScale: true,
    autoScaleFormula: given.autoScaleFormula,
    autoScaleEvaluationIntervalMs: given.autoScaleEvaluationInterval,
  };
}
