import type { Row } from './benchmark.ts';
import { floorContender } from './dispatch-contenders.ts';
import { standardLoad } from './dispatch-load.ts';
import { childInput } from './in-child.ts';
import { peakMegabytes } from './machine.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';
import type { OpenPeer } from './peer.ts';
import { PeerMissing } from './peer.ts';

/* One peer beside the floor of as many tasks, in a process of its own. */

export interface PeerInput {
  name: string;
  tasks: number;
  /** In each turn that does not count. */
  warmUpTasks: number;
  /** Absent: the peer alone and once, for the peak of memory. */
  turns?: number;
}

export type PeerFound =
  | { rows: Row[]; peakMegabytes: number; beside?: string | undefined }
  | { missing: string };

/** Imported only here, so that a peer that is not installed costs its row and no more. */
async function open(name: string): Promise<OpenPeer> {
  if (name === 'dask') return (await import('./peers/dask.ts')).openDask();
  if (name === 'bullmq') return (await import('./peers/bullmq.ts')).openBullMQ();
  const { inProcessPeers } = await import('./peers/in-process.ts');
  const peer = inProcessPeers[name]?.();
  if (peer === undefined) throw new PeerMissing(`there is no ${name}`);
  return peer;
}

async function find({ name, tasks, warmUpTasks, turns }: PeerInput): Promise<PeerFound> {
  let peer: OpenPeer;
  try {
    peer = await open(name);
  } catch (error) {
    const isMissing = error instanceof PeerMissing || isNotInstalled(error);
    if (isMissing && error instanceof Error) return { missing: error.message };
    throw error;
  }
  // A server must not outlive who has started it.
  process.once('SIGTERM', async () => {
    await peer.close?.();
    process.exit(143);
  });
  try {
    const contenders = (count: number): Contender[] => [
      floorContender({ ...standardLoad, tasks: count }),
      peer.contender(count),
    ];
    let rows: Row[] = [];
    if (turns === undefined) await once(peer.contender(tasks));
    else {
      rows = await measure(contenders(tasks), tasks, turns, contenders(warmUpTasks));
    }
    return { rows, peakMegabytes: peakMegabytes(), beside: peer.beside };
  } finally {
    await peer.close?.();
  }
}

async function once({ before, run, after }: Contender): Promise<void> {
  await before?.();
  await run();
  await after?.();
}

function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

console.log(JSON.stringify(await find(childInput<PeerInput>())));
