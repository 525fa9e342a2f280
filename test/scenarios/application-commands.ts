import { parseApplication, parseApplicationPackage, parseApplicationPatch } from '@berth/core/spec';
import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import {
  applicationOptions,
  applicationPatchOptions,
  packageOptions,
  restBody,
} from './rest-body.ts';

/** Applications and their versions; `a@1` is version 1 of the application a. */
export const applicationCommands: Record<string, ScenarioCommand> = {
  'add application'(world, line) {
    const body = restBody(line, applicationOptions, { id: line.word('an id') });
    line.end();
    throughDoor(world, () => ({ type: 'addApplication', application: parseApplication(body) }));
  },
  'patch application'(world, line) {
    const applicationId = line.word('an id');
    const body = restBody(line, applicationPatchOptions, {});
    line.end();
    throughDoor(world, () => ({
      type: 'patchApplication',
      applicationId,
      patch: parseApplicationPatch(body),
    }));
  },
  'delete application'(world, line) {
    const applicationId = line.word('an id');
    line.end();
    world.send({ type: 'deleteApplication', applicationId });
  },
  /** Pending until it is activated. */
  'add package'(world, line) {
    const { applicationId, version } = packageOf(line);
    const content = { autoStorageContainerName: 'packages', blobName: `${version}.zip` };
    const body = restBody(line, packageOptions, { version, content });
    line.end();
    throughDoor(world, () => ({
      type: 'addApplicationPackage',
      applicationId,
      package: parseApplicationPackage(body),
    }));
  },
  'activate package'(world, line) {
    const named = packageOf(line);
    line.end();
    world.send({ type: 'activateApplicationPackage', ...named });
  },
  'delete package'(world, line) {
    const named = packageOf(line);
    line.end();
    world.send({ type: 'deleteApplicationPackage', ...named });
  },
  'show application'(world, line) {
    const application = world.queries.application(line.word('an application'));
    line.end();
    if (application === undefined) return world.say('not found');
    const { id, displayName, allowUpdates, defaultVersion, packages } = application;
    world.say(
      [
        id,
        ...(displayName === undefined ? [] : [`"${displayName}"`]),
        ...(allowUpdates ? [] : ['allowUpdates=false']),
        ...(defaultVersion === undefined ? [] : [`defaultVersion=${defaultVersion}`]),
        ...packages.map(({ version, state }) => `${version} ${state}`),
      ].join(' '),
    );
  },
};

function packageOf(line: CommandLine): { applicationId: string; version: string } {
  const word = line.word('a version');
  const [applicationId = '', version] = word.split('@');
  if (version === undefined)
    throw new Error(`${line.name}: a version is written application@version`);
  return { applicationId, version };
}
