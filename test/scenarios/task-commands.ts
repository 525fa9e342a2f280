import type { Command, TaskSpecification } from '@berth/core';
import { parseTaskConstraints, parseTaskFactory, parseTasks } from '@berth/core/spec';
import type { CommandLine } from './command-line.ts';
import type { ScenarioCommand } from './commands.ts';
import { throughDoor } from './door.ts';
import { parseIds, parseRange } from './id-list.ts';
import { restBody, taskOptions, taskUpdateOptions } from './rest-body.ts';
import type { ScenarioWorld } from './scenario-world.ts';

export const taskCommands: Record<string, ScenarioCommand> = {
  'add task': addTasks,
  /** All in one input: `add tasks j/a,b,1..3`. */
  'add tasks': addTasks,
  'add factory'(world, line) {
    const [jobId, integers] = line.pair('the factory');
    const range = parseRange(integers);
    if (range === undefined) throw new Error('add factory: its tasks are written j/1..10');
    const repeatTask = restBody(line, taskOptions, { commandLine: 'work {0}' });
    line.end();
    const body = {
      type: 'parametricSweep',
      parameterSets: [range],
      firstTaskId: range.start,
      repeatTask,
    };
    throughDoor(world, () => ({ type: 'addTaskFactory', jobId, factory: parseTaskFactory(body) }));
  },
  'update task'(world, line) {
    const [jobId, taskId] = line.pair('the task');
    const body = restBody(line, taskUpdateOptions, {});
    line.end();
    throughDoor(world, () => ({
      type: 'updateTask',
      jobId,
      taskId,
      constraints: parseTaskConstraints(body),
    }));
  },
  'terminate task': onTask('terminateTask'),
  'reactivate task': onTask('reactivateTask'),
  'delete task': onTask('deleteTask'),
};

function addTasks(world: ScenarioWorld, line: CommandLine): void {
  const [jobId, list] = line.pair('the task');
  const ids = parseIds(list);
  const common = restBody(line, taskOptions, { commandLine: 'work' });
  line.end();
  const tasks: TaskSpecification[] = [];
  const readings = parseTasks(ids.map((id) => ({ id, ...common })));
  for (const [index, reading] of readings.entries()) {
    if ('code' in reading) world.say(`refused ${ids[index]} ${reading.code}`);
    else tasks.push(reading);
  }
  if (tasks.length > 0) world.send({ type: 'addTasks', jobId, tasks });
}

function onTask(type: 'terminateTask' | 'reactivateTask' | 'deleteTask'): ScenarioCommand {
  return (world, line) => {
    const [jobId, taskId] = line.pair('the task');
    line.end();
    const command: Command = { type, jobId, taskId };
    world.send(command);
  };
}
