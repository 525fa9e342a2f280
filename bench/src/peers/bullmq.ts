import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import type { OpenPeer } from '../peer.ts';
import { PeerMissing, rankOf } from '../peer.ts';

/*
 * BullMQ with a Redis of its own that appends every change to a file and syncs it every second: network and
 * durability are part of the figure. Jobs are added a thousand at a time while a worker takes them.
 */

const jobsPerCall = 1_000;
const workerConcurrency = 100;

export async function openBullMQ(): Promise<OpenPeer> {
  const { port, version, stop } = await startRedis();
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null };
  let turn = 0;
  return {
    beside: version,
    contender(tasks) {
      let queue: Queue | undefined;
      let worker: Worker | undefined;
      let ended: Promise<void> = Promise.resolve();
      return {
        name: 'bullmq',
        async before() {
          const name = `bench-${turn++}`;
          const mine = new Queue(name, { connection });
          const own = new Worker(name, async () => {}, {
            connection,
            concurrency: workerConcurrency,
          });
          queue = mine;
          worker = own;
          ended = new Promise((resolve, reject) => {
            let left = tasks;
            own.on('completed', () => {
              if (--left === 0) resolve();
            });
            own.on('error', reject);
          });
          await Promise.all([mine.waitUntilReady(), own.waitUntilReady()]);
        },
        async run() {
          for (let from = 0; from < tasks; from += jobsPerCall) {
            const length = Math.min(jobsPerCall, tasks - from);
            const opts = { removeOnComplete: true };
            const jobs = Array.from({ length }, (_, index) => ({
              name: 'task',
              data: from + index,
              opts: { ...opts, priority: 1 + rankOf(from + index) },
            }));
            await queue?.addBulk(jobs);
          }
          await ended;
        },
        async after() {
          await worker?.close();
          await queue?.close();
        },
      };
    },
    close: stop,
  };
}

interface Redis {
  port: number;
  version: string;
  stop(): Promise<void>;
}

async function startRedis(): Promise<Redis> {
  let version: string;
  try {
    const printed = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
    version = `Redis ${/v=([\d.]+)/.exec(printed)?.[1] ?? '?'}`;
  } catch {
    throw new PeerMissing('redis-server is not installed');
  }
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'berth-redis-'));
  const options = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => {
    server.on('close', () => resolve());
  });
  const stop = async (): Promise<void> => {
    server.kill();
    await gone;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries === 100 || server.exitCode !== null) {
      await stop();
      throw new PeerMissing('redis-server does not start');
    }
    await sleep(50);
  }
  return { port, version, stop };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
