import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SshOptions } from '@berth/executors';
import { isAlive } from './processes.ts';

const prefix = 'berth-';

/** Elsewhere these tests are left out. */
export const canMakeHosts: boolean = process.platform === 'linux' && process.getuid?.() === 0;

function ip(...words: string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Hosts with an sshd each, which can be cut off: network namespaces of this machine, whose name is
 * `berth-<process that made them>-<n>`. They share its files and processes.
 */
export class SshHosts {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'berth-sshd-'));
  readonly names: readonly string[];
  readonly #network: number;

  constructor(count = 3) {
    if (!existsSync('/usr/sbin/sshd')) {
      throw new Error('No /usr/sbin/sshd: install the Debian package openssh-server.');
    }
    removeLeftOver();
    this.names = Array.from({ length: count }, (_, i) => `host${i + 1}`);
    this.#network = freeNetwork();
    for (const name of ['key', 'host-key']) this.#makeKey(name);
    writeFileSync(this.#file('authorized_keys'), readFileSync(this.#file('key.pub')));
    mkdirSync('/run/sshd', { recursive: true });
    this.names.forEach((_, i) => {
      this.#make(i + 1);
    });
    this.knowKeys();
    const hosts = this.names.map((name, i) => `Host ${name}\n HostName ${this.#address(i + 1)}\n`);
    writeFileSync(
      this.configFile,
      `${hosts.join('')}Host far\n HostName 127.0.0.1\n ProxyJump host1\nHost *\n User root\n IdentityFile ${this.#file('key')}\n IdentitiesOnly yes
 UserKnownHostsFile ${this.#file('known_hosts')}\n`,
    );
  }

  get configFile(): string {
    return this.#file('config');
  }

  /** Of an executor with all of them, that is impatient. */
  options(more: Partial<SshOptions> = {}): SshOptions {
    return {
      hosts: this.names,
      configFile: this.configFile,
      directory: this.#file('nodes'),
      keepAliveMs: 3_000,
      connectTimeoutMs: 5_000,
      retryAfterMs: 300,
      nodeHeartbeatTimeoutMs: 4_000,
      ...more,
    };
  }

  /** Writes the host keys down as known, or others. */
  knowKeys(key = 'host-key'): void {
    const [type, text] = readFileSync(this.#file(`${key}.pub`), 'utf8').split(' ');
    const addresses = ['127.0.0.1', ...this.names.map((_, i) => this.#address(i + 1))];
    const lines = addresses.map((address) => `${address} ${type} ${text}\n`);
    writeFileSync(this.#file('known_hosts'), lines.join(''));
  }

  forgetKeys(): void {
    rmSync(this.#file('known_hosts'), { force: true });
  }

  /** Another key for all hosts than the one that they have. */
  knowOtherKeys(): void {
    if (!existsSync(this.#file('other'))) this.#makeKey('other');
    this.knowKeys('other');
  }

  letIn(isLetIn: boolean): void {
    writeFileSync(
      this.#file('authorized_keys'),
      isLetIn ? readFileSync(this.#file('key.pub')) : '',
    );
  }

  /** The cable of host `n` is pulled, or put in again. */
  cut(n: number): void {
    ip('link', 'set', `bh${process.pid}-${n}`, 'down');
  }
  join(n: number): void {
    ip('link', 'set', `bh${process.pid}-${n}`, 'up');
  }

  dispose(): void {
    for (const i of this.names.keys()) removeNamespace(this.#namespace(i + 1));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #make(n: number): void {
    const [namespace, outside, inside] = [this.#namespace(n), `bh${process.pid}-${n}`, 'eth0'];
    ip('netns', 'add', namespace);
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', namespace);
    ip('addr', 'add', `${this.#address(n, 1)}/30`, 'dev', outside);
    ip('link', 'set', outside, 'up');
    ip('-n', namespace, 'addr', 'add', `${this.#address(n)}/30`, 'dev', inside);
    ip('-n', namespace, 'link', 'set', inside, 'up');
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    const config = this.#file(`sshd${n}.conf`);
    const lines = [
      'Port 22',
      `ListenAddress ${this.#address(n)}`,
      // Its own, which only a connection that passes through it reaches.
      'ListenAddress 127.0.0.1',
      `HostKey ${this.#file('host-key')}`,
      `AuthorizedKeysFile ${this.#file('authorized_keys')} .ssh/authorized_keys`,
      `PidFile ${this.#file(`sshd${n}.pid`)}`,
      'UsePAM no',
      'PasswordAuthentication no',
      'StrictModes no',
      'UseDNS no',
      'PermitRootLogin yes',
      'SetEnv SHLVL=1',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    ip('netns', 'exec', namespace, '/usr/sbin/sshd', '-f', config, '-E', this.#file('sshd.log'));
  }

  #makeKey(name: string): void {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.#file(name)]);
  }

  #namespace(n: number): string {
    return `${prefix}${process.pid}-${n}`;
  }

  #address(n: number, end = 2): string {
    return `10.213.${this.#network}.${4 * n + end}`;
  }

  #file(name: string): string {
    return join(this.directory, name);
  }
}

/** What a run that was killed has left. */
function removeLeftOver(): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [name = ''] = line.split(' ');
    const pid = /^berth-(\d+)-\d+$/.exec(name)?.[1];
    if (pid === undefined) continue;
    if (!isAlive(Number(pid)) || Number(pid) === process.pid) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  for (let tries = 0; tries < 5; tries++) {
    const pids = ip('netns', 'pids', name).split('\n').map(Number);
    for (const pid of pids.filter((pid) => pid > 1)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it has ended
    }
    if (pids.every((pid) => pid <= 1)) break;
  }
  ip('netns', 'del', name);
}

/** Several runs may have theirs at the same time. */
function freeNetwork(): number {
  const used = ip('-4', 'addr', 'show');
  for (let i = 0; i < 250; i++) {
    const network = (process.pid + i) % 250;
    if (!used.includes(`10.213.${network}.`)) return network;
  }
  throw new Error('no free network');
}

/** Waits until `condition` holds, which no report says. */
export async function eventually(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 90_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('waited in vain');
    await sleep(20);
  }
}

export function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
