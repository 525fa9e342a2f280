import type {
  Command,
  ExplanationReason,
  FreeingEvent,
  Report,
  TaskExplanation,
  TaskTemplate,
} from '@berth/core';
import { EffectKind, Engine, explanationSentences, ReportKind } from '@berth/core';
import type { Input, Recording, Step, Watcher } from '@berth/core/testing';
import { batchOf, drain, must, namedPool, play, record } from '@berth/core/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import { check, nothing } from './check.ts';
import { NaiveScheduler } from './naive-scheduler.ts';

// What `explain` says of a task, held against what becomes of it.

const place = fc.nat({ max: 150 });

check(
  'every active task has a reason, at every moment, also after a restart; asking changes nothing',
  150,
  nothing,
  (steps) => {
    const asked = record(steps, (_input, _applied, _lines, { engine }) => {
      for (const explanation of explainAll(engine)) {
        expect(explanation.reasons.length, title(explanation)).toBeGreaterThan(0);
        expect(explanationSentences(explanation)).toHaveLength(explanation.reasons.length);
        for (const { freedBy, forEver } of explanation.reasons) {
          if (freedBy.length === 0) expect(forEver).toBe(true);
        }
      }
    });
    expect(asked.engine.stateHash()).toBe(record(steps).engine.stateHash());
    const restored = Engine.restore(asked.engine.snapshot());
    expect(explainAll(restored, 'all')).toEqual(explainAll(asked.engine, 'all'));
  },
);

check(
  'what waits for ever never starts, unless a user does something',
  250,
  place,
  (steps, place) => {
    const recording = record(steps.slice(0, place));
    const waiting = new Set(
      explainAll(recording.engine)
        .filter(({ reasons }) => reasons.some(({ forEver }) => forEver))
        .map(title),
    );
    goOn(recording, steps.slice(place).filter(isNoCommand), (_input, { events }) => {
      for (const event of events) {
        if (event.entity !== 'task' || event.to !== 'running') continue;
        const started = `${event.jobId}/${event.taskId}`;
        if (waiting.has(started))
          throw new Error(`${started} has started, and was to wait for ever`);
      }
    });
  },
);

check('what nothing frees never starts, whatever users do', 150, place, (steps, place) => {
  const recording = record(steps.slice(0, place));
  const finished = new Set(
    explainAll(recording.engine, 'all')
      .filter(({ reasons }) => reasons.some(({ freedBy }) => freedBy.length === 0))
      .map(title),
  );
  goOn(recording, steps.slice(place), (_input, { events }) => {
    for (const event of events) {
      if (event.entity === 'task') {
        const subject = `${event.jobId}/${event.taskId}`;
        if (event.to === 'gone') finished.delete(subject);
        if (event.to === 'running' && finished.has(subject))
          throw new Error(`${subject} has started`);
      } else if (event.entity === 'job' && event.to === 'gone') {
        for (const one of finished) if (one.startsWith(`${event.jobId}/`)) finished.delete(one);
      }
    }
  });
});

check(
  'when all has happened that happens by itself, what is left waits for ever, and says so',
  250,
  nothing,
  (steps) => {
    const recording = record(steps);
    recording.engine.listening = false;
    drain(recording);
    for (const explanation of explainAll(recording.engine)) {
      if (waitsForOneOfSeveral(recording.engine, explanation)) continue;
      // A formula may give nodes at any evaluation to come, also for a multi-instance task that this one waits for.
      if (explanation.reasons.some(({ freedBy }) => freedBy.includes('poolAutoScaled'))) continue;
      if (waitsWhereAFormulaGivesNodes(recording.engine, explanation)) continue;
      const forEver = explanation.reasons.some((one) => one.forEver);
      expect(
        forEver,
        `${title(explanation)}\n${explanationSentences(explanation).join('\n')}`,
      ).toBe(true);
    }
  },
);

check(
  'the event that frees a task from its only reason starts it, or changes the reason',
  150,
  place,
  (steps, place) => {
    const { engine } = record(steps.slice(0, place));
    const snapshot = [...engine.snapshot()];
    for (const explanation of explainAll(engine)) {
      const [only, ...others] = explanation.reasons;
      if (only === undefined || others.length > 0) continue;
      for (const event of only.freedBy) {
        const world = Engine.restore(snapshot);
        const input = bring(world, explanation, only, event);
        if (input === undefined) continue;
        const before = runningTasks(world);
        const [result] = world.apply(batchOf([input])).results;
        if (result?.error !== undefined) continue;
        // What the same event makes ready may stand before it and take the room.
        if ([...runningTasks(world)].some((task) => !before.has(task))) continue;
        const after = world.queries.explain(explanation.jobId, explanation.taskId);
        expect(after, `${title(explanation)}: ${event}`).not.toEqual(explanation);
      }
    }
  },
);

