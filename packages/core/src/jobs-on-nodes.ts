import type { Job } from './job.ts';
import type { NodeTaskRun } from './node-task.ts';
import { isUnderWay } from './node-task.ts';

/** What a job with a preparation task has to do with a node (semantics §4.4, §8). */
export interface JobOnNode {
  /** Of all that there have been, by creation: names its preparation and release in effects and reports. */
  readonly number: number;
  /** Numbers of the two. */
  readonly job: number;
  readonly node: number;
  /** The latest; absent: none has come to an end since the node lost one. */
  preparation: NodeTaskRun | undefined;
  /** Tasks of the job need not wait for the preparation, nor run it again. */
  isPrepared: boolean;
  /** The preparation has failed: no task of the job comes here (semantics §3.1, rule 7). */
  isBarred: boolean;
  /** A task of the job has started here: a release is due when the job ends (ruling 25). */
  hasStarted: boolean;
  release: NodeTaskRun | undefined;
  /** The job ends, and not before this node is done with it. */
  holdsBack: boolean;
  /** When the preparation's try under way has run too long, or the release is given up; ms since the epoch. */
  deadline: number | undefined;
}

/** Those of one job. */
export class NodesOfJob {
  /** By number of the node, in the order in which they came. */
  readonly byNode: Map<number, JobOnNode> = new Map();
  /** Those that hold back its end. */
  readonly holdingBack: Set<JobOnNode> = new Set();

  add(onNode: JobOnNode): void {
    this.byNode.set(onNode.node, onNode);
    if (onNode.holdsBack) this.holdingBack.add(onNode);
  }

  setHoldsBack(onNode: JobOnNode, holdsBack: boolean): void {
    onNode.holdsBack = holdsBack;
    if (holdsBack) this.holdingBack.add(onNode);
    else this.holdingBack.delete(onNode);
  }
}

/** All of them. Jobs without a preparation task have none. */
export class JobsOnNodes {
  /** By number; those of jobs that are gone are, too. */
  readonly #all: Map<number, JobOnNode> = new Map();
  readonly #byNode: Map<number, Map<number, JobOnNode>> = new Map();
  /** Number of the next. */
  next = 0;

  /** That of the job on a node, made if need be. */
  provide(job: Job, node: number): JobOnNode {
    const found = job.onNodes?.byNode.get(node);
    if (found !== undefined) return found;
    const onNode: JobOnNode = {
      number: this.next++,
      job: job.number,
      node,
      preparation: undefined,
      isPrepared: false,
      isBarred: false,
      hasStarted: false,
      release: undefined,
      holdsBack: false,
      deadline: undefined,
    };
    this.keep(job, onNode);
    return onNode;
  }

  keep(job: Job, onNode: JobOnNode): void {
    job.onNodes ??= new NodesOfJob();
    job.onNodes.add(onNode);
    this.#all.set(onNode.number, onNode);
    const onThis = this.#byNode.get(onNode.node);
    if (onThis === undefined) this.#byNode.set(onNode.node, new Map([[onNode.job, onNode]]));
    else onThis.set(onNode.job, onNode);
  }

  get(number: number): JobOnNode | undefined {
    return this.#all.get(number);
  }

  /** The one whose preparation or release has this try under way. */
  underWay(number: number, sequence: number): JobOnNode | undefined {
    const onNode = this.#all.get(number);
    if (onNode === undefined || sequence === 0) return undefined;
    return [onNode.preparation, onNode.release].some((run) => run?.sequence === sequence)
      ? onNode
      : undefined;
  }

  /** By creation of the jobs. */
  onNode(node: number): JobOnNode[] {
    return [...(this.#byNode.get(node)?.values() ?? [])].sort((a, b) => a.job - b.job);
  }

  /** By number. */
  all(): JobOnNode[] {
    return [...this.#all.values()].sort((a, b) => a.number - b.number);
  }

  /** Those that an executor has something to answer for, by number. */
  allUnderWay(): JobOnNode[] {
    return this.all().filter(
      ({ preparation, release }) => isUnderWay(preparation) || isUnderWay(release),
    );
  }

  /** The job is gone. */
  forget(job: Job): void {
    for (const { number, node } of job.onNodes?.byNode.values() ?? []) {
      this.#all.delete(number);
      const onThis = this.#byNode.get(node);
      onThis?.delete(job.number);
      if (onThis?.size === 0) this.#byNode.delete(node);
    }
    job.onNodes = undefined;
  }
}
