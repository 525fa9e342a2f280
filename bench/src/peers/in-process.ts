import { priorityQueue, queue } from 'async';
import Bottleneck from 'bottleneck';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { engineContender } from '../dispatch-contenders.ts';
import { standardLoad } from '../dispatch-load.ts';
import type { OpenPeer } from '../peer.ts';
import { concurrency, LaterEnds, rankOf } from '../peer.ts';

/*
 * Schedulers that live in this process, each by its fast path: the callback where there is one, else a promise
 * that is settled already. From the first task that is given to the last that has ended.
 */

const done = async (): Promise<void> => {};

function inProcess(name: string, run: (tasks: number) => Promise<unknown>): OpenPeer {
  return {
    contender: (tasks) => ({
      name,
      async run() {
        await run(tasks);
      },
    }),
  };
}

export const inProcessPeers: Readonly<Record<string, () => OpenPeer>> = {
  'berth-factory': () => ({
    contender: (tasks) => engineContender({ ...standardLoad, tasks }, 'berth-factory'),
  }),

  'berth-one-by-one': () => ({
    contender: (tasks) =>
      engineContender({ ...standardLoad, tasks, submission: 'one by one' }, 'berth-one-by-one'),
  }),

  fastq: () =>
    inProcess(
      'fastq',
      (tasks) =>
        new Promise<void>((resolve) => {
          const { start } = new LaterEnds();
          const work = fastq<unknown, number>((_task, end) => start(end), concurrency);
          work.drain = resolve;
          for (let task = 0; task < tasks; task++) work.push(task);
        }),
    ),

  'fastq-promise': () =>
    inProcess('fastq-promise', async (tasks) => {
      const work = fastq.promise(done, concurrency);
      for (let task = 0; task < tasks; task++) void work.push(task);
      await work.drained();
    }),

  'async-queue': () =>
    inProcess('async-queue', (tasks) => {
      const { start } = new LaterEnds();
      const work = queue((_task: number, end: (error: null) => void) => start(end), concurrency);
      for (let task = 0; task < tasks; task++) void work.push(task);
      return work.drain();
    }),

  'async-priority-queue': () =>
    inProcess('async-priority-queue', (tasks) => {
      const { start } = new LaterEnds();
      const work = priorityQueue(
        (_task: number, end: (error: null) => void) => start(end),
        concurrency,
      );
      for (let task = 0; task < tasks; task++) void work.push(task, rankOf(task));
      return work.drain();
    }),

  'p-limit': () =>
    inProcess('p-limit', (tasks) => {
      const limit = pLimit(concurrency);
      return Promise.all(Array.from({ length: tasks }, () => limit(done)));
    }),

  'p-queue': () =>
    inProcess('p-queue', (tasks) => {
      const work = new PQueue({ concurrency });
      for (let task = 0; task < tasks; task++) void work.add(done);
      return work.onIdle();
    }),

  'p-queue-priorities': () =>
    inProcess('p-queue-priorities', (tasks) => {
      const work = new PQueue({ concurrency });
      for (let task = 0; task < tasks; task++) void work.add(done, { priority: -rankOf(task) });
      return work.onIdle();
    }),

  bottleneck: () =>
    inProcess('bottleneck', (tasks) => {
      const limiter = new Bottleneck({ maxConcurrent: concurrency });
      return Promise.all(
        Array.from({ length: tasks }, (_, task) =>
          limiter.schedule({ priority: rankOf(task) }, done),
        ),
      );
    }),
};