check('as many tasks stand before it as the rules say', 150, nothing, (steps) => {
  const naive = new NaiveScheduler();
  record(steps, (input, _applied, _lines, { engine, ledger }) => {
    if ('command' in input) naive.command(input.at, input.command);
    else naive.report(input.at, ledger.translate(input.report));
    for (const explanation of explainAll(engine)) {
      if (!explanation.reasons.some(({ kind }) => isOfReady.has(kind))) continue;
      const queue = explanation.reasons.find((one) => one.kind === 'queue');
      const before = naive.standingBefore(explanation.jobId, explanation.taskId);
      expect(queue?.ahead ?? 0, title(explanation)).toBe(before.length);
    }
  });
});

/** Kinds that only tasks in a queue have. */
const isOfReady: ReadonlySet<string> = new Set(['noFreeSlots', 'maxParallelTasks', 'queue']);

function explainAll({ queries }: Engine, which: 'active' | 'all' = 'active'): TaskExplanation[] {
  return queries
    .jobs()
    .flatMap(({ id }) =>
      must(queries.tasks(id, which === 'all' ? {} : { state: 'active' })).tasks.map((task) =>
        must(queries.explain(id, task.id)),
      ),
    );
}

function runningTasks({ queries }: Engine): Set<string> {
  return new Set(
    queries
      .jobs()
      .flatMap(({ id }) =>
        must(queries.tasks(id, { state: 'running' })).tasks.map((task) => `${id}/${task.id}`),
      ),
  );
}

function title({ jobId, taskId }: TaskExplanation): string {
  return `${jobId}/${taskId}`;
}

/** Nor what makes a node start anew that had no reason to: that it breaks and heals, or is taken away and comes back. */
function isNoCommand(step: Step): boolean {
  if (step.is === 'nodeUnusable' || step.is === 'nodePreempted') return false;
  return step.is !== 'command' && step.is !== 'task';
}

/** Plays the steps, and then whatever comes by itself. */
function goOn(recording: Recording, steps: Step[], watch: Watcher): void {
  play(recording, steps, watch);
  recording.engine.listening = true;
  drain(recording, watch);
}

/** Two active tasks whose ids are one integer: either may satisfy, and it is not said what becomes of both. */
function waitsForOneOfSeveral({ queries }: Engine, { jobId }: TaskExplanation): boolean {
  const active = must(queries.tasks(jobId, { state: 'active' })).tasks.map(({ id }) => id);
  return active.includes('3') && active.includes('03');
}

function waitsWhereAFormulaGivesNodes(
  { queries }: Engine,
  { jobId, reasons }: TaskExplanation,
): boolean {
  const pool = queries.pool(namedPool(must(queries.job(jobId)).poolInfo));
  return pool?.enableAutoScale === true && reasons.some(({ kind }) => kind.startsWith('parent'));
}

const template: TaskTemplate = {
  commandLine: 'run',
  resourceFiles: [],
  outputFiles: [],
  environmentSettings: [],
  constraints: {},
  requiredSlots: 1,
};

