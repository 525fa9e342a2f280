import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { InputError } from './command-line.ts';

/** A recorded workflow: what ran, how long, and after what. */
export interface Workflow {
  name: string;
  /** Parents before children. */
  tasks: WorkflowTask[];
}

export interface WorkflowTask {
  id: string;
  /** Places in the workflow's tasks, each once. */
  parents: number[];
  runtimeSeconds: number;
}

/** The file cannot be read, or is no WfFormat 1.5. The message names file and property. */
export class WorkflowError extends InputError {}

const id = z.string().min(1);
/** What is needed of {@link https://github.com/wfcommons/WfFormat WfFormat}; the rest may be there. */
const wfFormat = z.object({
  name: z.string(),
  schemaVersion: z.literal('1.5'),
  workflow: z.object({
    specification: z.object({
      tasks: z.array(z.object({ id, parents: z.array(id), children: z.array(id) })).min(1),
    }),
    execution: z.object({
      tasks: z.array(z.object({ id, runtimeInSeconds: z.number().min(0) })),
    }),
  }),
});
type WfFormat = z.infer<typeof wfFormat>;

/** The file, or the `.json` files of the directory by name. */
export function readWorkflows(path: string): Workflow[] {
  const files = reading(path, () =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((file) => file.endsWith('.json'))
          .sort()
          .map((file) => join(path, file))
      : [path],
  );
  if (files.length === 0) throw new WorkflowError(`${path}: no .json file in it`);
  return files.map((file) =>
    parseWorkflow(
      reading(file, () => readFileSync(file, 'utf8')),
      file,
    ),
  );
}

export function parseWorkflow(text: string, file: string): Workflow {
  const { data, error } = wfFormat.safeParse(reading(file, (): unknown => JSON.parse(text)));
  if (error !== undefined) {
    const [first] = error.issues;
    throw new WorkflowError(`${file}: ${pathText(first?.path ?? [])}: ${first?.message}`);
  }
  return { name: basename(file, '.json'), tasks: tasksOf(data, file) };
}

function tasksOf(
  { workflow: { specification, execution } }: WfFormat,
  file: string,
): WorkflowTask[] {
  const runtimes = new Map(
    execution.tasks.map(({ id, runtimeInSeconds }) => [id, runtimeInSeconds]),
  );
  const places = new Map(specification.tasks.map(({ id }, place) => [id, place]));
  const property = (place: number, name: string): string =>
    `${file}: workflow.specification.tasks[${place}].${name}`;
  const parents = specification.tasks.map((): Set<number> => new Set());
  const placeOf = (id: string, at: number, name: string): number => {
    const place = places.get(id);
    if (place === undefined) throw new WorkflowError(`${property(at, name)}: no task "${id}"`);
    return place;
  };
  for (const [place, task] of specification.tasks.entries()) {
    if (places.get(task.id) !== place) {
      throw new WorkflowError(`${property(place, 'id')}: another task "${task.id}"`);
    }
    for (const id of task.parents) parents[place]?.add(placeOf(id, place, 'parents'));
    // An edge may be written at either end.
    for (const id of task.children) parents[placeOf(id, place, 'children')]?.add(place);
  }
  const order = inOrder(parents);
  if (order.length < parents.length) {
    const rest = parents.findIndex((_, place) => !order.includes(place));
    throw new WorkflowError(`${property(rest, 'parents')}: the task waits for itself in a circle`);
  }
  const placeInOrder = new Map(order.map((place, index) => [place, index]));
  return order.map((place): WorkflowTask => {
    const id = specification.tasks[place]?.id ?? '';
    const runtimeSeconds = runtimes.get(id);
    if (runtimeSeconds === undefined) {
      throw new WorkflowError(`${file}: workflow.execution.tasks: no runtimeInSeconds of "${id}"`);
    }
    const own = [...(parents[place] ?? [])].map((parent) => placeInOrder.get(parent) ?? -1);
    return { id, parents: own.sort((a, b) => a - b), runtimeSeconds };
  });
}

/** Parents before children, as far as there is no circle. */
function inOrder(parents: readonly ReadonlySet<number>[]): number[] {
  const children = parents.map((): number[] => []);
  for (const [place, own] of parents.entries()) {
    for (const parent of own) children[parent]?.push(place);
  }
  const missing = parents.map(({ size }) => size);
  const order = [...parents.keys()].filter((place) => missing[place] === 0);
  for (const done of order) {
    for (const child of children[done] ?? []) {
      missing[child] = (missing[child] ?? 0) - 1;
      if (missing[child] === 0) order.push(child);
    }
  }
  return order;
}

function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new WorkflowError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function pathText(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the document';
  return path
    .map((key, index) =>
      typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`,
    )
    .join('');
}
