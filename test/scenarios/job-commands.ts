import type { DisableTasks } from '@berth/core';
import { parseJob, parseJobPatch, parseJobUpdate } from '@berth/core/spec';
import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { poolDoor, throughDoor } from './door.ts';
import { autoPoolOptions, withPool } from './pool-info.ts';
import { jobOptions, jobPatchOptions, restBody } from './rest-body.ts';

/** `force=true`: without waiting for what runs. */
export function forceOption(line: CommandLine): { force?: true } {
  return line.option('force') === 'true' ? { force: true } : {};
}

export const jobCommands: Record<string, ScenarioCommand> = {
  'add job'(world, line) {
    const id = line.word('an id');
    const body = withPool(restBody(line, { ...jobOptions, ...autoPoolOptions }, { id }));
    line.end();
    throughDoor(world, () => ({ type: 'addJob', job: parseJob(body, poolDoor) }));
  },
  'patch job'(world, line) {
    const jobId = line.word('an id');
    const given = restBody(line, { ...jobPatchOptions, ...autoPoolOptions }, {});
    const body = 'poolInfo' in given ? withPool(given) : given;
    line.end();
    throughDoor(world, () => ({ type: 'patchJob', jobId, patch: parseJobPatch(body, poolDoor) }));
  },
  'update job'(world, line) {
    const jobId = line.word('an id');
    const body = withPool(restBody(line, { ...jobPatchOptions, ...autoPoolOptions }, {}));
    line.end();
    throughDoor(world, () => ({ type: 'patchJob', jobId, patch: parseJobUpdate(body, poolDoor) }));
  },
  'disable job'(world, line) {
    const jobId = line.word('an id');
    const disableTasks = line.option('tasks') ?? 'requeue';
    line.end();
    // The cast is the scenario's promise: the door is the client's own types.
    world.send({ type: 'disableJob', jobId, disableTasks: disableTasks as DisableTasks });
  },
  'enable job'(world, line) {
    const jobId = line.word('an id');
    line.end();
    world.send({ type: 'enableJob', jobId });
  },
  'terminate job'(world, line) {
    const jobId = line.word('an id');
    const reason = line.option('reason');
    const force = forceOption(line);
    line.end();
    world.send({
      type: 'terminateJob',
      jobId,
      ...(reason === undefined ? {} : { terminateReason: reason }),
      ...force,
    });
  },
  'delete job'(world, line) {
    const jobId = line.word('an id');
    const force = forceOption(line);
    line.end();
    world.send({ type: 'deleteJob', jobId, ...force });
  },
};
