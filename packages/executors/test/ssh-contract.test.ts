import { sshExecutor } from '@berth/executors';
import { executorContract, shellCommands, shellFiles } from '@berth/executors/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { canMakeHosts, SshHosts } from './ssh-hosts.ts';

describe.skipIf(!canMakeHosts)('over SSH', () => {
  let hosts: SshHosts;
  beforeAll(() => {
    hosts = new SshHosts();
  });
  afterAll(() => hosts.dispose());

  // As if the host had gone down: its end of the connection is gone at once.
  const goDown = 'kill -9 "$PPID"';

  executorContract('the SSH executor', {
    create: () => sshExecutor(hosts.options({ reboot: goDown, reimage: goDown })),
    commands: { ...shellCommands, lost: "sh -c 'kill -9 0'" },
    files: shellFiles,
    capabilities: {
      interNodeCommunication: true,
      applicationPackages: true,
      certificates: true,
      deallocate: true,
    },
    survives: true,
    startTasks: true,
  });
});
