import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { FileJournal } from '@berth/storage';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../end-to-end/berth.ts';
import type { Claim } from './claimed-world.ts';
import { ClaimedWorld } from './claimed-world.ts';
import type { Life, Moment } from './recorded-life.ts';
import { exitCode, headerBytes, layOut, recordLife, replayBoth } from './recorded-life.ts';

/*
 * A life is recorded: every write, sync, snapshot, acknowledgement and start. Then the process dies at moments of it, and
 * another one goes on from what is on the disk, in a world where what ran goes on. `npm run test:faults` tries thousands.
 */

const times = Number(process.env['BERTH_FAULTS'] ?? 1);
const figures = {
  kills: 0,
  cuts: 0,
  flips: 0,
  diskFailures: 0,
  acknowledged: 0,
  lost: 0,
  startedTwice: 0,
};

afterAll(() => {
  const told = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`);
  process.stdout.write(`faults: ${told.join(', ')}\n`);
});

/** Evenly spread, so many of them. */
function some<Item>(items: readonly Item[], count: number): Item[] {
  const step = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, index) => items[Math.floor(index * step)],
  ).filter((item) => item !== undefined);
}

/** Goes on from a crash to the end of every job, and says what is wrong with it. */
async function goOn(
  life: Life,
  moment: Moment,
  length: number,
  claims: readonly Claim[],
): Promise<void> {
  const directory = temporaryDirectory();
  layOut(directory, life.bytes, length, moment);
  const world = new ClaimedWorld(exitCode, claims);
  const batch = await openBatch({
    directory,
    journal: await FileJournal.open(join(directory, 'journal'), { keepHistory: true }),
    executors: [world.executor()],
    snapshotAfterBytes: 3_000,
    warn: () => {},
  });
  const there = new Set<string>();
  for (const { id } of batch.jobs.list()) {
    const job = batch.jobs.get(id);
    for await (const task of job.tasks.list()) there.add(`${id}/${task.id}`);
  }
  const lost = moment.acknowledged.filter((task) => !there.has(task));
  for (const { id, state } of batch.jobs.list()) {
    const job = batch.jobs.get(id);
    if (state !== 'completed') {
      await job.patch({ onAllTasksComplete: 'terminatejob' });
      await job.done();
    }
    for await (const task of job.tasks.list()) {
      expect(task.executionInfo).toMatchObject({ exitCode: 0, result: 'success' });
    }
  }
  await batch.close();
  figures.acknowledged += moment.acknowledged.length;
  figures.lost += lost.length;
  figures.startedTwice += world.startedTwice.length;
  expect({ lost, startedTwice: world.startedTwice }).toEqual({ lost: [], startedTwice: [] });
  const { whole, since, broken } = await replayBoth(directory);
  expect({ broken, hash: since }).toEqual({ broken: [], hash: whole });
}

describe.each([1, 2, 3].slice(0, Math.max(1, Math.min(3, times))))('a life of %i jobs', (jobs) => {
  const patience = 60_000 * times + 30_000;

  test('killed at any moment it goes on, and starts nothing twice', {
    timeout: patience,
  }, async () => {
    const life = await recordLife(temporaryDirectory(), jobs);
    for (const moment of some(life.moments, 40 * times)) {
      await goOn(life, moment, moment.written, moment.claims);
      figures.kills++;
    }
  });

  test('its last batch cut at any byte was never acknowledged', { timeout: patience }, async () => {
    const life = await recordLife(temporaryDirectory(), jobs);
    // The machine died, and with it what ran: a cut leaves at least what was synced.
    const cuts = life.moments.flatMap((moment) => {
      const least = Math.max(moment.synced, headerBytes);
      return Array.from({ length: Math.max(0, moment.written - least) }, (_, index) => ({
        moment,
        length: least + index,
      }));
    });
    for (const { moment, length } of some(cuts, 40 * times)) {
      await goOn(life, moment, length, []);
      figures.cuts++;
    }
  });

  test('a disk that fails ends it, and what was acknowledged before is there', {
    timeout: patience,
  }, async () => {
    const { moments } = await recordLife(temporaryDirectory(), jobs);
    for (const what of ['append', 'sync'] as const) {
      // After as many as made the pool.
      const faults = Array.from({ length: moments.length / 3 }, (_, index) => index + 5);
      for (const from of some(faults, 5 * times)) {
        const life = await recordLife(temporaryDirectory(), jobs, { what, from });
        const last = life.moments.at(-1);
        if (last === undefined) continue;
        await goOn(life, last, life.bytes.length, last.claims);
        figures.diskFailures++;
      }
    }
  });

  test('a clock that jumps back and forth changes no result', { timeout: patience }, async () => {
    const now = Date.now.bind(Date);
    let jumps = 0;
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => {
      // By five minutes: after fifteen a pool would have given up its nodes (semantics §2.1).
      return now() + (((jumps++ * 7_919) % 201) - 100) * 3_000;
    });
    onTestFinished(() => clock.mockRestore());
    const life = await recordLife(temporaryDirectory(), jobs);
    for (const moment of some(life.moments, 10 * times)) {
      await goOn(life, moment, moment.written, moment.claims);
      figures.kills++;
    }
  });

  test('a flipped bit is named, or was never needed', { timeout: patience }, async () => {
    const life = await recordLife(temporaryDirectory(), jobs);
    const last = life.moments.at(-1);
    if (last === undefined) throw new Error('nothing was recorded');
    // Of the last frame nobody can say whether it was ever written whole.
    const lastFrame = life.moments.findLast(({ written }) => written < life.bytes.length);
    const cut = lastFrame?.written ?? 0;
    const without = await stateOf(last, life.bytes.subarray(0, cut));
    const whole = await stateOf(last, life.bytes);
    const bits = Array.from({ length: 8 * life.bytes.length }, (_, bit) => bit);
    for (const bit of some(bits, 40 * times)) {
      const bytes = Buffer.from(life.bytes);
      bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const found = await stateOf(last, bytes).catch((error: unknown) => error);
      figures.flips++;
      if (found instanceof Error) {
        expect(found).toMatchObject({ code: 'JournalDamaged' });
        expect(found.message).toContain('segment-0000000000000000');
      } else expect(found).toBe(bit >> 3 < cut ? whole : without);
    }
  });
});

/** The state hash of a journal with a snapshot, as a reader finds it. */
async function stateOf(moment: Moment, bytes: Buffer): Promise<string> {
  const directory = temporaryDirectory();
  layOut(directory, bytes, bytes.length, moment);
  const { since } = await replayBoth(directory);
  return since;
}
