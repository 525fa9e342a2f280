import type { EffectBatch, ResolvedPackage, RunUser } from '@berth/core';
import { EffectKind } from '@berth/core';
import { accountPrefix } from './account-words.ts';

/** Names a run or a request to the engine: what reports must carry. */
export interface RunName {
  run: number;
  sequence: number;
  /** `j/a on p/node-1` */
  words: string;
}
export interface NodeName {
  node: number;
  sequence: number;
}

/** Effects in words; it remembers what they named, as executors do. */
export class EffectWords {
  /** What stands before the names of the account that is asked about, or told of. */
  prefix = '';
  /** By `j/a` in lower case, in the order of their starts. */
  readonly #runs = new Map<string, RunName[]>();
  /** By `p/node-1` in lower case, in the order of the requests. */
  readonly #requests = new Map<string, NodeName[]>();
  /** The same, of its start tasks. */
  readonly #startTasks = new Map<string, NodeName[]>();
  /** By `preparation j p/node-1` in lower case. */
  readonly #nodeTasks = new Map<string, RunName[]>();
  readonly #wordsOfRun = new Map<string, string>();
  readonly #prefixOfNode = new Map<number, string>();
  readonly #wordsOfNode = new Map<number, string>();

  runs(task: string): readonly RunName[] {
    return this.#runs.get((this.prefix + task).toLowerCase()) ?? [];
  }

  requests(node: string): readonly NodeName[] {
    return this.#requests.get((this.prefix + node).toLowerCase()) ?? [];
  }

  startTasks(node: string): readonly NodeName[] {
    return this.#startTasks.get((this.prefix + node).toLowerCase()) ?? [];
  }

  nodeTasks(name: string): readonly RunName[] {
    return this.#nodeTasks.get(name.toLowerCase()) ?? [];
  }

  lines(effects: EffectBatch): string[] {
    const { prefix } = this;
    const lines = Array.from({ length: effects.length }, (_, index) => {
      this.prefix = this.#prefixOf(effects, index);
      return this.prefix + this.#line(effects, index);
    });
    this.prefix = prefix;
    return lines;
  }

