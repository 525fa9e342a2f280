import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SshOptions } from '@berth/executors';

const program = '/usr/sbin/sshd';

export const hasSshd: boolean = existsSync(program);

/** An sshd on this machine for the user that measures, and how to reach it. */
export async function startSshd(
  directory: string,
): Promise<{ options: SshOptions; stop(): Promise<void> }> {
  const file = (name: string): string => join(directory, name);
  for (const name of ['key', 'host-key']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const port = await freePort();
  writeFileSync(file('authorized_keys'), readFileSync(file('key.pub')));
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host-key.pub'))}`);
  const server = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host-key')}`],
    ...[`AuthorizedKeysFile ${file('authorized_keys')}`, `PidFile ${file('sshd.pid')}`],
    ...['UsePAM no', 'StrictModes no', 'UseDNS no', 'PermitRootLogin yes', 'SetEnv SHLVL=1'],
  ];
  writeFileSync(file('sshd.conf'), `${server.join('\n')}\n`);
  const client = [
    ...['Host here', 'HostName 127.0.0.1', `Port ${port}`, `User ${userInfo().username}`],
    ...[`IdentityFile ${file('key')}`, 'IdentitiesOnly yes'],
    `UserKnownHostsFile ${file('known_hosts')}`,
  ];
  writeFileSync(file('config'), `${client.join('\n ')}\n`);
  // Where it separates privileges.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const child = spawn(program, ['-D', '-f', file('sshd.conf'), '-E', file('sshd.log')], {
    stdio: 'ignore',
  });
  while (!existsSync(file('sshd.pid')) && child.exitCode === null) await sleep(10);
  return {
    options: { hosts: ['here'], configFile: file('config'), directory: file('nodes') },
    stop: () => stopped(child),
  };
}

async function stopped(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
