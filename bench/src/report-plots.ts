import { barPlot } from './bar-plot.ts';
import type { Figures } from './figures.ts';
import { measuredRows } from './figures.ts';
import type { Series } from './line-plot.ts';
import { linePlot } from './line-plot.ts';
import { peerGroups } from './peer-groups.ts';
import { colours } from './svg.ts';
import { count } from './units.ts';

/** One file of docs/benchmarks. */
export interface Plot {
  file: string;
  /** What it shows, in words. */
  alt: string;
  svg: string;
}

const jobs = ['jobs-1', 'jobs-10', 'standard', 'jobs-1000', 'jobs-10000', 'jobs-100000'];
const nodes = ['nodes-10', 'nodes-100', 'standard', 'nodes-10000', 'nodes-100000'];

/** Those for which there are figures. */
export function plots(figures: Figures): Plot[] {
  const sizes = new Set(figures.of('dispatch').map(({ tasks }) => tasks));
  const byTasks = [...sizes].map((tasks) => ({ x: tasks, variant: 'standard', tasks }));
  return [
    overLoads(figures, 'tasks', 'tasks', byTasks),
    overVariants(figures, 'nodes', nodes),
    overVariants(figures, 'jobs', jobs),
    overPeers(figures),
  ].filter((plot) => plot !== undefined);
}

function overVariants(
  figures: Figures,
  axis: string,
  variants: readonly string[],
): Plot | undefined {
  const tasks = figures.sizesOf(variants).at(-1);
  if (tasks === undefined) return undefined;
  const loads = variants.map((variant) => {
    const x = figures.section('dispatch', variant, tasks)?.size?.[axis] ?? 1;
    return { x, variant, tasks };
  });
  return overLoads(figures, axis, `${axis}, with ${count(tasks)} tasks`, loads);
}

function overLoads(
  figures: Figures,
  axis: string,
  xName: string,
  loads: readonly { x: number; variant: string; tasks: number }[],
): Plot | undefined {
  const floor: Series['points'][number][] = [];
  const engine: Series['points'][number][] = [];
  for (const { x, variant, tasks } of loads) {
    const section = figures.section('dispatch', variant, tasks);
    const [bare, own] = section === undefined ? [] : measuredRows(section);
    if (bare?.median === undefined || own?.median === undefined) continue;
    floor.push({ x, y: bare.median });
    engine.push({ x, y: own.median });
  }
  if (engine.length < 2) return undefined;
  const title = `Cost of a task life against the number of ${axis}`;
  const series = [
    { name: 'Engine.apply', colour: colours.berth, points: engine },
    { name: 'bare loop', colour: colours.floor, points: floor },
  ];
  return { file: `${axis}.svg`, alt: title, svg: linePlot({ title, xName, series }) };
}

function overPeers(figures: Figures): Plot | undefined {
  const bars = peerGroups
    .flatMap(({ colour, variants }) =>
      variants.flatMap((variant) => {
        const row = figures.peer(variant);
        return row?.median === undefined
          ? []
          : [{ name: row.name, nanoseconds: row.median, colour }];
      }),
    )
    .sort((a, b) => a.nanoseconds - b.nanoseconds);
  if (bars.length < 2) return undefined;
  const title = 'Cost of a task that does nothing (logarithmic)';
  return { file: 'peers.svg', alt: title, svg: barPlot({ title, bars, legend: peerGroups }) };
}
