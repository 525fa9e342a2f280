import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import type { ExecutorCapabilities } from './capabilities.ts';
import { quote } from './command-line.ts';
import type { Executor, RemoteLoginSettings } from './executor.ts';
import type { Host, HostProvider } from './host.ts';
import { HostUnusableError, NoHostError } from './host.ts';
import { Launcher } from './launcher.ts';
import { RemoteHost } from './remote-host.ts';
import type { ShellExecutorOptions } from './shell-executor.ts';
import { ShellExecutor } from './shell-executor.ts';
import { sshCommands, sshFailure, sshSettings } from './ssh-command.ts';
import { SshInventory } from './ssh-inventory.ts';

export interface SshHost {
  /** As for `ssh`: an alias of your configuration, `host`, `user@host` or `ssh://user@host:port`. */
  destination: string;
  /** More options of ssh_config(5), as `Name=value`. */
  options?: readonly string[];
}

export interface SshOptions extends ShellExecutorOptions {
  /** The inventory. A host is one node at a time. */
  hosts: readonly (string | SshHost)[];
  /** What pools call the executor. Default `ssh`. */
  name?: string;
  /** Instead of your own ~/.ssh/config. */
  configFile?: string;
  /** More options of ssh_config(5) for all hosts, as `Name=value`. */
  options?: readonly string[];
  /** Default `yes`: a host whose key is not known is not used. */
  strictHostKeyChecking?: 'yes' | 'accept-new' | 'no';
  /** Directory on the hosts, absolute or below the home directory there. Default `.berth`. */
  directory?: string;
  /** PATH of tasks. Default: the system's directories. */
  path?: string;
  /** Any POSIX shell, on the hosts. Default `/bin/sh`. */
  shell?: string;
  /** Script that starts a host again, such as `sudo systemctl reboot`. Without it nodes cannot be rebooted. */
  reboot?: string;
  /** Script that installs a host anew and starts it again. Without it nodes cannot be reimaged. */
  reimage?: string;
  /** Default 10 000. */
  connectTimeoutMs?: number;
  /** A connection without an answer for so long has ended. Default 15 000, at least 3 000. */
  keepAliveMs?: number;
  /** The OpenSSH client. Default `ssh`. */
  program?: string;
}

/** A host that is started again must be back within so long. */
const restartMs = 15 * 60_000;
const socketsPrefix = join(tmpdir(), 'berth-ssh-');
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs tasks on the hosts of an inventory, reached by your own OpenSSH client. docs/ssh.md */
export function sshExecutor(options: SshOptions): Executor {
  return new ShellExecutor(new SshHostProvider(options), options);
}

/** Nodes that are hosts of an inventory. */
export class SshHostProvider implements HostProvider {
  readonly name: string;
  readonly onThisMachine = false;
  readonly capabilities: Partial<ExecutorCapabilities>;
  readonly #options: SshOptions;
  readonly #hosts: ReadonlyMap<string, SshHost>;
  readonly #connected = new Map<string, { node: NodeDetails; host: RemoteHost }>();
  #directory = '';
  /** Paths of sockets are short. */
  #sockets = '';
  #launcher: Launcher | undefined;
  #opened: SshInventory | undefined;
  #serial = 0;

