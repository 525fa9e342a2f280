import { currentRulesVersion, Engine, InputBatch } from '@berth/core';
import { parseJob, parseJobSchedule, parseTask, parseTaskFactory } from '@berth/core/spec';
import { expect, it } from 'vitest';

it('the engine names the handles of all secrets that its tasks may need, and none of a job that is gone', () => {
  let count = 0;
  const seal = (): string => `s.${count++}`;
  const httpUrl = 'https://a.example/{0}?sig=x{0}y';
  const template = { commandLine: 'x', resourceFiles: [{ httpUrl, filePath: 'a' }] };
  const engine = new Engine();
  const parameterSets = [{ start: 1, end: 3 }];
  engine.apply(
    new InputBatch()
      .command(0, { type: 'configure', rulesVersion: currentRulesVersion, accountName: 'a' })
      .command(0, { type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'p' } }) })
      .command(0, { type: 'addJob', job: parseJob({ id: 'k', poolInfo: { poolId: 'p' } }) })
      .command(0, {
        type: 'addTasks',
        jobId: 'j',
        tasks: [parseTask({ id: 't', ...template }, { seal })],
      })
      .command(0, {
        type: 'addTaskFactory',
        jobId: 'k',
        factory: parseTaskFactory(
          { type: 'parametricSweep', parameterSets, repeatTask: template },
          { seal },
        ),
      }),
  );
  expect([...engine.queries.secretHandles()]).toEqual(['s.0', 's.1', 's.2']);
  engine.apply(new InputBatch().command(0, { type: 'deleteJob', jobId: 'j' }));
  expect([...engine.queries.secretHandles()]).toEqual(['s.1', 's.2']);
  const restored = Engine.restore([...engine.snapshot()]);
  expect([...restored.queries.secretHandles()]).toEqual(['s.1', 's.2']);
});

it('URLs of containers keep their secrets as well, to read from and to write to', () => {
  const sealed: string[] = [];
  const seal = (secret: string): string => `s.${sealed.push(secret) - 1}`;
  const storageContainerUrl = 'https://a.example/in?sv=1&sig=x';
  const containerUrl = 'https://a.example/out?sig=y';
  const outputFiles = [
    { filePattern: '*', destination: { container: { containerUrl, path: 'p' } } },
  ];
  const task = parseTask(
    { id: 't', commandLine: 'x', resourceFiles: [{ storageContainerUrl }], outputFiles },
    { seal },
  );
  expect(sealed).toEqual(['sv=1&sig=x', 'sig=y']);
  expect(task.resourceFiles).toEqual([
    { storageContainerUrl: 'https://a.example/in?<secret:s.0>' },
  ]);
  expect(task.outputFiles[0]?.destination.container).toEqual({
    containerUrl: 'https://a.example/out?<secret:s.1>',
    path: 'p',
  });
  const engine = new Engine();
  engine.apply(
    new InputBatch()
      .command(0, { type: 'configure', rulesVersion: currentRulesVersion, accountName: 'a' })
      .command(0, { type: 'addJob', job: parseJob({ id: 'j', poolInfo: { poolId: 'p' } }) })
      .command(0, { type: 'addTasks', jobId: 'j', tasks: [task] }),
  );
  expect([...engine.queries.secretHandles()]).toEqual(['s.0', 's.1']);
});

it('a job schedule keeps the secrets of its jobs, and a job that it has made its own', () => {
  let count = 0;
  const seal = (): string => `s.${count++}`;
  const schedule = (id: string): ReturnType<typeof parseJobSchedule> =>
    parseJobSchedule(
      {
        id,
        jobSpecification: {
          poolInfo: { poolId: 'p' },
          taskFactory: {
            type: 'parametricSweep',
            parameterSets: [{ start: 1, end: 3 }],
            repeatTask: {
              commandLine: 'x',
              resourceFiles: [{ httpUrl: 'https://a.example/?sig=x', filePath: 'a' }],
            },
          },
        },
      },
      { seal },
    );
  const engine = new Engine();
  engine.apply(InputBatch.of(0, { type: 'addJobSchedule', jobSchedule: schedule('s') }));
  const { jobSpecification } = schedule('s');
  const patch = { jobSpecification };
  engine.apply(InputBatch.of(0, { type: 'patchJobSchedule', jobScheduleId: 's', patch }));
  expect([...engine.queries.secretHandles()].sort()).toEqual(['s.0', 's.1']);
  engine.apply(InputBatch.of(0, { type: 'deleteJob', jobId: 's:job-1' }));
  expect([...engine.queries.secretHandles()]).toEqual(['s.1']);
  engine.apply(InputBatch.of(0, { type: 'deleteJobSchedule', jobScheduleId: 's' }));
  expect([...engine.queries.secretHandles()]).toEqual([]);
});
