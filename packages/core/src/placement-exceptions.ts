import { displace } from './displacement.ts';
import { firstGangRank, placeGang } from './gang-placement.ts';
import type { Pool } from './pool.ts';
import type { World } from './world.ts';

/**
 * What comes before placing a task on a node that has room, where there is such a thing at all: a task that displaces
 * others (semantics §3.5), a multi-instance task (§9). `firstRank`: of the jobs whose tasks fit. False: nothing does.
 */
export function placeException(world: World, pool: Pool, firstRank: number): boolean {
  const first =
    pool.gangs === undefined ? firstRank : Math.min(firstRank, firstGangRank(world, pool));
  if (world.displaceable.size > 0 && displace(world, pool, first)) return true;
  return pool.gangs !== undefined && placeGang(world, pool, firstRank);
}
