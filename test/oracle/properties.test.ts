import type { EngineEvent, TaskView } from '@berth/core';
import {
  accountMachine,
  allocationMachine,
  applicationPackageMachine,
  certificateMachine,
  EffectKind,
  Engine,
  jobMachine,
  jobScheduleMachine,
  nodeMachine,
  poolMachine,
  schedulingMachine,
  taskMachine,
} from '@berth/core';
import type { Input } from '@berth/core/testing';
import { applyTo, batchOf, begin, record, rowsOf, VirtualWorld } from '@berth/core/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check, nothing } from './check.ts';
import { engineView } from './engine-view.ts';
import { factoryTasks } from './factory-tasks.ts';

const sizes = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 });
const place = fc.nat({ max: 150 });

check(
  'inputs give the same state and effects however they are cut into batches',
  120,
  sizes,
  (steps, sizes) => {
    const { inputs, effects, engine } = record(steps);
    const other = new Engine();
    const otherEffects: string[] = [];
    let from = 0;
    for (const size of [...sizes, inputs.length]) {
      const { effects } = other.apply(batchOf(inputs.slice(from, from + size)));
      otherEffects.push(...rowsOf(effects));
      from += size;
    }
    expect(otherEffects).toEqual(effects.flat());
    expect(other.stateHash()).toBe(engine.stateHash());
  },
);

check(
  'a snapshot and the inputs since give the same as never stopping',
  120,
  place,
  (steps, place) => {
    const { inputs, effects, engine } = record(steps);
    const stop = place % (inputs.length + 1);
    const first = new Engine();
    first.apply(batchOf(inputs.slice(0, stop)));
    const second = Engine.restore(first.snapshot());
    expect(second.stateHash()).toBe(first.stateHash());
    expect(engineView(second)).toEqual(engineView(first));
    expect(second.validate()).toEqual([]);
    for (const [index, input] of inputs.slice(stop).entries()) {
      expect(rowsOf(second.apply(batchOf([input])).effects)).toEqual(effects[stop + index]);
    }
    expect(second.stateHash()).toBe(engine.stateHash());
  },
);

check(
  'a snapshot whose chunks are read while the engine goes on is that of its beginning',
  120,
  fc.record({ place, ahead: fc.nat({ max: 4 }) }),
  (steps, { place, ahead }) => {
    const { inputs } = record(steps);
    const stop = place % (inputs.length + 1);
    const engine = new Engine();
    engine.apply(batchOf(inputs.slice(0, stop)));
    const hash = engine.stateHash();
    const snapshot = engine.snapshot();
    const chunks: Uint8Array[] = [];
    for (const [index, input] of inputs.slice(stop).entries()) {
      engine.apply(batchOf([input]));
      const next = index >= ahead ? snapshot.next() : undefined;
      if (next?.done === false) chunks.push(next.value);
    }
    expect(Engine.restore([...chunks, ...snapshot]).stateHash()).toBe(hash);
  },
);

check('the bytes of a history replay to the same state', 60, nothing, (steps) => {
  const { inputs, engine } = record(steps);
  const journal = inputs.map((input) => batchOf([input]).bytes().slice());
  const other = new Engine();
  for (const bytes of journal) other.apply(bytes);
  expect(other.stateHash()).toBe(engine.stateHash());
  expect(other.ignoredReports).toBe(engine.ignoredReports);
});

check('a factory and the same tasks given one by one behave alike', 150, nothing, (steps) => {
  const oneByOne = begin();
  record(steps, (input, { results }, lines, { engine }) => {
    const refused = results[0]?.error !== undefined;
    let twinLines: string[] = [];
    applyTo(oneByOne, refused ? input : expanded(input), (_input, _applied, lines) => {
      twinLines = lines;
    });
    expect(twinLines).toEqual(lines);
    expect(engineView(oneByOne.engine)).toEqual(engineView(engine));
    expect(allTasks(oneByOne.engine)).toEqual(allTasks(engine));
  });
});

/** With every property that they have. */
function allTasks({ queries }: Engine): TaskView[] {
  return queries
    .jobs()
    .flatMap(({ id }) => queries.tasks(id)?.tasks.map((task) => queries.task(id, task.id)!) ?? []);
}

function expanded(input: Input): Input {
  if (!('command' in input) || input.command.type !== 'addTaskFactory') return input;
  const { jobId, factory } = input.command;
  return { at: input.at, command: { type: 'addTasks', jobId, tasks: factoryTasks(factory) } };
}