  constructor(options: SshOptions) {
    this.name = options.name ?? 'ssh';
    this.#options = options;
    const hosts = options.hosts.map((host) =>
      typeof host === 'string' ? { destination: host } : host,
    );
    this.#hosts = new Map(hosts.map((host) => [host.destination, host]));
    if (hosts.length === 0) throw new TypeError('The executor needs at least one host.');
    for (const { destination } of hosts) {
      if (destination === '' || /^-|[\s\0]/.test(destination)) {
        throw new TypeError(`"${destination}" is no destination of ssh.`);
      }
    }
    if (this.#hosts.size < hosts.length) throw new TypeError('A host is named twice.');
    this.capabilities = {
      reboot: options.reboot !== undefined,
      reimage: options.reimage !== undefined,
      lowPriority: false,
      interNodeCommunication: true,
      nodeUsers: true,
    };
  }

  async open(directory: string): Promise<void> {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#opened = new SshInventory(join(directory, 'hosts.json'), [...this.#hosts.keys()]);
    // Those of an engine that was killed end when their shells do.
    rmSync(join(directory, 'connections'), { recursive: true, force: true });
    const note = join(directory, 'sockets');
    const former = existsSync(note) ? readFileSync(note, 'utf8') : '';
    if (former.startsWith(socketsPrefix)) rmSync(former, { recursive: true, force: true });
    this.#sockets = mkdtempSync(socketsPrefix);
    writeFileSync(note, this.#sockets);
    // All that the client needs of the environment: where agent and home directory are.
    this.#launcher = new Launcher(directory, '/bin/sh', process.env['PATH'] ?? defaultPath, {
      ...environment('HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'LANG'),
    });
    await this.#launcher.open();
  }

  async get(node: NodeDetails): Promise<Host> {
    const name = nameOf(node);
    const known = this.#connected.get(name)?.host;
    if (known !== undefined) return known;
    const inventory = this.#inventory;
    const assigned = inventory.hostOf(name);
    if (assigned !== undefined) return await this.#connect(node, assigned);
    const free = inventory.free();
    if (free.length === 0) {
      throw new NoHostError(
        `All ${this.#hosts.size} hosts of the executor "${this.name}" are nodes already.`,
      );
    }
    let failure: unknown;
    for (const destination of free) {
      // Before anything is there.
      inventory.assign(name, destination);
      try {
        return await this.#connect(node, destination);
      } catch (error) {
        failure = error;
        inventory.unassign(name, 'unusable');
      }
    }
    throw failure;
  }

  async release(host: Host): Promise<void> {
    const found = [...this.#connected].find(([, { host: other }]) => other === host);
    if (found === undefined) return;
    const [name, { host: remote }] = found;
    await remote.removeAll();
    this.#connected.delete(name);
    await remote.close();
    this.#inventory.unassign(name);
  }

  async restart(host: Host, fresh: boolean): Promise<void> {
    const found = [...this.#connected].find(([, { host: other }]) => other === host);
    if (found === undefined) return;
    const [name, { host: remote, node }] = found;
    const script = fresh ? this.#options.reimage : this.#options.reboot;
    if (fresh) await remote.removeAll();
    if (script === undefined) return;
    this.#connected.delete(name);
    const deadline = performance.now() + restartMs;
    // A host that is gone before it has answered has done it.
    const status = await remote.run(script).catch(() => 0);
    if (status !== 0) {
      const what = fresh ? 'reimage' : 'reboot';
      await remote.close();
      throw new HostUnusableError(
        'NodePreparationError',
        `The ${what} command ended with status ${status} on ${this.#inventory.hostOf(name)}.`,
      );
    }
    while (!(await Promise.race([remote.lost.then(() => true), sleep(1_000).then(() => false)]))) {
      if (performance.now() > deadline) {
        await remote.close();
        throw new HostUnusableError(
          'NodePreparationError',
          `${this.#inventory.hostOf(name)} did not go down when it was started again.`,
        );
      }
    }
    for (;;) {
      try {
        await this.get(node);
        return;
      } catch (error) {
        if (performance.now() > deadline || error instanceof HostUnusableError) throw error;
        await sleep(1_000);
      }
    }
  }

  /** As your configuration has it: a jump host is yours to know. */
  async remoteLogin(node: NodeDetails): Promise<RemoteLoginSettings | undefined> {
    const destination = this.#inventory.hostOf(nameOf(node));
    if (destination === undefined || this.#launcher === undefined) return undefined;
    const file = join(this.#directory, 'connections', `login-${this.#serial++}`);
    const words = sshSettings({
      program: this.#options.program ?? 'ssh',
      destination,
      options: [...(this.#hosts.get(destination)?.options ?? []), ...(this.#options.options ?? [])],
      configFile: this.#options.configFile,
    });
    const status = await this.#launcher.runBeside(`${words.map(quote).join(' ')} >${quote(file)}`);
    const said = readFileSync(file, 'utf8');
    rmSync(file, { force: true });
    const host = /^hostname (.+)$/m.exec(said)?.[1];
    const port = Number(/^port (\d+)$/m.exec(said)?.[1]);
    if (status !== 0 || host === undefined) return undefined;
    return { remoteLoginIPAddress: host, remoteLoginPort: port };
  }

  has(node: NodeDetails): boolean {
    return this.#inventory.hostOf(nameOf(node)) !== undefined;
  }

  forsake(node: NodeDetails): void {
    this.#inventory.leave(nameOf(node));
  }

  discard(accountName: string, poolId: string, directory: string): void {
    for (const { node, host } of this.#connected.values()) {
      if (node.accountName === accountName && node.poolId === poolId)
        host.files.discard(`${host.root}/${directory}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#connected.values()].map(({ host }) => host.close()));
    await this.#launcher?.close();
    rmSync(this.#sockets, { recursive: true, force: true });
  }

  get #inventory(): SshInventory {
    if (this.#opened === undefined) throw new Error('The executor is not open.');
    return this.#opened;
  }

  async #connect(node: NodeDetails, destination: string): Promise<RemoteHost> {
    const options = this.#options;
    const name = nameOf(node);
    const serial = this.#serial++;
    const launcher = this.#launcher;
    if (launcher === undefined) throw new Error('The executor is not open.');
    const base = `${options.directory ?? '.berth'}/${this.#inventory.id}`;
    let host: RemoteHost;
    try {
      host = await RemoteHost.connect({
        launcher,
        commands: sshCommands({
          program: options.program ?? 'ssh',
          destination,
          options: [...(this.#hosts.get(destination)?.options ?? []), ...(options.options ?? [])],
          configFile: options.configFile,
          strictHostKeyChecking: options.strictHostKeyChecking ?? 'yes',
          connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
          keepAliveMs: options.keepAliveMs ?? 15_000,
          controlPath: join(this.#sockets, String(serial)),
          shell: options.shell ?? '/bin/sh',
        }),
        directory: join(this.#directory, 'connections', String(serial)),
        root: `${base}/${name}`,
        path: options.path ?? defaultPath,
        shell: options.shell ?? '/bin/sh',
      });
    } catch (error) {
      throw sshFailure(destination, error instanceof Error ? error.message : String(error));
    }
    for (const left of this.#inventory.leftOn(destination)) {
      if (left !== name) await host.clear(`${host.root.slice(0, -name.length)}${left}`);
    }
    this.#inventory.cleaned(destination);
    this.#connected.set(name, { node, host });
    void host.lost.then(() => {
      if (this.#connected.get(name)?.host === host) this.#connected.delete(name);
    });
    return host;
  }
}

function nameOf({ accountName, poolId, nodeId }: NodeDetails): string {
  return `${accountName}/${poolId}/${nodeId}`;
}

function environment(...names: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
