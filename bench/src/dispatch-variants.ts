import type { Load } from './dispatch-load.ts';
import { standardLoad } from './dispatch-load.ts';
import { count } from './units.ts';

const changes: Readonly<Record<string, Partial<Load>>> = {
  standard: {},
  'jobs-1': { jobs: 1 },
  'jobs-10': { jobs: 10 },
  'jobs-1000': { jobs: 1_000 },
  'jobs-10000': { jobs: 10_000 },
  'jobs-100000': { jobs: 100_000 },
  'blocked-100000': { jobs: 1, blockedJobs: 100_000 },
  'nodes-10': { nodes: 10 },
  'nodes-100': { nodes: 100 },
  'nodes-10000': { nodes: 10_000 },
  'nodes-100000': { nodes: 100_000 },
  'slots-all-1': { slotSizes: [1] },
  'slots-1-to-8': { slotSizes: [1, 2, 3, 4, 5, 6, 7, 8] },
  'slots-per-node-1': { slotsPerNode: 1 },
  pack: { nodeFillType: 'pack' },
  'one-by-one': { submission: 'one by one' },
};

/** What `--variant` may name for `dispatch`: the standard load with one thing changed. */
export const variantNames: readonly string[] = Object.keys(changes);

export function variantLoad(name: string, tasks: number): Load {
  return { ...standardLoad, ...changes[name], tasks };
}

/** The load in words. */
export function loadTitle(load: Load): string {
  const { jobs, blockedJobs, nodes, slotsPerNode, slotSizes, nodeFillType, submission } = load;
  const sizes = [...new Set(slotSizes.map((size) => Math.min(size, slotsPerNode)))].sort();
  return [
    `${count(load.tasks)} tasks`,
    `${count(jobs)} ${jobs === 1 ? 'job' : 'jobs'}`,
    ...(blockedJobs > 0 ? [`below ${count(blockedJobs)} that are blocked`] : []),
    `${count(nodes)} nodes x ${slotsPerNode}`,
    `tasks of ${sizes.join(', ')}`,
    nodeFillType,
    submission,
  ].join(', ');
}
