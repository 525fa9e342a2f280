import { colours } from './svg.ts';

/** What may be compared with what. */
export const peerGroups: readonly {
  name: string;
  colour: string;
  variants: readonly string[];
}[] = [
  { name: 'Berth', colour: colours.berth, variants: ['berth-factory', 'berth-one-by-one'] },
  {
    name: 'in-process, keeps priorities',
    colour: colours.other,
    variants: ['async-priority-queue', 'p-queue-priorities', 'bottleneck'],
  },
  {
    name: 'in-process, first in first out',
    colour: colours.floor,
    variants: ['fastq', 'fastq-promise', 'async-queue', 'p-limit', 'p-queue'],
  },
  { name: 'over a network', colour: colours.third, variants: ['bullmq', 'dask'] },
];

export const keepsPriorities: readonly string[] = peerGroups[1]?.variants ?? [];
