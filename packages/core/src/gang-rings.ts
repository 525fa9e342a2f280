import { JobRing } from './pool.ts';

/**
 * The jobs that have a multi-instance task to be placed in a pool, by how many instances the smallest of them has:
 * the pool's rings (pool.ts) once more, with free nodes in place of free slots.
 */
export class GangRings {
  /** One per number of instances in use, ascending. */
  readonly rings: JobRing[] = [];

  /** The jobs whose smallest gang has as many instances at most; `undefined`: there are none. */
  ringFor(freeNodes: number): JobRing | undefined {
    return this.rings.findLast(({ slots }) => slots <= freeNodes);
  }

  /** `Infinity`: the job has none, or is not to be placed. */
  setReady(job: number, rank: number, instances: number): void {
    if (instances !== Infinity) this.#provideRing(instances);
    for (const ring of this.rings) {
      if (ring.slots >= instances) ring.add(rank, job);
      else ring.delete(rank, job);
    }
  }

  /** Nothing is placed here any more. */
  clear(): void {
    this.rings.length = 0;
  }

  #provideRing(instances: number): void {
    let at = 0;
    while (at < this.rings.length && this.rings[at]!.slots < instances) at++;
    if (this.rings[at]?.slots === instances) return;
    this.rings.splice(at, 0, new JobRing(instances, this.rings[at - 1]));
  }
}
