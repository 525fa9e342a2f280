import { z } from 'zod';
import type { ProblemDetails } from './problem.ts';
import { issue } from './problem.ts';
import { text } from './scalars.ts';

/** A recorded workflow: what ran, how long, and after what. */
export interface Workflow {
  /** As the file has it. */
  name?: string;
  /** At least one; parents before children. */
  tasks: WorkflowTask[];
}

export interface WorkflowTask {
  /** As the file has it: it need not be an id of the Batch model. */
  id: string;
  /** Places in the workflow's tasks, each once, ascending. */
  parents: number[];
  /** Rounded to whole milliseconds. */
  durationMs: number;
}

/** Some thirty years: longer than a task row can tell, and short enough for exact sums. */
export const longestSeconds = 1_000_000_000;

const id = text((value) => value !== '', 'must not be empty');
const runtime = z
  .number()
  .refine(
    (seconds) => seconds >= 0 && seconds <= longestSeconds,
    `must be from 0 to ${longestSeconds} seconds`,
  );

/** What is needed of {@link https://github.com/wfcommons/WfFormat WfFormat}; the rest may be there. */
const document = z.object({
  name: z.string().optional(),
  schemaVersion: z
    .string()
    .refine((version) => version === '1.5', 'must be "1.5": no other version of WfFormat is read'),
  workflow: z.object({
    specification: z.object({
      tasks: z
        .array(z.object({ id, parents: z.array(id).optional(), children: z.array(id).optional() }))
        .refine((tasks) => tasks.length > 0, 'must have at least one task'),
    }),
    execution: z.object({ tasks: z.array(z.object({ id, runtimeInSeconds: runtime })) }),
  }),
});

const tasksPath = ['workflow', 'specification', 'tasks'];
const runtimesPath = ['workflow', 'execution', 'tasks'];

/** WfFormat 1.5 as a graph with durations. */
export const workflow: z.ZodType<Workflow> = document.transform((given, ctx): Workflow => {
  const { specification, execution } = given.workflow;
  const refuse = (path: PropertyKey[], reason: string, details?: ProblemDetails): void => {
    ctx.issues.push(issue(given, reason, details, path));
  };
  const places = placesById(specification.tasks, (place, first) =>
    refuse([...tasksPath, place, 'id'], `is already the id of tasks[${first}]`),
  );
  const placesOfRuntimes = placesById(execution.tasks, (place, first) =>
    refuse([...runtimesPath, place, 'id'], `is already the id of tasks[${first}]`),
  );
  for (const [place, { id }] of execution.tasks.entries()) {
    if (!places.has(id)) refuse([...runtimesPath, place, 'id'], noTask);
  }
  const parents = specification.tasks.map((): Set<number> => new Set());
  for (const [place, task] of specification.tasks.entries()) {
    const at = [...tasksPath, place];
    if (!placesOfRuntimes.has(task.id)) {
      const reason = `${JSON.stringify(task.id)} has no runtimeInSeconds in workflow.execution.tasks`;
      refuse([...at, 'id'], reason, { code: 'MissingRequiredProperty', hideValue: true });
    }
    if (task.parents === undefined && task.children === undefined) {
      refuse([...at, 'parents'], 'is required', { code: 'MissingRequiredProperty' });
    }
    for (const [index, id] of (task.parents ?? []).entries()) {
      const parent = places.get(id);
      if (parent === undefined) refuse([...at, 'parents', index], noTask);
      else parents[place]!.add(parent);
    }
    // An edge may be written at either end.
    for (const [index, id] of (task.children ?? []).entries()) {
      const child = places.get(id);
      if (child === undefined) refuse([...at, 'children', index], noTask);
      else parents[child]!.add(place);
    }
  }
  if (ctx.issues.length > 0) return z.NEVER;
  const order = parentsFirst(parents);
  if (order.length < parents.length) {
    const circle = circleIn(parents, order);
    const ids = circle.map((place) => JSON.stringify(specification.tasks[place]!.id));
    if (ids.length > mostShown) ids.splice(mostShown - 1, ids.length - mostShown, '…');
    const reason = `must not lead back to the task in a circle: ${ids.join(' → ')}`;
    refuse([...tasksPath, circle[0]!, 'parents'], reason, { hideValue: true });
    return z.NEVER;
  }
  const placesInOrder = new Int32Array(order.length);
  for (const [index, place] of order.entries()) placesInOrder[place] = index;
  return {
    ...(given.name !== undefined && { name: given.name }),
    tasks: order.map((place): WorkflowTask => {
      const { id } = specification.tasks[place]!;
      const { runtimeInSeconds } = execution.tasks[placesOfRuntimes.get(id)!]!;
      const own = Array.from(parents[place]!, (parent) => placesInOrder[parent]!);
      return {
        id,
        parents: own.sort((a, b) => a - b),
        durationMs: Math.round(1_000 * runtimeInSeconds),
      };
    }),
  };
});

/** Of a circle. */
const mostShown = 5;
const noTask = 'must be the id of a task in workflow.specification.tasks';

function placesById(
  tasks: readonly { id: string }[],
  taken: (place: number, first: number) => void,
): Map<string, number> {
  const places = new Map<string, number>();
  for (const [place, { id }] of tasks.entries()) {
    const first = places.get(id);
    if (first === undefined) places.set(id, place);
    else taken(place, first);
  }
  return places;
}

/** Parents before children, as far as there is no circle. */
function parentsFirst(parents: readonly ReadonlySet<number>[]): number[] {
  const children = parents.map((): number[] => []);
  for (const [place, own] of parents.entries()) {
    for (const parent of own) children[parent]!.push(place);
  }
  const missing = parents.map(({ size }) => size);
  const order = [...parents.keys()].filter((place) => missing[place] === 0);
  for (const done of order) {
    for (const child of children[done]!) {
      missing[child]!--;
      if (missing[child] === 0) order.push(child);
    }
  }
  return order;
}

/** The places of a circle, from a task back to itself. */
function circleIn(parents: readonly ReadonlySet<number>[], order: readonly number[]): number[] {
  const ordered = new Set(order);
  // Each of the others waits for one of the others: whoever follows them comes round.
  const path: number[] = [];
  const seenAt = new Map<number, number>();
  let place = parents.findIndex((_, one) => !ordered.has(one));
  while (!seenAt.has(place)) {
    seenAt.set(place, path.push(place) - 1);
    place = [...parents[place]!].find((parent) => !ordered.has(parent))!;
  }
  return [...path.slice(seenAt.get(place)!), place].reverse();
}
