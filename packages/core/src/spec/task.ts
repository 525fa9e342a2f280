import { z } from 'zod';
import type { TaskSpecification, TaskTemplate } from '../specification.ts';
import { applicationPackageReferences } from './application-package-references.ts';
import { containerName, containerTemplate } from './blob-names.ts';
import { taskConstraints } from './constraints.ts';
import { dependsOn } from './dependencies.ts';
import type { OtherNames } from './entity.ts';
import { entity, stateProperties } from './entity.ts';
import { environmentSettings } from './environment.ts';
import { exitConditions } from './exit-conditions.ts';
import { multiInstanceSettings } from './multi-instance.ts';
import { outputFile } from './output-file.ts';
import { issue } from './problem.ts';
import { resourceFile } from './resource-file.ts';
import { commandLine, displayName, id, MAX_INT32, text, whole } from './scalars.ts';
import { identityFields, withIdentity } from './user-identity.ts';

const notBuiltYet: OtherNames['notBuiltYet'] = {
  authenticationTokenSettings: [{ access: [] }, {}],
  containerSettings: [],
};

const readOnly = [...stateProperties, 'executionInfo', 'nodeInfo', 'stats', 'effectiveEnvironment'];

/** A hint: one that names nothing is none (semantics §3.4). */
const affinityInfo = entity({
  affinityId: text((value) => value !== '' && value.length <= 256, 'must have 1 to 256 characters'),
});

const common = {
  displayName: displayName.optional(),
  commandLine,
  environmentSettings: environmentSettings.default(() => []),
  ...identityFields,
  constraints: taskConstraints.default(() => ({})),
  requiredSlots: whole(1, MAX_INT32).default(1),
  dependsOn: dependsOn.optional(),
  exitConditions: exitConditions.optional(),
  affinityInfo: affinityInfo.optional(),
  applicationPackageReferences: applicationPackageReferences
    .transform((references) => (references.length === 0 ? undefined : references))
    .optional(),
};

/** semantics §1.5 */
export const task: z.ZodType<TaskSpecification> = entity(
  {
    id,
    ...common,
    resourceFiles: z.array(resourceFile(containerName, { sealed: true })).default(() => []),
    outputFiles: z.array(outputFile(containerName)).default(() => []),
    multiInstanceSettings: multiInstanceSettings(containerName).optional(),
  },
  { notBuiltYet, readOnly },
)
  .transform(oneSlotEach)
  .transform(withIdentity);

/** A task without an id, whose texts may hold placeholders. */
export const taskTemplate: z.ZodType<TaskTemplate> = entity(
  {
    ...common,
    resourceFiles: z.array(resourceFile(containerTemplate, { sealed: true })).default(() => []),
    outputFiles: z.array(outputFile(containerTemplate)).default(() => []),
    multiInstanceSettings: multiInstanceSettings(containerTemplate).optional(),
  },
  { notBuiltYet, readOnly: ['id', ...readOnly] },
)
  .transform(oneSlotEach)
  .transform(withIdentity);

/** An instance has a node with one slot (semantics §9, rule 1). */
function oneSlotEach<Task extends TaskTemplate>(task: Task, ctx: z.RefinementCtx): Task {
  if (task.multiInstanceSettings !== undefined && task.requiredSlots !== 1) {
    const reason = 'must be 1 with multiInstanceSettings: each instance has one slot of its node';
    ctx.issues.push(issue(task.requiredSlots, reason, {}, ['requiredSlots']));
  }
  return task;
}
