import type { Engine } from '@berth/core';
import { record } from '@berth/core/testing';
import { expect } from 'vitest';
import { check, nothing } from './check.ts';

// What an eTag promises (semantics §0, §14.2), said of queries alone.

check('two states that one can tell apart have different eTags', 200, nothing, (steps) => {
  const seen = new Map<string, string>();
  record(steps, (_input, _applied, _lines, { engine }) => {
    for (const { title, eTag, rest } of entitiesOf(engine)) {
      const before = seen.get(`${title} ${eTag}`);
      if (before !== undefined) expect(rest, `${title} with ${eTag}`).toBe(before);
      seen.set(`${title} ${eTag}`, rest);
    }
  });
});

check('an eTag stays while nothing happens to its entity', 100, nothing, (steps) => {
  let before = new Map<string, Seen>();
  record(steps, (input, { events }, _lines, { engine }) => {
    // An update with what is there is one all the same.
    const isUpdate = 'command' in input && input.command.type === 'updateTask';
    const concerned = new Set(
      events.flatMap((event) => ('taskId' in event ? [titleOf(event)] : [])),
    );
    const after = new Map<string, Seen>();
    for (const seen of entitiesOf(engine)) {
      after.set(seen.title, seen);
      const was = before.get(seen.title);
      if (!seen.title.startsWith('task ') || concerned.has(seen.title)) continue;
      if (was?.rest === seen.rest && !isUpdate) expect(seen.eTag, seen.title).toBe(was.eTag);
    }
    before = after;
  });
});

function titleOf({ jobId, taskId }: { jobId: string; taskId: string }): string {
  return `task ${jobId}/${taskId}`;
}

interface Seen {
  title: string;
  eTag: string;
  /** All that a client sees of it but the eTag. */
  rest: string;
}

function entitiesOf({ queries }: Engine): Seen[] {
  const pools = queries.pools().map((pool) => {
    const {
      eTag,
      currentDedicatedNodes: _dedicated,
      currentLowPriorityNodes: _low,
      ...rest
    } = pool;
    return { title: `pool ${pool.id}`, eTag, rest: JSON.stringify(rest) };
  });
  const jobs = queries.jobs().map(({ eTag, ...rest }) => {
    return { title: `job ${rest.id}`, eTag, rest: JSON.stringify(rest) };
  });
  const tasks = queries.jobs().flatMap(({ id: jobId }) =>
    (queries.tasks(jobId)?.tasks ?? []).map(({ eTag, ...rest }) => {
      const title = titleOf({ jobId, taskId: rest.id });
      return { title, eTag, rest: JSON.stringify(rest) };
    }),
  );
  return [...pools, ...jobs, ...tasks];
}
