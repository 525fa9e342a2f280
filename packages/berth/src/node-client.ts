import type { NodeDeallocationOption, NodeDisableSchedulingOption, NodeView } from '@berth/core';
import { parseDisableSchedulingOption, parseRestartOption } from '@berth/core/spec';
import type { AccountRuntime } from './account-runtime.ts';
import { notFound } from './not-found.ts';
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

  /** The same, and none of its files stay. */
  async reimage(option: NodeDeallocationOption = 'requeue'): Promise<void> {
    const { poolId, id: nodeId } = this;
    const nodeReimageOption = parseRestartOption(option);
    demandOnNode(this.#runtime, poolId, 'reimage');
    await this.#runtime.submit({ type: 'reimageNode', poolId, nodeId, nodeReimageOption });
  }
}
