import type { ParameterSet, TaskFactory, TaskTemplate } from './specification.ts';

/**
 * Parametric sweeps: the tasks of a factory are computed from their index when somebody looks.
 * The door has checked the factory: at least one set, none of them empty, no placeholder beyond them.
 */

/** Number of values of one set. */
export function parameterCount(set: ParameterSet): number {
  return Math.max(0, Math.floor((set.end - set.start) / set.step) + 1);
}

/** Number of tasks that the factory stands for: the product of its sets' counts. */
export function factoryCount(factory: TaskFactory): number {
  return factory.parameterSets.reduce((count, set) => count * parameterCount(set), 1);
}

/** The values of the parameter sets for the task at `index` (from 0); the last set varies fastest. */
export function factoryValues(factory: TaskFactory, index: number): number[] {
  const sets = factory.parameterSets;
  const values = new Array<number>(sets.length);
  let rest = index;
  for (let i = sets.length - 1; i >= 0; i--) {
    const set = sets[i]!;
    const count = parameterCount(set);
    values[i] = set.start + (rest % count) * set.step;
    rest = Math.floor(rest / count);
  }
  return values;
}

/** The task at `index`. For many tasks of one factory use `compileFactory`. */
export function factoryTask(factory: TaskFactory, index: number): TaskTemplate {
  return expandTemplate(factory.repeatTask, factoryValues(factory, index));
}

/** `factoryTask` with the template read once. */
export function compileFactory(factory: TaskFactory): (index: number) => TaskTemplate {
  const expand = compileTemplate(factory.repeatTask);
  return (index) => expand(factoryValues(factory, index));
}

export function expandTemplate(template: TaskTemplate, values: readonly number[]): TaskTemplate {
  return compileTemplate(template)(values);
}

/**
 * Reads the template once; what the function returns shares every part without placeholders with it.
 * `constraints`, `requiredSlots` and `dependsOn` are the same for all tasks.
 */
export function compileTemplate(
  template: TaskTemplate,
): (values: readonly number[]) => TaskTemplate {
  const { constraints: _c, requiredSlots: _r, dependsOn: _d, ...parameterised } = template;
  const expand = compile(parameterised);
  if (expand === undefined) return () => template;
  return (values) => ({ ...template, ...(expand(values) as typeof parameterised) });
}

type Expand = (values: readonly number[]) => unknown;

/** `undefined`: nothing in it depends on the values. */
function compile(part: unknown): Expand | undefined {
  if (typeof part === 'string') return compileText(part);
  if (typeof part !== 'object' || part === null) return undefined;
  const changing: [key: string, expand: Expand][] = [];
  for (const [key, child] of Object.entries(part)) {
    const expand = compile(child);
    if (expand !== undefined) changing.push([key, expand]);
  }
  if (changing.length === 0) return undefined;
  return (values) => {
    const copy = (Array.isArray(part) ? [...part] : { ...part }) as Record<string, unknown>;
    for (const [key, expand] of changing) copy[key] = expand(values);
    return copy;
  };
}

/** A piece of a text: as written, or the value of a set padded with zeros to `width` digits. */
export type TemplatePiece = string | { set: number; width: number };

// The lookbehind lets a match begin at the first brace of a run only, which keeps the search linear.
const placeholder = /(?<!\{)(\{+)(\d+)(?::(\d+))?(\}+)/g;

/**
 * `{n}` is the value of the n-th parameter set (from 0), `{n:w}` the same with at least w digits.
 * Doubled braces around one stand for a brace: `{{n}}` reads `{n}`, `{{{n}}}` the value in braces.
 * Everything else stays as written, so that shell and awk text needs no escapes.
 */
export function readTemplate(text: string): TemplatePiece[] {
  const pieces: TemplatePiece[] = [];
  let end = 0;
  for (const match of text.matchAll(placeholder)) {
    const [whole, open = '', set = '', width, close = ''] = match;
    const pairs = Math.min(open.length, close.length);
    const kept = Math.floor(pairs / 2);
    pieces.push(text.slice(end, match.index) + '{'.repeat(open.length - pairs + kept));
    if (pairs % 2 === 1) pieces.push({ set: Number(set), width: Number(width ?? 0) });
    else pieces.push(width === undefined ? set : `${set}:${width}`);
    pieces.push('}'.repeat(close.length - pairs + kept));
    end = match.index + whole.length;
  }
  pieces.push(text.slice(end));
  return pieces;
}

function compileText(text: string): Expand | undefined {
  if (!text.includes('{')) return undefined;
  const pieces = readTemplate(text);
  if (pieces.length === 1) return undefined;
  return (values) => {
    let written = '';
    for (const piece of pieces) {
      written += typeof piece === 'string' ? piece : padded(values[piece.set] ?? 0, piece.width);
    }
    return written;
  };
}

function padded(value: number, width: number): string {
  const digits = String(Math.abs(value)).padStart(width, '0');
  return value < 0 ? `-${digits}` : digits;
}
