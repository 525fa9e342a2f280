import { Engine } from '@berth/core';
import type { Step, Watcher } from '@berth/core/testing';
import { batchOf, drain, histories, must, record, rowsOf, tell } from '@berth/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeout } from './check.ts';

// Random histories of jobs with managers, preparations and releases (semantics §8, ruling 15).

const times = Number(process.env['BERTH_RUNS'] ?? 1);

function check(name: string, runs: number, body: (steps: Step[]) => void): void {
  const property = fc.property(histories({ jobTasks: true }), (steps) => {
    try {
      body(steps);
    } catch (error) {
      throw new Error(`${String(error)}\nin the history\n${tell(steps)}\n`, { cause: error });
    }
  });
  test(name, () => fc.assert(property, { numRuns: Math.ceil(runs * times) }), timeout);
}

/** Of one job on one node, as its executor sees it. */
interface Seen {
  prepared: boolean;
  started: boolean;
}

/** What must hold of effects alone. */
function watcher(): Watcher {
  const seen = new Map<string, Seen>();
  const managed = new Set<string>();
  const of = (job: string, node: string): Seen => {
    const key = `${job} ${node}`.toLowerCase();
    const known = seen.get(key) ?? { prepared: false, started: false };
    seen.set(key, known);
    return known;
  };
  return (input, { events }, lines, { engine, ledger }) => {
    const broken = engine.validate();
    if (broken.length > 0) throw new Error(broken.join('\n'));
    for (const event of events) {
      if (event.entity === 'job' && event.to === 'gone') {
        for (const key of [...seen.keys()]) {
          if (key.startsWith(`${event.jobId} `.toLowerCase())) seen.delete(key);
        }
        managed.delete(event.jobId.toLowerCase());
      }
    }
    if ('report' in input && 'run' in input.report && 'exitCode' in input.report) {
      const { run, sequence, exitCode } = input.report;
      const task = ledger.nodeTasks.find((one) => one.run === run && one.sequence === sequence);
      const [, job = ''] = /^jobPreparation of (\S+)/.exec(task?.title ?? '') ?? [];
      const isSuccess = exitCode === 0 && !('failure' in input.report);
      if (isSuccess && task !== undefined) {
        of(job, must(ledger.nodes[task.node]).name).prepared = true;
      }
    }
    for (const line of lines) {
      const [, job = '', task = '', node = ''] =
        /^start (\S+)\/(\S+) #\d+ on (\S+)/.exec(line) ?? [];
      const specification = engine.queries.job(job);
      if (specification !== undefined) {
        const { jobPreparationTask, jobManagerTask } = specification;
        const one = of(job, node);
        if (jobPreparationTask?.waitForSuccess === true && !one.prepared) {
          throw new Error(`${job}/${task} starts on ${node} before its preparation`);
        }
        one.started = true;
        const key = job.toLowerCase();
        const isManager = jobManagerTask?.id.toLowerCase() === task.toLowerCase();
        const isGone = engine.queries.task(job, jobManagerTask?.id ?? '')?.state === undefined;
        if (isManager) managed.add(key);
        else if (jobManagerTask !== undefined && !isGone && !managed.has(key)) {
          const state = engine.queries.task(job, jobManagerTask.id)?.state;
          // A task that was placed while its manager was, and has waited for its preparation, starts all the same.
          const hasWaited = jobPreparationTask?.waitForSuccess === true;
          if (state === 'active' && !hasWaited)
            throw new Error(`${job}/${task} starts before its manager`);
        }
      }
      const [, released = '', at = ''] = /^run jobRelease of (\S+) #\d+ on (\S+)/.exec(line) ?? [];
      if (released !== '') {
        if (!of(released, at).started)
          throw new Error(`${released} is released on ${at} for nothing`);
        const runs = ledger.live.filter(
          ({ title, node }) =>
            title.toLowerCase().startsWith(`${released}/`.toLowerCase()) &&
            ledger.nodes[node]?.name === at,
        );
        if (runs.length > 0) throw new Error(`${released} is released on ${at} beside its tasks`);
      }
      const [, word = '', fresh = ''] = /^(get|reimage|release) (\S+)$/.exec(line) ?? [];
      if (word === '') continue;
      for (const [key, one] of seen) {
        if (!key.endsWith(` ${fresh}`.toLowerCase())) continue;
        one.prepared = false;
        one.started = false;
      }
    }
  };
}

check('tasks wait for preparations and managers, releases for tasks', 150, (steps) => {
  const watch = watcher();
  drain(record(steps, watch), watch);
});

check('restored before each input an engine does the same', 40, (steps) => {
  let shadow = new Engine();
  record(steps, (input, { effects }, _lines, { engine }) => {
    const { effects: own } = shadow.apply(batchOf([input]));
    expect(rowsOf(own)).toEqual(rowsOf(effects));
    expect(shadow.stateHash()).toBe(engine.stateHash());
    shadow = Engine.restore([...engine.snapshot()]);
    expect(rowsOf(shadow.outstanding())).toEqual(rowsOf(engine.outstanding()));
  });
});

check('a job that is to end does, whatever becomes of its nodes', 80, (steps) => {
  const recording = record(steps);
  drain(recording);
  for (const { id, state } of recording.engine.queries.jobs()) {
    expect([id, state]).not.toEqual([id, 'terminating']);
    expect([id, state]).not.toEqual([id, 'deleting']);
  }
});

check('multi-instance tasks wait for the preparations of all of their nodes', 60, (given) => {
  const steps = given.map(withGangs);
  const watch = watcher();
  drain(record(steps, watch), watch);
  let shadow = new Engine();
  record(steps, (input, { effects }, _lines, { engine }) => {
    expect(rowsOf(shadow.apply(batchOf([input])).effects)).toEqual(rowsOf(effects));
    shadow = Engine.restore([...engine.snapshot()]);
    expect(shadow.stateHash()).toBe(engine.stateHash());
  });
});

/** The same in pools that take such tasks, with two instances of every other task. */
function withGangs(step: Step): Step {
  if (step.is !== 'command') return step;
  const { command } = step;
  if (command.type === 'addPool') {
    const pool = {
      ...command.pool,
      taskSlotsPerNode: 1,
      enableInterNodeCommunication: true as const,
    };
    return { ...step, command: { ...command, pool } };
  }
  if (command.type !== 'addTasks') return step;
  const multiInstanceSettings = {
    numberOfInstances: 2,
    coordinationCommandLine: 'coordinate',
    commonResourceFiles: [],
  };
  const tasks = command.tasks.map((task, index) =>
    index % 2 === 0 ? { ...task, requiredSlots: 1, multiInstanceSettings } : task,
  );
  return { ...step, command: { ...command, tasks } };
}
