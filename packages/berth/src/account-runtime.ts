import type { Command, CommandResult, EngineEvent, NodeView, Queries } from '@berth/core';
import type { Executor, RemoteLoginSettings } from '@berth/executors';
import type { BlobStore, SecretGroup } from '@berth/storage';
import type { Runtime } from './runtime.ts';

/** The runtime as those see it who act in one account: what they submit, ask for and hear of is in that account. */
export class AccountRuntime {
  readonly #runtime: Runtime;
  readonly #accountName: string | undefined;

  /** `accountName` absent: the default account. */
  constructor(runtime: Runtime, accountName?: string) {
    this.#runtime = runtime;
    this.#accountName = accountName;
  }

  get queries(): Queries {
    return this.#runtime.queries.of(this.#accountName);
  }

  executor(name: string): Executor | undefined {
    return this.#runtime.executor(name);
  }

  /** AZ_BATCH_NODE_ROOT_DIR of a node, if its executor can say it. */
  readonly nodeRoots = (poolId: string, nodeId: string): string | undefined => {
    const name = this.queries.pool(poolId)?.executor;
    const accountName = this.queries.account()?.accountName;
    if (name === undefined || accountName === undefined) return undefined;
    return this.executor(name)?.nodeRoot?.(accountName, poolId, nodeId);
  };

  /** The node with what its executor alone can say of it. */
  placed(node: NodeView): NodeView {
    const name = this.queries.pool(node.poolId)?.executor;
    const accountName = this.queries.account()?.accountName;
    if (name === undefined || accountName === undefined) return node;
    const ipAddress = this.executor(name)?.nodeAddress?.(accountName, node.poolId, node.id);
    return ipAddress === undefined ? node : { ...node, ipAddress };
  }

  /** Where one logs in to a node; `undefined`: nowhere. */
  async remoteLogin(poolId: string, nodeId: string): Promise<RemoteLoginSettings | undefined> {
    const name = this.queries.pool(poolId)?.executor;
    const accountName = this.queries.account()?.accountName;
    if (name === undefined || accountName === undefined) return undefined;
    return await this.executor(name)?.remoteLogin?.(accountName, poolId, nodeId);
  }

  get blobStore(): BlobStore {
    return this.#runtime.blobStore;
  }

  get executorNames(): string[] {
    return this.#runtime.executorNames;
  }

  /** As {@link Runtime.submit}. */
  submit(command: Command): Promise<CommandResult> {
    const accountName = this.#accountName;
    return this.#runtime.submit(accountName === undefined ? command : { ...command, accountName });
  }

  keeping<Result>(group: SecretGroup, submit: () => Promise<Result>): Promise<Result> {
    return this.#runtime.keeping(group, submit);
  }

  /** As {@link Runtime.listen}, to changes in this account. */
  listen(listener: (events: readonly EngineEvent[]) => void): () => void {
    const name = (this.queries.account()?.accountName ?? this.#accountName ?? '').toLowerCase();
    return this.#runtime.listen((events) =>
      listener(events.filter(({ accountName }) => accountName.toLowerCase() === name)),
    );
  }

  until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    return this.#runtime.until(holds, signal);
  }

  /** What the handles in a text stand for, in their places. */
  reveal(text: string): Promise<string> {
    return this.#runtime.reveal(text);
  }
}
