import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerOptions } from '@berth/executors';
import { isAlive } from './processes.ts';

/** Elsewhere these tests are left out. */
export const canRunEngine: boolean = process.platform === 'linux' && process.getuid?.() === 0;

const prefix = `berth-dockerd-`;

/** A Docker engine of its own, with one image: busybox. */
export class DockerDaemon {
  /** `berth-dockerd-<process that made it>-…` */
  readonly directory: string = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  readonly address: string = `unix://${join(this.directory, 's')}`;
  readonly image = 'berth-test:1';
  #pid = 0;

  /** Started, with its image. `more`: arguments of dockerd. */
  static async start(...more: string[]): Promise<DockerDaemon> {
    for (const name of ['dockerd', 'busybox']) {
      if (!onPath(name)) {
        throw new Error(`No ${name}: install the Debian packages docker.io and busybox-static.`);
      }
    }
    removeLeftOver();
    const daemon = new DockerDaemon();
    await daemon.run(...more);
    daemon.#import();
    return daemon;
  }

  /** Starts the engine, again if it was ended. */
  async run(...more: string[]): Promise<void> {
    const [data, exec, pid] = ['data', 'exec', 'pid'].map((name) => join(this.directory, name));
    const log = openSync(join(this.directory, 'log'), 'a');
    const child = spawn(
      'dockerd',
      [
        ...['--data-root', data ?? '', '--exec-root', exec ?? '', '--pidfile', pid ?? ''],
        ...['-H', this.address, '--iptables=false', '--ip6tables=false', '--ip-forward=false'],
        ...['--ip-masq=false', '--bridge=none', '--storage-driver', 'overlay2'],
        ...['--default-ulimit', 'nofile=16384:16384', '--default-ulimit', 'nproc=32768:32768'],
        ...more,
      ],
      { stdio: ['ignore', log, log], detached: true },
    );
    child.unref();
    this.#pid = child.pid ?? 0;
    const deadline = performance.now() + 60_000;
    while (!this.#answers()) {
      if (performance.now() > deadline || !isAlive(this.#pid)) {
        throw new Error(`dockerd does not start: ${this.log().slice(-2_000)}`);
      }
      await sleep(50);
    }
  }

  log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  /** Ends the engine; `SIGKILL` leaves all that it has started. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    process.kill(this.#pid, signal);
    while (isAlive(this.#pid)) await sleep(20);
    if (signal === 'SIGKILL') {
      rmSync(join(this.directory, 'pid'), { force: true });
      await this.#forgetContainerd();
    }
  }

  /** It dies with the engine; the next one waits for it in vain while nobody has reaped it. */
  async #forgetContainerd(): Promise<void> {
    const file = join(this.directory, 'exec/containerd/containerd.pid');
    if (!existsSync(file)) return;
    const pid = Number(readFileSync(file, 'latin1'));
    const deadline = performance.now() + 10_000;
    while (pid > 0 && isAlive(pid) && performance.now() < deadline) await sleep(20);
    if (!isAlive(pid)) rmSync(file, { force: true });
  }

  docker(...words: string[]): string {
    return execFileSync('docker', ['-H', this.address, ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  /** Names of all containers. */
  containers(): string[] {
    return lines(this.docker('ps', '-a', '--format', '{{.Names}}'));
  }

  /** Of an executor that is impatient. */
  options(more: Partial<DockerOptions> = {}): DockerOptions {
    return {
      dockerHost: this.address,
      image: this.image,
      pull: 'never',
      // What tests look at.
      binds: [`${tmpdir()}:${tmpdir()}`],
      keepAliveMs: 1_500,
      retryAfterMs: 300,
      engineTimeoutMs: 1_000,
      nodeHeartbeatTimeoutMs: 4_000,
      ...more,
    };
  }

  async dispose(): Promise<void> {
    try {
      if (this.#answers()) {
        const ids = lines(this.docker('ps', '-aq'));
        if (ids.length > 0) this.docker('rm', '-f', ...ids);
        await this.end();
      }
    } finally {
      clear(this.directory);
    }
  }

  #answers(): boolean {
    try {
      this.docker('version');
      return true;
    } catch {
      return false;
    }
  }

  #import(): void {
    const root = join(this.directory, 'root');
    for (const name of ['bin', 'etc', 'root', 'tmp'])
      mkdirSync(join(root, name), { recursive: true });
    chmodSync(join(root, 'tmp'), 0o1777);
    copyFileSync(onPath('busybox') ?? '', join(root, 'bin/busybox'));
    for (const name of lines(execFileSync('busybox', ['--list'], { encoding: 'utf8' }))) {
      if (name !== 'busybox') symlinkSync('busybox', join(root, 'bin', name));
    }
    const file = join(this.directory, 'root.tar');
    execFileSync('tar', ['-C', root, '-cf', file, '.']);
    const changes = ['-c', 'ENV PATH=/bin', '-c', 'ENV FROM_IMAGE=yes'];
    this.docker('import', ...changes, file, this.image);
  }
}

/** What a run that was killed has left. */
function removeLeftOver(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) clear(join(tmpdir(), name));
  }
}

/** Ends all processes whose command line names the directory, unmounts what is mounted there, removes it. */
function clear(directory: string): void {
  for (let tries = 0; tries < 50; tries++) {
    const pids = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pid !== process.pid && commandLine(pid).includes(`${directory}/`));
    if (pids.length === 0) break;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it has ended
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const points = mounts
    .map((line) => line.split(' ')[1] ?? '')
    .filter((p) => p.startsWith(directory));
  for (const point of points.sort().reverse()) execFileSync('umount', ['-l', point]);
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function onPath(name: string): string | undefined {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin`.split(':');
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}
