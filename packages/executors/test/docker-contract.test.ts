import { dockerExecutor } from '@berth/executors';
import { executorContract, shellCommands, shellFiles } from '@berth/executors/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canRunEngine, DockerDaemon } from './docker-daemon.ts';

describe.skipIf(!canRunEngine)('in containers', () => {
  let daemon: DockerDaemon;
  beforeAll(async () => {
    daemon = await DockerDaemon.start();
  }, 120_000);
  afterAll(() => daemon.dispose(), 120_000);

  executorContract('the Docker executor', {
    create: () => dockerExecutor(daemon.options()),
    commands: { ...shellCommands, lost: "sh -c 'kill -9 0'" },
    files: shellFiles,
    capabilities: { interNodeCommunication: true },
    survives: true,
    startTasks: true,
  });

  it('nothing is left of nodes that are gone', () => {
    expect(daemon.containers()).toEqual([]);
    expect(daemon.docker('volume', 'ls', '-q')).toBe('');
  });
});
