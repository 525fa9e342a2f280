import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '@berth/berth';
import { openBatch } from '@berth/berth';
import { sshExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMakeHosts, SshHosts } from './ssh-hosts.ts';

// The hosts share the accounts of this machine: their names are this process's.
const name = `berth-a${process.pid % 100_000}`;
const other = `berth-b${process.pid % 100_000}`;

describe.skipIf(!canMakeHosts)('accounts on a host', () => {
  let hosts: SshHosts;
  let batch: Batch;
  const warnings: string[] = [];
  beforeAll(async () => {
    hosts = new SshHosts(1);
    batch = await openBatch({
      directory: join(hosts.directory, 'state'),
      executors: [sshExecutor(hosts.options())],
      warn: (message) => warnings.push(message),
    });
    await batch.pools.add({ id: 'p', vmSize: 'local', executor: 'ssh', targetDedicatedNodes: 1 });
    await until(() => batch.pools.node('p', 'node-1').get().state === 'idle');
  });
  afterAll(async () => {
    await batch?.close();
    for (const one of [name, other]) {
      if (account(one) !== undefined) execFileSync('userdel', ['-r', one], { stdio: 'ignore' });
    }
    hosts?.dispose();
  });

  test('one with a key logs in where the settings say, until it is deleted', async () => {
    const node = batch.pools.node('p', 'node-1');
    const sshPublicKey = readFileSync(join(hosts.directory, 'key.pub'), 'utf8').trim();
    await node.addUser({ name, sshPublicKey, isAdmin: true });
    await until(() => account(name) !== undefined && canLogIn(name));
    const { remoteLoginIPAddress, remoteLoginPort } = await node.remoteLoginSettings();
    expect(remoteLoginPort).toBe(22);
    expect(remoteLoginIPAddress).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(logIn(name, 'id -un')).toBe(name);
    if (/^sudo:/m.test(readFileSync('/etc/group', 'utf8'))) {
      expect(logIn(name, 'id -Gn')).toContain('sudo');
    }
    const home = account(name)?.[5] ?? '';
    await node.deleteUser(name);
    await until(() => account(name) === undefined);
    expect(existsSync(home)).toBe(false);
    expect(canLogIn(name)).toBe(false);
    expect(warnings).toEqual([]);
  });

  test('a password is changed, and is in no argument and no file of the node', async () => {
    const node = batch.pools.node('p', 'node-1');
    await node.addUser({ name: other, password: "it's $(secret)" });
    await until(() => shadow(other)?.startsWith('$') === true);
    const before = shadow(other);
    await node.updateUser({ name: other, password: 'another one' });
    await until(() => shadow(other) !== before);
    const root = join(hosts.directory, 'nodes');
    expect(
      execFileSync('sh', ['-c', `grep -rl "another one" ${root} || :`], { encoding: 'utf8' }),
    ).toBe('');
    await batch.pools.removeNodes('p', { nodeList: ['node-1'] });
    await until(
      () => account(other) === undefined && batch.pools.get('p').allocationState === 'steady',
    );
    expect(warnings).toEqual([]);
  });

  test('an account of the host itself stays as it is', async () => {
    await batch.pools.resize('p', { targetDedicatedNodes: 1 });
    const there = (): string | undefined =>
      batch.pools.nodes('p').find(({ state }) => state === 'idle')?.id;
    await until(() => there() !== undefined);
    const before = shadow('daemon');
    await batch.pools.node('p', there() ?? '').addUser({ name: 'daemon', password: 'x' });
    await until(() => warnings.length > 0);
    expect(warnings.join()).toContain('The host has an account "daemon" of its own');
    expect(shadow('daemon')).toBe(before);
  });

  function canLogIn(user: string): boolean {
    try {
      return logIn(user, 'echo in') === 'in';
    } catch {
      return false;
    }
  }

  function logIn(user: string, command: string): string {
    const words = [
      '-F',
      hosts.configFile,
      '-o',
      'BatchMode=yes',
      `${user}@${hosts.names[0]}`,
      command,
    ];
    return execFileSync('ssh', words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  }
});

function line(file: string, user: string): string[] | undefined {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.map((one) => one.split(':')).find(([first]) => first === user);
}

const account = (user: string): string[] | undefined => line('/etc/passwd', user);
const shadow = (user: string): string | undefined => line('/etc/shadow', user)?.[1];

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it did not come');
    await sleep(50);
  }
}
