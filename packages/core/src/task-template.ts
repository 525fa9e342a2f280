import type { TaskSpecification, TaskTemplate } from './specification.ts';

/** What tasks given one by one share: all but id, commandLine and dependsOn. */
export function templateOf(task: TaskSpecification): TaskTemplate {
  const { id: _id, dependsOn: _dependsOn, ...shared } = task;
  return { ...shared, commandLine: '' };
}

/** Whether {@link templateOf} the task has the same canonical JSON as `template`, found out without making either. */
export function hasTemplate(task: TaskSpecification, template: TaskTemplate): boolean {
  let shared = 0;
  for (const key of Object.keys(task) as (keyof TaskSpecification)[]) {
    if (key === 'id' || key === 'dependsOn') continue;
    shared++;
    if (key === 'commandLine') continue;
    if (!Object.hasOwn(template, key) || !isSameJson(task[key], template[key])) return false;
  }
  return shared === Object.keys(template).length;
}

/** Of values as JSON.parse makes them. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && isSameList(one, other);
  }
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(other, key)) return false;
    // Both have the key.
    const value = (one as Record<string, unknown>)[key];
    if (!isSameJson(value, (other as Record<string, unknown>)[key])) return false;
  }
  return true;
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) {
    if (!isSameJson(one[index], other[index])) return false;
  }
  return true;
}
