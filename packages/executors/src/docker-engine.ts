import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerApi } from './docker-api.ts';
import { DockerError, fieldOf } from './docker-api.ts';
import { HostUnusableError } from './host.ts';

export type PullPolicy = 'missing' | 'always' | 'never';

/** Of a container. */
export interface ContainerState {
  status: 'running' | 'paused' | 'stopped' | 'none';
  /** How it ended, in words. */
  end: string;
  environment: Record<string, string>;
  /** In the network that it is in, if it is in one. */
  address: string | undefined;
}

/** What is removed may be in use a moment longer. */
const removalTries = 50;

/** What is done with containers, volumes, images and networks. */
export class DockerEngine {
  readonly api: DockerApi;
  readonly #pulls = new Map<string, Promise<void>>();

  constructor(api: DockerApi) {
    this.api = api;
  }

  /** @throws EngineAwayError */
  async ping(): Promise<void> {
    await this.api.send('GET', '/version');
  }

  async state(container: string): Promise<ContainerState> {
    let known: unknown;
    try {
      known = await this.api.send('GET', `/containers/${container}/json`);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return { status: 'none', end: 'has been removed', environment: {}, address: undefined };
    }
    const state = fieldOf(known, 'State');
    const isRunning = fieldOf(state, 'Running') === true;
    const memory = fieldOf(state, 'OOMKilled') === true ? ', it had no memory left' : '';
    return {
      status: fieldOf(state, 'Paused') === true ? 'paused' : isRunning ? 'running' : 'stopped',
      end: `has ended (exit code ${String(fieldOf(state, 'ExitCode'))}${memory})`,
      environment: environmentOf(fieldOf(fieldOf(known, 'Config'), 'Env')),
      address: addressOf(fieldOf(fieldOf(known, 'NetworkSettings'), 'Networks')),
    };
  }

