import { z } from 'zod';
import type { ParameterSet, TaskFactory, TaskTemplate } from '../specification.ts';
import { factoryCount, parameterCount, readTemplate } from '../task-factory.ts';
import { entity } from './entity.ts';
import { issue } from './problem.ts';
import { choice, whole } from './scalars.ts';
import { taskTemplate } from './task.ts';

/** Far enough for any sweep, and exact in every sum and product made of it. */
const MAX_PARAMETER = 1_000_000_000_000_000;
const MAX_SETS = 100;
/** Beyond what an engine holds in rows. */
const MAX_TASKS = 1_000_000_000;
const MAX_WIDTH = 20;

const parameter = whole(-MAX_PARAMETER, MAX_PARAMETER);

const parameterSet: z.ZodType<ParameterSet> = entity({
  start: parameter,
  end: parameter,
  step: parameter.refine((step) => step !== 0, 'must not be 0').default(1),
}).transform((set, ctx) => {
  if (parameterCount(set) === 0) {
    const { start, end, step } = set;
    const reason = `must not be empty: no step of ${step} leads from ${start} to ${end}`;
    ctx.issues.push(issue(set, reason, { hideValue: true }));
  }
  return set;
});

const parameterSets = z
  .array(parameterSet)
  .refine((sets) => sets.length > 0, 'must have at least one set')
  .refine((sets) => sets.length <= MAX_SETS, `must have at most ${MAX_SETS} sets`);

/** semantics: none; an extension, as in the Batch CLI extensions. */
export const taskFactory: z.ZodType<TaskFactory> = entity(
  {
    type: choice(['parametricSweep'], ['taskPerFile', 'taskCollection']),
    parameterSets,
    firstTaskId: whole(0, MAX_PARAMETER).default(0),
    repeatTask: taskTemplate,
  },
  { notBuiltYet: { mergeTask: [], source: [], tasks: [] } },
).transform((factory, ctx) => {
  const count = factoryCount(factory);
  if (count > MAX_TASKS) {
    const reason = `must make at most ${MAX_TASKS} tasks together, and make ${count}`;
    ctx.issues.push(issue(factory, reason, { hideValue: true }, ['parameterSets']));
  }
  const sets = factory.parameterSets.length;
  for (const { path, reason } of wrongPlaceholders(factory.repeatTask, sets)) {
    ctx.issues.push(issue(factory, reason, {}, ['repeatTask', ...path]));
  }
  return factory;
});

interface WrongPlaceholder {
  path: PropertyKey[];
  reason: string;
}

function wrongPlaceholders(template: TaskTemplate, sets: number): WrongPlaceholder[] {
  const { constraints: _c, requiredSlots: _r, dependsOn: _d, ...parameterised } = template;
  const wrong: WrongPlaceholder[] = [];
  const visit = (part: unknown, path: PropertyKey[]): void => {
    if (typeof part === 'string') {
      const reason = wrongIn(part, sets);
      if (reason !== undefined) wrong.push({ path, reason });
    } else if (Array.isArray(part)) {
      for (const [i, child] of part.entries()) visit(child, [...path, i]);
    } else if (typeof part === 'object' && part !== null) {
      for (const [key, child] of Object.entries(part)) visit(child, [...path, key]);
    }
  };
  visit(parameterised, []);
  return wrong;
}

function wrongIn(template: string, sets: number): string | undefined {
  for (const piece of readTemplate(template)) {
    if (typeof piece === 'string') continue;
    const { set, width } = piece;
    if (set >= sets) {
      const last = sets === 1 ? 'is {0}' : `are {0} to {${sets - 1}}`;
      return `must not use {${set}}, since all there ${last}; for the text itself write {{${set}}}`;
    }
    if (width > MAX_WIDTH) return `must not pad to more than ${MAX_WIDTH} digits`;
  }
  return undefined;
}
