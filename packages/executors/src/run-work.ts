import type { NodeDetails } from '@berth/core';
import type { ApplicationPackages } from './application-packages.ts';
import type { ContainerStores } from './container-stores.ts';
import type { Host } from './host.ts';
import type { NodePlace } from './multi-instance.ts';
import { instanceEnvironment, peersOf } from './multi-instance.ts';
import type { NodeTransfers } from './node-transfers.ts';
import { uploadOutputFiles } from './output-files.ts';
import { stageResourceFiles } from './resource-files.ts';
import { RunFailure } from './run-failure.ts';
import type { Running } from './running.ts';
import { directoryOf, isInstance, workOf } from './running.ts';
import { expandedEnvironment } from './task-environment.ts';

/** After a wall clock output files are uploaded for so long (semantics §5). */
const uploadGraceMs = 60_000;

/** What the engine itself does for runs, before and after their processes: files in, files out. */
export class RunWork {
  readonly #node: NodeDetails;
  readonly #host: Host;
  readonly #stores: ContainerStores;
  readonly #transfers: NodeTransfers;
  readonly #packages: ApplicationPackages;
  readonly #placeOf: (nodeId: string) => NodePlace | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: {
    node: NodeDetails;
    host: Host;
    stores: ContainerStores;
    transfers: NodeTransfers;
    packages: ApplicationPackages;
    /** Where a node of the same pool is, once that is known. */
    placeOf: (nodeId: string) => NodePlace | undefined;
  }) {
    this.#node = options.node;
    this.#host = options.host;
    this.#stores = options.stores;
    this.#transfers = options.transfers;
    this.#packages = options.packages;
    this.#placeOf = options.placeOf;
  }

  /** Whether there is something to {@link stage}. */
  isNeeded(running: Running): boolean {
    const { applicationPackages } = running.details;
    return (
      workOf(running).resourceFiles.length > 0 ||
      isInstance(running) ||
      applicationPackages !== undefined
    );
  }

  /**
   * Unpacks application packages, and puts the resource files into the fresh working directory; those that all instances of a multi-instance task have, into
   * the directory of the task.
   */
  async stage(running: Running): Promise<void> {
    const { multiInstance, applicationPackages } = running.details;
    const directory = this.#directoryOf(running);
    await this.#watch(running, async (signal) => {
      if (multiInstance !== undefined) {
        running.peers = await peersOf(multiInstance.nodeIds, this.#placeOf, signal);
      }
      await this.#packages.install(applicationPackages?.packages ?? [], { signal });
      await stageResourceFiles(workOf(running).resourceFiles, {
        transfers: this.#transfers,
        stores: this.#stores,
        directory: running.step === 'coordination' ? directory : `${directory}/wd`,
        signal,
      });
    });
  }

  /** After the end of the process. One that a wall clock ended has not succeeded, whatever its exit code. */
  async upload(running: Running, exitCode: number): Promise<void> {
    const { details } = running;
    const { root, environment } = this.#host;
    await this.#watch(running, async (signal) => {
      this.limitUpload(running);
      try {
        await uploadOutputFiles(details.outputFiles, exitCode === 0 && running.kill === undefined, {
          host: this.#host,
          taskDirectory: this.#directoryOf(running),
          variables: expandedEnvironment(this.#node, root, environment, details, [
            ...instanceEnvironment(details, running.peers, this.#directoryOf(running)),
          ]),
          transfers: this.#transfers,
          stores: this.#stores,
          signal,
        });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new RunFailure(
          'FileUploadMiscError',
          'Output files were not uploaded within 60 s after the wall clock expired.',
        );
      }
    });
  }

  /** What a kill leaves of an upload: nothing, or what is left of the grace. */
  limitUpload(running: Running): void {
    clearTimeout(running.timer);
    if (running.kill === 'ended') running.work?.abort();
    else if (running.kill === 'wallClock') {
      const left = uploadGraceMs - (performance.now() - running.killedAt);
      running.timer = setTimeout(() => running.work?.abort(), left);
    }
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #watch(running: Running, act: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const work = new AbortController();
    running.work = work;
    const done = act(work.signal);
    const settled = done.catch(() => {});
    this.#underWay.add(settled);
    try {
      await done;
    } finally {
      this.#underWay.delete(settled);
      running.work = undefined;
    }
  }

  #directoryOf(running: Running): string {
    return directoryOf(running, this.#host.root);
  }
}