check(
  'what is outstanding after a restart is what has not been answered',
  120,
  nothing,
  (steps) => {
    const { engine, ledger } = record(steps);
    const kinds = {
      get: EffectKind.getNode,
      start: EffectKind.getNode,
      reboot: EffectKind.rebootNode,
      reimage: EffectKind.reimageNode,
    };
    const expected = [
      ...ledger.nodes.flatMap(({ number, startTask }) =>
        startTask === undefined
          ? []
          : [`${EffectKind.runStartTask} ${number} ${startTask.sequence}`],
      ),
      ...ledger.nodes.flatMap(({ number, sequence, is, asked }) =>
        is === 'asked'
          ? [`${kinds[asked]} ${number} ${sequence}`]
          : is === 'releasing'
            ? [`${EffectKind.releaseNode} ${number} ${sequence}`]
            : is === 'deallocating'
              ? [`${EffectKind.deallocateNode} ${number} ${sequence}`]
              : [],
      ),
      ...ledger.nodes.flatMap(({ number, users }) =>
        users === undefined ? [] : [`${EffectKind.setNodeUsers} ${number} ${users}`],
      ),
      ...ledger.live.flatMap(({ node, sequence, is, commandStarted }) => {
        const kinds: EffectKind[] = [EffectKind.startRun];
        if (commandStarted === true) kinds.push(EffectKind.startPrimary);
        if (is === 'killed') kinds.push(EffectKind.killRun);
        return kinds.map((kind) => `${kind} ${node} ${sequence}`);
      }),
    ];
    const outstanding = outstandingOf(Engine.restore(engine.snapshot()));
    expect(outstanding.sort()).toEqual(expected.sort());
  },
);

function outstandingOf(engine: Engine): string[] {
  const effects = engine.outstanding();
  return Array.from(
    { length: effects.length },
    (_, index) => `${effects.kind(index)} ${effects.node(index)} ${effects.sequence(index)}`,
  );
}

check(
  'nothing moves outside the tables of transitions, and every move begins where the last one ended',
  120,
  nothing,
  (steps) => {
    const states = new Map<string, string>();
    record(steps, (_, { events }, _lines, { inputs }) => {
      for (const event of events) {
        expect(event.cause.inputNumber).toBe(inputs.length);
        const machine = {
          account: accountMachine,
          pool: poolMachine,
          allocation: allocationMachine,
          scheduling: schedulingMachine,
          node: nodeMachine,
          job: jobMachine,
          jobSchedule: jobScheduleMachine,
          applicationPackage: applicationPackageMachine,
          certificate: certificateMachine,
          task: taskMachine,
        }[event.entity];
        const allowed = machine.transitions.some(
          ({ from, to }) => from === event.from && to === event.to,
        );
        expect(allowed, `${subjectOf(event)}: ${event.from} → ${event.to}`).toBe(true);
        const before = states.get(subjectOf(event)) ?? machine.states[0];
        // What its job's wall clock has ended reads as completed, without an event of its own (ruling 4).
        const derived = event.to === 'gone' && event.from === 'completed' && before === 'active';
        if (!derived) expect(event.from, subjectOf(event)).toBe(before);
        if (event.to === 'gone') forgetAll(states, subjectOf(event));
        else states.set(subjectOf(event), event.to);
      }
    });
  },
);

function subjectOf(event: EngineEvent): string {
  switch (event.entity) {
    case 'account':
      return `account ${event.accountName}`;
    case 'pool':
      return `pool ${event.poolId}`;
    case 'node':
      return `pool ${event.poolId} ${event.nodeId}`;
    case 'allocation':
      return `pool ${event.poolId} allocation`;
    case 'scheduling':
      return `pool ${event.poolId} ${event.nodeId} scheduling`;
    case 'job':
      return `job ${event.jobId}`;
    case 'jobSchedule':
      return `schedule ${event.jobScheduleId}`;
    case 'applicationPackage':
      return `application ${event.applicationId} ${event.version}`;
    case 'certificate':
      return `certificate ${event.thumbprint}`;
    case 'task':
      return `job ${event.jobId} ${event.taskId}`;
  }
}

/** What belongs to it goes with it, without events of its own. */
function forgetAll(states: Map<string, string>, subject: string): void {
  for (const key of states.keys()) {
    if (key === subject || key.startsWith(`${subject} `)) states.delete(key);
  }
}

check(
  'no slot is taken twice, no dependency broken, no priority inverted, no task lost, no run started twice',
  150,
  nothing,
  (steps) => {
    new VirtualWorld().play(steps).settle();
  },
);