  /** Makes a container and starts it; the image is pulled where the policy says so. */
  async make(name: string, body: object, image: string, pull: PullPolicy): Promise<void> {
    if (pull === 'always') await this.#pull(image);
    try {
      await this.#create(name, body);
    } catch (error) {
      if (!isMissing(error) || !/image/i.test(error.message)) throw unusable(error, image);
      if (pull === 'never') throw missingImage(image, 'pull is "never"');
      await this.#pull(image);
      await this.#create(name, body).catch((again: unknown) => {
        throw unusable(again, image);
      });
    }
    await this.start(name).catch((error: unknown) => {
      throw unusable(error, image);
    });
  }

  async start(container: string): Promise<void> {
    await this.api.send('POST', `/containers/${container}/start`);
  }

  /** Everything in it ends, and its first process begins again. */
  async restart(container: string): Promise<void> {
    await this.api.send('POST', `/containers/${container}/restart?t=0`);
  }

  /** With the volume of its name. Nothing if they are not there. */
  async remove(container: string): Promise<void> {
    await this.removeContainer(container);
    await this.#gone(`/volumes/${container}`);
  }

  async removeContainer(container: string): Promise<void> {
    await this.#gone(`/containers/${container}?force=1`);
  }

  /** Unless somebody has it. */
  async removeVolume(name: string): Promise<void> {
    await this.api.send('DELETE', `/volumes/${name}`).catch((error: unknown) => {
      if (!(error instanceof DockerError)) throw error;
    });
  }

  /** Those with this label. */
  async containers(label: string): Promise<{ id: string; name: string }[]> {
    const found = await this.#list('/containers/json?all=1', label);
    return found.map((one) => {
      const names = fieldOf(one, 'Names');
      const name = String(Array.isArray(names) ? names[0] : '').replace(/^\//, '');
      return { id: String(fieldOf(one, 'Id')), name };
    });
  }

  /** Names of those with this label. */
  async networks(label: string): Promise<string[]> {
    return (await this.#list('/networks?', label)).map((one) => String(fieldOf(one, 'Name')));
  }

  /** A network that leads to nothing else, or where `isOpen` out of the machine. It may be there already. */
  async makeNetwork(name: string, labels: object, isOpen: boolean): Promise<void> {
    // Without an address of this machine in it nothing leads in or out, whatever its firewall does.
    const Options = isOpen ? {} : { 'com.docker.network.bridge.inhibit_ipv4': 'true' };
    const body = { Name: name, CheckDuplicate: true, Internal: !isOpen, Labels: labels, Options };
    try {
      await this.api.send('POST', '/networks/create', body);
    } catch (error) {
      // Podman has another status for it.
      const isThere = error instanceof DockerError && /already exists/.test(error.message);
      if (!isThere) throw error;
    }
  }

  /** Unless something is in it. */
  async removeNetwork(name: string): Promise<void> {
    await this.api.send('DELETE', `/networks/${name}`).catch((error: unknown) => {
      if (!(error instanceof DockerError)) throw error;
    });
  }

  async #list(path: string, label: string): Promise<unknown[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const found = await this.api.send('GET', `${path}&filters=${filters}`);
    return Array.isArray(found) ? found : [];
  }

  async #create(name: string, body: object): Promise<void> {
    await this.api.send('POST', `/containers/create?name=${name}`, body);
  }

  async #gone(path: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.api.send('DELETE', path);
        return;
      } catch (error) {
        if (isMissing(error)) return;
        const isBusy = error instanceof DockerError && error.status === 409;
        if (!isBusy || tries === removalTries) throw error;
        await sleep(100);
      }
    }
  }

  /** Once for all who want it at the same time. */
  #pull(image: string): Promise<void> {
    const known = this.#pulls.get(image);
    if (known !== undefined) return known;
    const pull = this.#pullNow(image).finally(() => this.#pulls.delete(image));
    this.#pulls.set(image, pull);
    return pull;
  }

  async #pullNow(image: string): Promise<void> {
    let failure: unknown;
    try {
      const named = /(:[^/]*|@.*)$/.test(image) ? image : `${image}:latest`;
      await this.api.stream(`/images/create?fromImage=${encodeURIComponent(named)}`, (document) => {
        failure ??= fieldOf(document, 'error');
      });
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      failure = error.message;
    }
    if (failure !== undefined) throw missingImage(image, String(failure));
  }
}

export function isMissing(error: unknown): error is DockerError {
  return error instanceof DockerError && error.status === 404;
}

function missingImage(image: string, why: string): HostUnusableError {
  return new HostUnusableError(
    'ContainerSetupError',
    `The image "${image}" is not there and cannot be pulled: ${why}. ` +
      `Put it there (docker pull, build or import) or name another; then reboot the node.`,
  );
}

/** What the engine refused is refused again; what else went wrong may go away. */
function unusable(error: unknown, image: string): unknown {
  if (!(error instanceof DockerError)) return error;
  const isDisk = /no space left|quota exceeded/i.test(error.message);
  return new HostUnusableError(
    isDisk ? 'DiskFull' : 'ContainerSetupError',
    isDisk
      ? `The engine has no space for a container: ${error.message}. Make room, then reboot the node.`
      : `A container of the image "${image}" cannot be had: ${error.message}. Put that right, then reboot the node.`,
  );
}

/** Of the list in a container's configuration; only what a shell can export. */
function environmentOf(list: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Array.isArray(list) ? list : []) {
    const [name = ''] = String(entry).split('=', 1);
    if (/^[A-Za-z_]\w*$/.test(name)) found[name] = String(entry).slice(name.length + 1);
  }
  return found;
}

function addressOf(networks: unknown): string | undefined {
  if (typeof networks !== 'object' || networks === null) return undefined;
  const addresses = Object.values(networks).map((network: unknown) =>
    fieldOf(network, 'IPAddress'),
  );
  return addresses.find(
    (address): address is string => typeof address === 'string' && address !== '',
  );
}