/** An input that brings the event about, `undefined` if none does just now. */
function bring(
  engine: Engine,
  { jobId, taskId }: TaskExplanation,
  reason: ExplanationReason,
  event: FreeingEvent,
): Input | undefined {
  const at = engine.now;
  const command = (command: Command): Input => ({ at, command });
  const add = (id: string): Input =>
    command({ type: 'addTasks', jobId, tasks: [{ id, ...template }] });
  const report = (report: Report | undefined): Input | undefined => report && { at, report };
  switch (event) {
    case 'parentSatisfies': {
      const ids = 'taskIds' in reason ? reason.taskIds : 'taskId' in reason ? [reason.taskId] : [];
      return report(endOf(engine, (title) => ids.some((id) => title === `${jobId}/${id}`)));
    }
    case 'taskAdded':
      if (reason.kind === 'parent' || reason.kind === 'rootCause') return add(reason.taskId);
      return reason.kind === 'parentRange' ? add(String(reason.lowestMissing)) : undefined;
    case 'taskReactivated':
      if (reason.kind === 'completed') return command({ type: 'reactivateTask', jobId, taskId });
      if (reason.kind === 'parentRange' && reason.taskIds.length > 1) return undefined;
      if (reason.kind === 'parentRange') {
        return command({ type: 'reactivateTask', jobId, taskId: must(reason.taskIds[0]) });
      }
      return reason.kind === 'parent'
        ? command({ type: 'reactivateTask', jobId, taskId: reason.taskId })
        : undefined;
    case 'taskReplaced': {
      const replaced = reason.kind === 'parent' ? reason.taskId : undefined;
      if (replaced === undefined) return undefined;
      engine.apply(batchOf([command({ type: 'deleteTask', jobId, taskId: replaced })]));
      return add(replaced);
    }
    case 'poolAdded': {
      if (reason.kind !== 'noPool') return undefined;
      const pool = {
        id: reason.poolId,
        vmSize: 'any',
        targetDedicatedNodes: 1,
        taskSlotsPerNode: 4,
        taskSchedulingPolicy: { nodeFillType: 'spread' as const },
        metadata: [],
        executor: 'simulated',
        durability: 'written' as const,
      };
      return command({ type: 'addPool', pool });
    }
    case 'jobEnabled':
      return command({ type: 'enableJob', jobId });
    case 'nodeReimaged':
    case 'preparationEnds':
    case 'jobManagerStarts':
      return undefined;
    case 'poolResized': {
      if (!('poolId' in reason)) return undefined;
      // A quota may leave no room for a node.
      engine.apply(batchOf([command({ type: 'patchAccount', patch: { dedicatedCoreQuota: -1 } })]));
      // More than it has, whatever becomes of those.
      const nodes = reason.kind === 'tooFewFreeNodes' ? 7 : 1;
      const resize = { targetDedicatedNodes: nodes, nodeDeallocationOption: 'requeue' as const };
      return command({ type: 'resizePool', poolId: reason.poolId, resize });
    }
    case 'resizeGivenUp':
      return 'poolId' in reason
        ? command({ type: 'stopResize', poolId: reason.poolId })
        : undefined;
    case 'schedulingEnabled':
    case 'nodeRestarted': {
      if (!('poolId' in reason)) return undefined;
      const { poolId } = reason;
      const restarts = event === 'nodeRestarted';
      const node = engine.queries
        .nodes(poolId)
        ?.find(({ state, schedulingState, errors }) =>
          restarts
            ? schedulingState === 'enabled' && (state === 'starttaskfailed' || errors !== undefined)
            : schedulingState === 'disabled',
        );
      if (node === undefined) return undefined;
      const { id: nodeId } = node;
      return command(
        restarts
          ? { type: 'rebootNode', poolId, nodeId, nodeRebootOption: 'requeue' }
          : { type: 'enableScheduling', poolId, nodeId },
      );
    }
    case 'nodeStarted': {
      if (!('poolId' in reason)) return undefined;
      const { poolId } = reason;
      const node = engine.queries.nodes(poolId)?.find(({ state }) => state === 'deallocated');
      return node && command({ type: 'startNode', poolId, nodeId: node.id });
    }
    case 'nodeReady':
      return 'poolId' in reason ? report(readyNode(engine, reason.poolId)) : undefined;
    case 'runEnds':
      return 'poolId' in reason
        ? report(endOf(engine, (_title, poolId) => poolId === reason.poolId))
        : undefined;
    case 'jobTaskEnds':
      return report(endOf(engine, (title) => title.startsWith(`${jobId}/`)));
    case 'jobMoved':
    case 'poolAutoScaled':
    case 'taskEnds':
    case 'othersStart':
      return undefined;
  }
}

/** The success of a run that has not been told to end. */
function endOf(
  engine: Engine,
  wanted: (title: string, poolId: string) => boolean,
): Report | undefined {
  const effects = engine.outstanding();
  for (let index = 0; index < effects.length; index++) {
    if (effects.kind(index) !== EffectKind.startRun) continue;
    const run = effects.run(index);
    const sequence = effects.sequence(index);
    const details = effects.catalog.run(run, sequence);
    // The end of an instance of a multi-instance task means more than its slot.
    if (details?.multiInstance !== undefined) continue;
    if (details === undefined || !wanted(`${details.jobId}/${details.taskId}`, details.poolId))
      continue;
    return { kind: ReportKind.runEnded, run, sequence, exitCode: 0 };
  }
  return undefined;
}

/** That a node which is asked for is there. */
function readyNode(engine: Engine, poolId: string): Report | undefined {
  const effects = engine.outstanding();
  for (let index = 0; index < effects.length; index++) {
    if (effects.kind(index) !== EffectKind.getNode) continue;
    if (effects.catalog.node(effects.node(index)).poolId !== poolId) continue;
    return {
      kind: ReportKind.nodeReady,
      node: effects.node(index),
      sequence: effects.sequence(index),
    };
  }
  return undefined;
}
