import type {
  NodeDeallocationOption,
  NodeDisableSchedulingOption,
  NodeUserView,
  NodeView,
} from '@berth/core';
import { BatchError } from '@berth/core';
import { parseDisableSchedulingOption, parseNodeUser, parseRestartOption } from '@berth/core/spec';
import type { RemoteLoginSettings } from '@berth/executors';
import { SecretGroup } from '@berth/storage';
import type { AccountRuntime } from './account-runtime.ts';
import { notFound } from './not-found.ts';
import type { NodeUserParameters } from './parameters.ts';
import { demandOnNode } from './pool-executor.ts';

/** One node of a pool. It may not exist: then what asks for it throws `NodeNotFound`. */
export class NodeClient {
  readonly poolId: string;
  readonly id: string;
  readonly #runtime: AccountRuntime;

  constructor(runtime: AccountRuntime, poolId: string, id: string) {
    this.#runtime = runtime;
    this.poolId = poolId;
    this.id = id;
  }

  get(): NodeView {
    const node = this.#runtime.queries.node(this.poolId, this.id);
    if (node === undefined) throw notFound('Node', this.id);
    return this.#runtime.placed(node);
  }

  /**
   * The node takes no new tasks until {@link enableScheduling}, through boots as well; what runs there is put back
   * to the queue, ended for good, or left to end. semantics §2.2
   * @throws BatchError `NodeAlreadyInTargetSchedulingState`, `NodeNotFound`, `PoolNotFound`, `InvalidPropertyValue`
   */
  async disableScheduling(option: NodeDisableSchedulingOption = 'requeue'): Promise<void> {
    const { poolId, id: nodeId } = this;
    const nodeDisableSchedulingOption = parseDisableSchedulingOption(option);
    await this.#runtime.submit({
      type: 'disableScheduling',
      poolId,
      nodeId,
      nodeDisableSchedulingOption,
    });
  }

  /** @throws BatchError `NodeAlreadyInTargetSchedulingState`, `NodeNotFound`, `PoolNotFound` */
  async enableScheduling(): Promise<void> {
    const { poolId, id: nodeId } = this;
    await this.#runtime.submit({ type: 'enableScheduling', poolId, nodeId });
  }

  /**
   * Starts the node again: its processes end, its files stay, its start task runs. At once, or when its tasks are
   * done. semantics §2.2, §4.4
   * @throws BatchError by the state that the node has: `NodeBeingCreated`, `NodeBeingStarted`, `NodeBeingRebooted`,
   * `NodeBeingReimaged`, `NodeStateUnusable`; `OperationNotValidOnNode` if the executor cannot; `NodeNotFound`,
   * `PoolNotFound`, `InvalidPropertyValue`
   */
  async reboot(option: NodeDeallocationOption = 'requeue'): Promise<void> {
    const { poolId, id: nodeId } = this;
    const nodeRebootOption = parseRestartOption(option);
    demandOnNode(this.#runtime, poolId, 'reboot');
    await this.#runtime.submit({ type: 'rebootNode', poolId, nodeId, nodeRebootOption });
  }

  /**
   * Gives the node up for a while: it keeps its id and counts, and has neither processes nor files. At once, or when its
   * tasks are done. semantics §2.2
   * @throws BatchError as {@link reboot}, from any state but idle and running.
   */
  async deallocate(option: NodeDeallocationOption = 'requeue'): Promise<void> {
    const { poolId, id: nodeId } = this;
    const nodeDeallocateOption = parseRestartOption(option);
    demandOnNode(this.#runtime, poolId, 'deallocate');
    await this.#runtime.submit({ type: 'deallocateNode', poolId, nodeId, nodeDeallocateOption });
  }

  /**
   * Asks for it again. semantics §2.2
   * @throws BatchError `OperationInvalidForCurrentState` unless it is deallocated; `NodeNotFound`, `PoolNotFound`
   */
  async start(): Promise<void> {
    const { poolId, id: nodeId } = this;
    await this.#runtime.submit({ type: 'startNode', poolId, nodeId });
  }

  /**
   * Makes an account to log in with, with a password or a key. It is gone when it expires, and when the node is
   * reimaged. semantics §1.3
   * @throws BatchError `NodeUserExists`; `OperationNotValidOnNode` if the executor has no accounts; by the state that
   * the node has as {@link reboot}; `NodeNotFound`, `PoolNotFound`, or what is wrong with the user.
   */
  async addUser(user: NodeUserParameters): Promise<void> {
    await this.#setUser('addNodeUser', user);
  }

  /**
   * All of the account is what is given now; without an expiryTime it expires in a day. semantics §1.3
   * @throws BatchError `NodeUserNotFound`, and as {@link addUser}.
   */
  async updateUser(user: NodeUserParameters): Promise<void> {
    await this.#setUser('updateNodeUser', user);
  }

  /** @throws BatchError `NodeUserNotFound`, and as {@link addUser}. */
  async deleteUser(userName: string): Promise<void> {
    const { poolId, id: nodeId } = this;
    demandOnNode(this.#runtime, poolId, 'nodeUsers');
    await this.#runtime.submit({ type: 'deleteNodeUser', poolId, nodeId, userName });
  }

  /**
   * Where one logs in to it with one of its accounts. semantics §14.1
   * @throws BatchError `OperationNotValidOnNode` if its executor has no such way; `NodeNotFound`, `PoolNotFound`.
   */
  async remoteLoginSettings(): Promise<RemoteLoginSettings> {
    const { poolId, id: nodeId } = this;
    this.get();
    const settings = await this.#runtime.remoteLogin(poolId, nodeId);
    if (settings !== undefined) return settings;
    throw new BatchError({
      code: 'OperationNotValidOnNode',
      message: `Nobody can log in to node "${nodeId}" of pool "${poolId}" from outside: it is no host with an sshd, or is not there now.`,
    });
  }

  /** (extension) Its accounts, without what is secret. */
  users(): NodeUserView[] {
    const users = this.#runtime.queries.nodeUsers(this.poolId, this.id);
    if (users === undefined) throw notFound('Node', this.id);
    return users;
  }

  async #setUser(type: 'addNodeUser' | 'updateNodeUser', user: NodeUserParameters): Promise<void> {
    const { poolId, id: nodeId } = this;
    const secrets = new SecretGroup();
    const parsed = parseNodeUser(user, secrets);
    demandOnNode(this.#runtime, poolId, 'nodeUsers');
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type, poolId, nodeId, user: parsed }),
    );
  }

  /** The same, and none of its files stay. */
  async reimage(option: NodeDeallocationOption = 'requeue'): Promise<void> {
    const { poolId, id: nodeId } = this;
    const nodeReimageOption = parseRestartOption(option);
    demandOnNode(this.#runtime, poolId, 'reimage');
    await this.#runtime.submit({ type: 'reimageNode', poolId, nodeId, nodeReimageOption });
  }
}
