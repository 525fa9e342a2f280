import type { TaskFactory, TaskSpecification } from '@berth/core';

/** The tasks that a parametric sweep stands for, one by one: the last parameter set varies fastest. */
export function factoryTasks(factory: TaskFactory): TaskSpecification[] {
  let combinations: number[][] = [[]];
  for (const set of factory.parameterSets) {
    const values: number[] = [];
    for (let value = set.start; (set.end - value) * Math.sign(set.step) >= 0; value += set.step) {
      values.push(value);
    }
    combinations = combinations.flatMap((before) => values.map((value) => [...before, value]));
  }
  return combinations.map((values, index) => ({
    ...factory.repeatTask,
    id: String(factory.firstTaskId + index),
    commandLine: factory.repeatTask.commandLine.replace(/\{(\d)\}/g, (_, set: string) =>
      String(values[Number(set)]),
    ),
  }));
}
