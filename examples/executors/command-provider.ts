import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeDetails } from '@berth/core';
import type { Host, HostProvider } from '@berth/executors';
import { Launcher, RemoteHost } from '@berth/executors';

/**
 * Nodes are whatever a command leads to, which gives its standard input and output to the program after it: words such as
 * `podman exec -i NAME`, `ip netns exec NAME` or `nice`.
 */
export class CommandProvider implements HostProvider {
  readonly onThisMachine = true;
  readonly name: string;
  readonly #words: (node: NodeDetails) => readonly string[];
  readonly #hosts = new Map<string, { host: RemoteHost; pool: string }>();
  #directory = '';
  #launcher: Launcher | undefined;
  #serial = 0;

  constructor(name: string, words: (node: NodeDetails) => readonly string[]) {
    this.name = name;
    this.#words = words;
  }

  async open(directory: string): Promise<void> {
    this.#directory = directory;
    // Connections of a process that was killed end by themselves.
    rmSync(join(directory, 'connections'), { recursive: true, force: true });
    mkdirSync(directory, { recursive: true });
    this.#launcher = new Launcher(directory, '/bin/sh', '/usr/bin:/bin');
    await this.#launcher.open();
  }

  async get(node: NodeDetails): Promise<Host> {
    const pool = `${node.accountName}/${node.poolId}`;
    const name = `${pool}/${node.nodeId}`;
    const known = this.#hosts.get(name)?.host;
    if (known !== undefined) return known;
    if (this.#launcher === undefined) throw new Error('The provider is not open.');
    const words = this.#words(node);
    const host = await RemoteHost.connect({
      launcher: this.#launcher,
      commands: {
        session: [...words, '/bin/sh'],
        transfer: (script) => [...words, '/bin/sh', '-c', script],
        refused: 125, // what the command exits with when it leads nowhere
      },
      directory: join(this.#directory, 'connections', String(this.#serial++)),
      root: join(this.#directory, 'nodes', name), // on the other side
      path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      shell: '/bin/sh',
    });
    this.#hosts.set(name, { host, pool });
    void host.lost.then(() => this.#hosts.delete(name));
    return host;
  }

  async release(host: Host): Promise<void> {
    for (const there of this.#hosts.values()) {
      if (there.host !== host) continue;
      await there.host.removeAll();
      await there.host.close();
    }
  }

  discard(accountName: string, poolId: string, directory: string): void {
    for (const { host, pool } of this.#hosts.values()) {
      if (pool === `${accountName}/${poolId}`) host.files.discard(`${host.root}/${directory}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(({ host }) => host.close()));
    await this.#launcher?.close();
  }
}
