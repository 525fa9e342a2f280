import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import { DockerApi, EngineAwayError, engineAddress } from './docker-api.ts';
import { containerName, imageOf, networkName, nodeContainer } from './docker-container.ts';
import type { ContainerState, PullPolicy } from './docker-engine.ts';
import { DockerEngine } from './docker-engine.ts';
import { execChannel, execTransfer, execute } from './docker-exec.ts';
import type { DockerNode } from './docker-inventory.ts';
import { DockerInventory } from './docker-inventory.ts';
import type { Executor } from './executor.ts';
import type { Host, HostProvider } from './host.ts';
import { HostDownError, HostUnusableError, NoHostError } from './host.ts';
import { RemoteHost } from './remote-host.ts';
import { messageOf } from './run-failure.ts';
import type { ShellExecutorOptions } from './shell-executor.ts';
import { ShellExecutor } from './shell-executor.ts';

export interface DockerOptions extends ShellExecutorOptions {
  /** What pools call the executor. Default `docker`. */
  name?: string;
  /** The engine: `unix:///path`, `tcp://host:port`, or the path of a socket. Default: DOCKER_HOST, else /var/run/docker.sock. */
  dockerHost?: string;
  /** Of pools that name none. It needs a POSIX shell and its utilities. Default `debian:stable-slim`. */
  image?: string;
  /** Whether images are pulled: where they are missing (default), for each new container, or never. */
  pull?: PullPolicy;
  /** What is mounted into every node, as for `docker run -v`: `/here:/there` or `/here:/there:ro`. */
  binds?: readonly string[];
  /** The network of pools whose nodes do not communicate. Default `none`; `bridge` leads out of the machine. */
  network?: string;
  /** AZ_BATCH_NODE_ROOT_DIR in the containers. Default `/mnt/batch/tasks`. */
  directory?: string;
  /** PATH of tasks. Default: that of the image. */
  path?: string;
  /** Any POSIX shell, in the image. Default `/bin/sh`. */
  shell?: string;
  /** A container whose shell does not answer for so long is out of reach. Default 15 000. */
  keepAliveMs?: number;
  /** An engine that is away for so long when a node is wanted ends the resize. Default 10 000. */
  engineTimeoutMs?: number;
}

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const defaultHeartbeatTimeoutMs = 60_000;
/** What the runner of a node calls (runner-script.ts), and what moves files (remote-files.ts). */
const programs = 'awk cat chmod env grep head mkdir mkfifo mv readlink rm sed sleep tail tr';

/** Runs tasks in containers of a Docker engine: each node is one. docs/docker.md */
export function dockerExecutor(options: DockerOptions = {}): Executor {
  return new ShellExecutor(new DockerHostProvider(options), options);
}

