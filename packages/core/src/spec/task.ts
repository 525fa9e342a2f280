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
import { outputFile } from './output-file.ts';
import { resourceFile } from './resource-file.ts';
import { commandLine, displayName, id, MAX_INT32, text, whole } from './scalars.ts';

/** User identities that ask for nothing (ruling 18). */
export const plainUser: readonly unknown[] = [
  { autoUser: { scope: 'pool', elevationLevel: 'nonadmin' } },
  { autoUser: { elevationLevel: 'nonadmin', scope: 'pool' } },
  { autoUser: { scope: 'pool' } },
  { autoUser: { elevationLevel: 'nonadmin' } },
];

const notBuiltYet: OtherNames['notBuiltYet'] = {
  userIdentity: plainUser,
  runElevated: [false],
  multiInstanceSettings: [],
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
  },
  { notBuiltYet, readOnly },
);

/** A task without an id, whose texts may hold placeholders. */
export const taskTemplate: z.ZodType<TaskTemplate> = entity(
  {
    ...common,
    resourceFiles: z.array(resourceFile(containerTemplate, { sealed: true })).default(() => []),
    outputFiles: z.array(outputFile(containerTemplate)).default(() => []),
  },
  { notBuiltYet, readOnly: ['id', ...readOnly] },
);