  #prefixOf(effects: EffectBatch, index: number): string {
    const kind = effects.kind(index);
    if (kind === EffectKind.removeTaskFiles || kind === EffectKind.removeJobFiles) {
      return accountPrefix(effects.removal(index).accountName);
    }
    const node = effects.node(index);
    if (kind === EffectKind.getNode) {
      this.#prefixOfNode.set(node, accountPrefix(effects.catalog.node(node).accountName));
    }
    return this.#prefixOfNode.get(node) ?? '';
  }

  #line(effects: EffectBatch, index: number): string {
    const node = effects.node(index);
    const run = effects.run(index);
    const sequence = effects.sequence(index);
    switch (effects.kind(index)) {
      case EffectKind.getNode: {
        const { poolId, nodeId } = effects.catalog.node(node);
        this.#wordsOfNode.set(node, `${poolId}/${nodeId}`);
        return `get node ${this.#requested(node, sequence)}${installWords(effects, node)}`;
      }
      case EffectKind.rebootNode:
        return `reboot node ${this.#requested(node, sequence)}${installWords(effects, node)}`;
      case EffectKind.reimageNode:
        return `reimage node ${this.#requested(node, sequence)}${installWords(effects, node)}`;
      case EffectKind.runStartTask: {
        const words = this.#wordsOfNode.get(node) ?? 'a node that was never got';
        if (!this.startTasks(words).some((one) => one.sequence === sequence)) {
          remember(this.#startTasks, this.prefix + words, { node, sequence });
        }
        const as = userWords(effects.catalog.startTask(node, sequence)?.user);
        return `run start task on ${words}${as}${effects.mustSync(index) ? ' after sync' : ''}`;
      }
      case EffectKind.runJobPreparation:
      case EffectKind.runJobRelease: {
        const details = effects.catalog.nodeTask(run, sequence);
        if (details === undefined) throw new Error(`node task ${run} runs and is not there`);
        const kind = details.kind === 'jobPreparation' ? 'preparation' : 'release';
        const { jobId, poolId, nodeId } = details;
        const words = `${kind} of ${jobId} on ${poolId}/${nodeId}`;
        const name = `${kind} ${jobId} ${poolId}/${nodeId}`;
        if (!this.nodeTasks(name).some((one) => one.sequence === sequence)) {
          remember(this.#nodeTasks, name, { run, sequence, words });
        }
        this.#wordsOfRun.set(`${run} ${sequence}`, words);
        return `run ${words}${userWords(details.user)}${effects.mustSync(index) ? ' after sync' : ''}`;
      }
      case EffectKind.killNodeTask: {
        const reason = effects.killReason(index) === 'wallClock' ? ' (wall clock)' : '';
        return `kill ${this.#wordsOfRun.get(`${run} ${sequence}`) ?? 'what never ran'}${reason}`;
      }
      case EffectKind.deallocateNode:
        return `deallocate node ${this.#requested(node, sequence)}`;
      case EffectKind.setNodeUsers: {
        const words = this.#wordsOfNode.get(node) ?? 'a node that was never got';
        const users = effects.catalog.nodeUsers(node).map(({ name }) => name);
        return `users of ${words}: ${users.join(', ') || 'none'}`;
      }
      case EffectKind.releaseNode:
        return `release node ${this.#requested(node, sequence)}`;
      case EffectKind.startRun: {
        const details = effects.catalog.run(run, sequence);
        if (details === undefined) throw new Error(`run ${run} was started and is not there`);
        const { jobId, taskId, poolId, nodeId, multiInstance } = details;
        const task = `${jobId}/${taskId}`;
        const name = multiInstance === undefined ? task : `${task}.${multiInstance.instance}`;
        const words = `${name} on ${poolId}/${nodeId}`;
        if (!this.#wordsOfRun.has(`${run} ${sequence}`)) {
          remember(this.#runs, this.prefix + name, { run, sequence, words });
          // The primary answers to the name of the task as well.
          if (multiInstance?.instance === 0)
            remember(this.#runs, this.prefix + task, { run, sequence, words });
        }
        this.#wordsOfRun.set(`${run} ${sequence}`, words);
        const { applicationPackages } = details;
        const failing = applicationPackages?.error === undefined ? '' : ', which must fail';
        const installs = applicationPackages?.packages.map(packageWords) ?? [];
        const installing = installs.length === 0 ? '' : ` with ${installs.join(', ')}`;
        return `start ${words}${userWords(details.user)}${installing}${failing}${effects.mustSync(index) ? ' after sync' : ''}`;
      }
      case EffectKind.startPrimary:
        return `run command of ${this.#wordsOfRun.get(`${run} ${sequence}`) ?? 'a run that never started'}`;
      case EffectKind.killRun: {
        const reason = effects.killReason(index) === 'wallClock' ? ' (wall clock)' : '';
        return `kill ${this.#wordsOfRun.get(`${run} ${sequence}`) ?? 'a run that never started'}${reason}`;
      }
      case EffectKind.removeTaskFiles: {
        const { jobId, taskId, poolId } = effects.removal(index);
        return `remove files of task ${jobId}/${taskId ?? ''} in pool ${poolId}`;
      }
      case EffectKind.removeJobFiles: {
        const { jobId, poolId } = effects.removal(index);
        return `remove files of job ${jobId} in pool ${poolId}`;
      }
    }
  }

  #requested(node: number, sequence: number): string {
    const words = this.#wordsOfNode.get(node) ?? 'a node that was never got';
    const known = this.requests(words).some(
      (one) => one.node === node && one.sequence === sequence,
    );
    if (!known) remember(this.#requests, this.prefix + words, { node, sequence });
    return words;
  }
}

/** What the node has to install when it starts, in order. */
function installWords(effects: EffectBatch, node: number): string {
  const { certificates, applicationPackages } = effects.catalog.node(node);
  const installs = [
    ...certificates.map(({ thumbprint }) => `certificate ${thumbprint}`),
    ...applicationPackages.map(packageWords),
  ];
  return installs.length === 0 ? '' : ` with ${installs.join(', ')}`;
}

/** Who runs it: ` as u`, ` as admin`, ` as nobody, which must fail`. */
function userWords(user: RunUser | undefined): string {
  if (user === undefined) return '';
  if ('error' in user) return ' as nobody, which must fail';
  if ('userAccount' in user) return ` as ${user.userAccount.name}`;
  const { scope, elevationLevel } = user.autoUser;
  const words = [
    ...(scope === 'task' ? ['task'] : []),
    ...(elevationLevel === 'admin' ? ['admin'] : []),
  ];
  return ` as auto user (${words.join(', ')})`;
}

function packageWords({ applicationId, version }: ResolvedPackage): string {
  return `${applicationId}@${version}`;
}

function remember<Name>(names: Map<string, Name[]>, key: string, name: Name): void {
  const list = names.get(key.toLowerCase());
  if (list === undefined) names.set(key.toLowerCase(), [name]);
  else list.push(name);
}
