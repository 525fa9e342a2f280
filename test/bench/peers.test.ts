import { afterEach, expect, test, vi } from 'vitest';
import { inChild } from '../../bench/src/in-child.ts';
import type { PeerFound, PeerInput } from '../../bench/src/peer-child.ts';
import { keepsPriorities, peerGroups } from '../../bench/src/peer-groups.ts';
import { inProcessPeers } from '../../bench/src/peers/in-process.ts';
import { peers } from '../../bench/src/peers.ts';

const child = new URL('../../bench/src/peer-child.ts', import.meta.url);

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each(Object.keys(inProcessPeers).filter((name) => name !== 'bottleneck'))(
  '%s ends all that it was given',
  async (name) => {
    const contender = inProcessPeers[name]?.().contender(1_000);
    await contender?.before?.();
    await contender?.run();
    await contender?.after?.();
  },
);

test('a peer that is not there says so, and is no failure', async () => {
  vi.stubEnv('PATH', '');
  const found = await inChild<PeerFound>(child, {
    name: 'bullmq',
    tasks: 1,
    warmUpTasks: 1,
  } satisfies PeerInput);
  expect(found).toEqual({ missing: 'redis-server is not installed' });
});

test('a row that is missing does not stop the others', async () => {
  vi.stubEnv('PATH', '');
  vi.stubEnv('BERTH_NO_SYSTEM_PACKAGES', '1');
  const wish = { variants: ['bullmq', 'fastq'], turns: 1, sized: true };
  const sections = peers.run(100, wish);
  const [section] = Symbol.asyncIterator in sections ? [] : await sections;
  expect(section?.rows[0]).toMatchObject({
    variant: 'bullmq',
    skipped: 'not measured: redis-server is not installed',
  });
  expect(section?.rows[1]).toMatchObject({
    variant: 'fastq',
    operations: 100,
    command: 'npm run bench -- peers --tasks 100 --variant fastq --turns 1',
  });
  expect(section?.rows[1]?.median).toBeGreaterThan(0);
});

test('every peer is in one group of the plot', () => {
  const grouped = peerGroups.flatMap(({ variants }) => variants);
  expect([...grouped].sort()).toEqual([...(peers.variants ?? [])].sort());
  expect(keepsPriorities).toContain('async-priority-queue');
});
