import type { z } from 'zod';
import type { PoolPatch, PoolProperties } from '../specification.ts';
import { poolPackageReferences } from './application-package-references.ts';
import { certificateReferences } from './certificate.ts';
import type { OtherNames } from './entity.ts';
import { entity } from './entity.ts';
import { metadata } from './metadata.ts';
import { poolReadOnly } from './pool.ts';
import type { SealOptions } from './seal.ts';
import { startTask } from './start-task.ts';

const others: OtherNames = {
  readOnly: poolReadOnly,
  fixed: [
    'id',
    'displayName',
    'vmSize',
    'executor',
    'taskSlotsPerNode',
    'maxTasksPerNode',
    'taskSchedulingPolicy',
    'targetDedicatedNodes',
    'targetDedicated',
    'targetLowPriorityNodes',
    'resizeTimeout',
    'enableAutoScale',
    'autoScaleFormula',
    'autoScaleEvaluationInterval',
    'enableInterNodeCommunication',
    'userAccounts',
    'mountConfiguration',
    'networkConfiguration',
    'virtualMachineConfiguration',
    'cloudServiceConfiguration',
  ],
};

/** Only given elements change. semantics §1.2 */
export function poolPatch(options: SealOptions): z.ZodType<PoolPatch> {
  return entity(
    {
      startTask: startTask(options).optional(),
      applicationPackageReferences: poolPackageReferences.optional(),
      certificateReferences: certificateReferences.optional(),
      metadata: metadata.optional(),
    },
    others,
  );
}

/** Elements that are not given are taken away. semantics §1.2 */
export function poolProperties(options: SealOptions): z.ZodType<PoolProperties> {
  return entity(
    {
      startTask: startTask(options).optional(),
      applicationPackageReferences: poolPackageReferences.optional(),
      certificateReferences: certificateReferences.optional(),
      metadata: metadata.default(() => []),
    },
    others,
  );
}