/** Nodes that are containers of a Docker engine, or of Podman through its socket. */
export class DockerHostProvider implements HostProvider {
  readonly name: string;
  readonly onThisMachine: boolean;
  readonly capabilities = { interNodeCommunication: true };
  readonly #options: DockerOptions;
  readonly #engine: DockerEngine;
  readonly #connected = new Map<string, { node: NodeDetails; host: RemoteHost }>();
  readonly #names = new WeakMap<Host, string>();
  /** Since when containers that should run do not. */
  readonly #down = new Map<string, number>();
  /** Networks are made and removed one after the other. */
  #networking: Promise<void> = Promise.resolve();
  #directory = '';
  #opened: DockerInventory | undefined;
  #serial = 0;
  #warn: (message: string) => void = () => {};
  #sweeping: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: DockerOptions = {}) {
    this.name = options.name ?? 'docker';
    this.#options = options;
    const api = new DockerApi(engineAddress(options.dockerHost, process.env));
    this.#engine = new DockerEngine(api);
    this.onThisMachine = api.isHere;
  }

  async open(directory: string, warn: (message: string) => void): Promise<void> {
    mkdirSync(directory, { recursive: true });
    this.#directory = resolve(directory);
    this.#warn = warn;
    this.#opened = new DockerInventory(join(directory, 'nodes.json'));
    rmSync(join(directory, 'connections'), { recursive: true, force: true });
    this.#sweep();
  }

  async get(node: NodeDetails): Promise<Host> {
    const name = nameOf(node);
    const known = this.#connected.get(name)?.host;
    if (known !== undefined) return known;
    const inventory = this.#inventory;
    let noted = inventory.get(name);
    if (noted === undefined) {
      await this.#awaitEngine();
      // Before anything is there.
      const own = node.pool.enableInterNodeCommunication
        ? { network: networkName(inventory.id, node) }
        : {};
      noted = { container: containerName(inventory.id, node), isMade: false, ...own };
      inventory.set(name, noted);
    }
    const { container } = noted;
    const stood = noted.isMade ? await this.#stand(name, container) : 'removed';
    if (stood === 'removed') {
      await this.#make(node, noted);
      inventory.set(name, { ...noted, isMade: true });
    }
    const hasRestarted = noted.isMade && stood !== 'running';
    const host = await this.#connect(node, container, hasRestarted);
    this.#down.delete(name);
    this.#names.set(host, name);
    this.#connected.set(name, { node, host });
    void host.lost.then(() => {
      if (this.#connected.get(name)?.host === host) this.#connected.delete(name);
    });
    return host;
  }

  async release(host: Host): Promise<void> {
    const name = this.#names.get(host);
    const container = name === undefined ? undefined : this.#inventory.get(name)?.container;
    if (name === undefined || container === undefined) return;
    await this.#letGo(name);
    await this.#engine.remove(container);
    const { network } = this.#inventory.get(name) ?? {};
    this.#inventory.delete(name);
    if (network !== undefined) await this.#removeUnusedNetworks();
  }

  async restart(host: Host, fresh: boolean): Promise<void> {
    const name = this.#names.get(host);
    const noted = name === undefined ? undefined : this.#inventory.get(name);
    if (name === undefined || noted === undefined) return;
    await this.#letGo(name);
    // What is got next is a new container in its place.
    if (fresh) this.#inventory.set(name, { ...noted, isMade: false });
    else await this.#engine.restart(noted.container);
  }

  has(node: NodeDetails): boolean {
    return this.#inventory.get(nameOf(node))?.isMade === true;
  }

  forsake(node: NodeDetails): void {
    this.#inventory.delete(nameOf(node));
    this.#down.delete(nameOf(node));
    this.#sweep();
  }

  discard(accountName: string, poolId: string, directory: string): void {
    for (const { node, host } of this.#connected.values()) {
      if (node.accountName === accountName && node.poolId === poolId)
        host.files.discard(`${host.root}/${directory}`);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweeping);
    await Promise.all([...this.#connected.values()].map(({ host }) => host.close()));
    rmSync(join(this.#directory, 'connections'), { recursive: true, force: true });
  }

  get #inventory(): DockerInventory {
    if (this.#opened === undefined) throw new Error('The executor is not open.');
    return this.#opened;
  }

  get #label(): string {
    return `berth.engine=${this.#inventory.id}`;
  }

  /** It may be starting again. @throws NoHostError */
  async #awaitEngine(): Promise<void> {
    const deadline = performance.now() + (this.#options.engineTimeoutMs ?? 10_000);
    for (;;) {
      try {
        await this.#engine.ping();
        return;
      } catch (error) {
        if (!(error instanceof EngineAwayError)) throw error;
        if (performance.now() > deadline) throw new NoHostError(error.message);
        await sleep(500);
      }
    }
  }

  /**
   * Of a container that has been there: it runs, or it is started again, or somebody has removed it. What has ended by
   * itself stays so until the node counts as lost: what ran there is then known to be gone, and its start task to be due.
   */
  async #stand(name: string, container: string): Promise<'running' | 'started' | 'removed'> {
    const state = await this.#engine.state(container);
    if (state.status === 'running') return 'running';
    if (state.status === 'paused') {
      throw new Error(`Its container ${container} is paused. Let it go on (docker unpause).`);
    }
    this.#expect(name, container, state);
    if (state.status === 'none') return 'removed';
    await this.#engine.start(container);
    return 'started';
  }

  /** @throws HostDownError until it has been down for long enough */
  #expect(name: string, container: string, { end }: ContainerState): void {
    const now = performance.now();
    const since = this.#down.get(name) ?? now;
    this.#down.set(name, since);
    const patienceMs = this.#options.nodeHeartbeatTimeoutMs ?? defaultHeartbeatTimeoutMs;
    if (now - since > patienceMs) return;
    throw new HostDownError(
      `Its container ${container} ${end}. In ${Math.round(patienceMs / 1_000)} s it is there again.`,
    );
  }

  async #make(node: NodeDetails, { container, network: own }: DockerNode): Promise<void> {
    const { shell = '/bin/sh', directory = '/mnt/batch/tasks', binds = [] } = this.#options;
    const image = imageOf(node.pool) ?? this.#options.image ?? 'debian:stable-slim';
    // What an engine that was killed has left half made.
    await this.#engine.remove(container);
    const labels = {
      ...this.#labels,
      'berth.account': node.accountName,
      'berth.pool': node.poolId,
      'berth.node': node.nodeId,
    };
    const network = await this.#network(own);
    const options = { image, shell, root: directory, volume: container, network, binds, labels };
    const body = nodeContainer(node, options);
    try {
      await this.#engine.make(container, body, image, this.#options.pull ?? 'missing');
      await this.#check(container, image, shell);
    } catch (error) {
      // Nobody may ever want it again.
      await this.#engine.remove(container).catch(() => {});
      throw error;
    }
  }

  get #labels(): Record<string, string> {
    return { 'berth.engine': this.#inventory.id, 'berth.directory': this.#directory };
  }

  /** Of a pool whose nodes communicate, its own: they reach one another there, and nobody else does. */
  async #network(own: string | undefined): Promise<string> {
    const { network = 'none' } = this.#options;
    if (own === undefined) return network;
    await this.#afterNetworks(() =>
      this.#engine.makeNetwork(own, this.#labels, network !== 'none'),
    );
    return own;
  }

  async #removeUnusedNetworks(): Promise<void> {
    await this.#afterNetworks(async () => {
      for (const network of await this.#engine.networks(this.#label)) {
        if (!this.#inventory.networks().has(network)) await this.#engine.removeNetwork(network);
      }
    });
  }

  async #afterNetworks(act: () => Promise<void>): Promise<void> {
    const done = this.#networking.then(act);
    this.#networking = done.catch(() => {});
    await done;
  }

  async #check(container: string, image: string, shell: string): Promise<void> {
    const script = `PATH=$PATH:${defaultPath}
for p in ${programs}; do command -v $p >/dev/null || echo $p; done
command -v setsid >/dev/null || command -v perl >/dev/null || echo setsid`;
    const { output } = await execute(this.#engine.api, container, [shell, '-c', script]);
    const missing = output.trim().split(/\s+/).join(', ');
    if (missing === '') return;
    throw new HostUnusableError(
      'ContainerSetupError',
      `The image "${image}" lacks what a node needs: ${missing}. Name one that has it, then reboot the node.`,
    );
  }

  async #connect(
    { nodeSize }: NodeDetails,
    container: string,
    hasRestarted: boolean,
  ): Promise<RemoteHost> {
    const { shell = '/bin/sh', directory = '/mnt/batch/tasks' } = this.#options;
    const { environment, address } = await this.#engine.state(container);
    const path = this.#options.path ?? environment['PATH'] ?? defaultPath;
    const { api } = this.#engine;
    return await RemoteHost.over({
      channel: execChannel(api, container, shell),
      transfer: execTransfer(api, container, shell, path),
      directory: join(this.#directory, 'connections', String(this.#serial++)),
      root: directory,
      path,
      shell,
      environment,
      hasRestarted,
      ...(address !== undefined && { address }),
      ...(nodeSize !== undefined && { cores: nodeSize.cores }),
      keepAliveMs: this.#options.keepAliveMs ?? 15_000,
    });
  }

  async #letGo(name: string): Promise<void> {
    const host = this.#connected.get(name)?.host;
    this.#connected.delete(name);
    await host?.close();
  }

  /** Containers of ours that are no nodes any more: those of nodes that were given up while they were out of reach. */
  #sweep(): void {
    clearTimeout(this.#sweeping);
    const act = async (): Promise<void> => {
      for (const { id, name } of await this.#engine.containers(this.#label)) {
        if (this.#inventory.containers().has(name)) continue;
        await this.#engine.removeContainer(id);
        // Its name may be another's by now.
        if (!this.#inventory.containers().has(name)) await this.#engine.removeVolume(name);
      }
      await this.#removeUnusedNetworks();
    };
    act().catch((error: unknown) => {
      if (this.#isClosed) return;
      if (!(error instanceof EngineAwayError)) this.#warn(messageOf(error));
      this.#sweeping = setTimeout(() => this.#sweep(), this.#options.retryAfterMs ?? 5_000).unref();
    });
  }
}

function nameOf({ accountName, poolId, nodeId }: NodeDetails): string {
  return `${accountName}/${poolId}/${nodeId}`;
}
