import type { DisableTasks } from '@berth/core';
import { parseJob, parseJobPatch } from '@berth/core/spec';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import { jobOptions, jobPatchOptions, restBody } from './rest-body.ts';

export const jobCommands: Record<string, ScenarioCommand> = {
  'add job'(world, line) {
    const id = line.word('an id');
    const body = restBody(line, jobOptions, { id, poolInfo: { poolId: 'p' } });
    line.end();
    throughDoor(world, () => ({ type: 'addJob', job: parseJob(body) }));
  },
  'patch job'(world, line) {
    const jobId = line.word('an id');
    const body = restBody(line, jobPatchOptions, {});
    line.end();
    throughDoor(world, () => ({ type: 'patchJob', jobId, patch: parseJobPatch(body) }));
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
    line.end();
    world.send({
      type: 'terminateJob',
      jobId,
      ...(reason === undefined ? {} : { terminateReason: reason }),
    });
  },
  'delete job'(world, line) {
    const jobId = line.word('an id');
    line.end();
    world.send({ type: 'deleteJob', jobId });
  },
};
