import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectBatch, EffectCatalog, RunDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import type { Executor } from '@berth/executors';
import { localExecutor, sshExecutor } from '@berth/executors';
import { DirectoryBlobStore, FileSecretStore } from '@berth/storage';
import type { Benchmark, Row } from './benchmark.ts';
import { hasSshd, startSshd } from './loopback-sshd.ts';
import { medianOf } from './statistics.ts';

export const processes: Benchmark = {
  summary: '/bin/true through the executors that start processes, beside xargs',
  defaultTasks: 4_000,
  async run(tasks, { turns = 3 }) {
    const title = `${tasks} processes, files in ${place}`;
    return [{ title, unit: 'task', rows: await rates(tasks, turns) }];
  },
};

/** In memory where that can be: a busy disk takes longer for two directories than for the process. */
const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/**
 * `/bin/true` through the local executor, with all that Batch does for a task, beside xargs with nothing
 * and with comparable work. They alternate, so that what else the machine does meets all of them.
 */
async function rates(tasks: number, rounds: number): Promise<Row[]> {
  const contenders: { name: string; run(): Promise<number> | number }[] = [
    { name: 'xargs -P2 /bin/true', run: () => xargs(tasks, ['/bin/true']) },
    { name: 'xargs -P2 sh -c "mkdir; cd; exec true > 2>"', run: () => xargs(tasks, likeBatch) },
    { name: 'local executor, 2 nodes x 1 slot', run: () => executor(tasks, 2, 1) },
    { name: 'local executor, 1 node x 2 slots', run: () => executor(tasks, 1, 2) },
    { name: 'local executor, 1 node x 4 slots', run: () => executor(tasks, 1, 4) },
    ...(hasSshd ? [2, 4, 8] : []).map((slots) => ({
      name: `SSH executor over loopback, 1 node x ${slots} slots`,
      run: () => overSsh(tasks, slots),
    })),
  ];
  const seconds = contenders.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { run }] of contenders.entries()) seconds[i]?.push(await run());
  }
  const base = seconds[0] ?? [];
  return contenders.map(({ name }, i) => {
    const own = seconds[i] ?? [];
    const costs = own.map((s) => (s * 1e9) / tasks);
    return {
      name,
      median: medianOf(costs),
      fastest: Math.min(...costs),
      slowest: Math.max(...costs),
      perSecond: tasks / medianOf(own),
      shareOfFloor: medianOf(own.map((s, round) => (base[round] ?? Number.NaN) / s)),
    };
  });
}

const likeBatch = [
  'sh',
  '-c',
  'mkdir "$1" "$1/wd"; cd "$1/wd"; exec /bin/true </dev/null >../stdout.txt 2>../stderr.txt',
  'sh',
];

function xargs(tasks: number, command: readonly string[]): number {
  const directory = mkdtempSync(join(place, 'berth-bench-'));
  const input = Array.from({ length: tasks }, (_, i) => `t${i}\n`).join('');
  const start = performance.now();
  spawnSync('xargs', ['-P2', '-n1', ...command], { cwd: directory, input });
  const seconds = (performance.now() - start) / 1_000;
  rmSync(directory, { recursive: true });
  return seconds;
}

async function overSsh(tasks: number, slots: number): Promise<number> {
  const directory = mkdtempSync(join(place, 'berth-bench-sshd-'));
  const sshd = await startSshd(directory);
  try {
    return await executor(tasks, 1, slots, sshExecutor(sshd.options));
  } finally {
    await sshd.stop();
    rmSync(directory, { recursive: true });
  }
}

/** The least engine there can be: the next task as soon as a slot is free. */
async function executor(
  tasks: number,
  nodes: number,
  slots: number,
  local: Executor = localExecutor(),
): Promise<number> {
  const directory = mkdtempSync(join(place, 'berth-bench-'));
  const nodeOf = new Int32Array(tasks);
  const catalog: EffectCatalog = {
    node: (node) => ({
      accountName: 'bench',
      poolId: 'pool',
      nodeId: `node-${node}`,
      sequence: 1,
      isDedicated: true,
      isLost: false,
      pool: {
        id: 'pool',
        vmSize: 'local',
        targetDedicatedNodes: nodes,
        taskSlotsPerNode: slots,
        taskSchedulingPolicy: { nodeFillType: 'spread' },
        metadata: [],
        executor: 'local',
        durability: 'written',
      },
      certificates: [],
      applicationPackages: [],
    }),
    nodeUsers: () => [],
    startTask: () => undefined,
    nodeTask: () => undefined,
    run: (run): RunDetails => ({
      poolId: 'pool',
      nodeId: `node-${nodeOf[run] ?? 0}`,
      jobId: 'job',
      taskId: `t${run}`,
      commandLine: '/bin/true',
      resourceFiles: [],
      outputFiles: [],
      environmentSettings: [],
      accountName: 'bench',
    }),
  };
  const batch = (kind: EffectKind, of: readonly { node: number; run: number }[]): EffectBatch => ({
    length: of.length,
    kind: () => kind,
    node: (i) => of[i]?.node ?? -1,
    run: (i) => of[i]?.run ?? -1,
    sequence: (i) => (of[i]?.run ?? 0) + 1,
    mustSync: () => false,
    killReason: () => 'ended',
    removal: () => ({ accountName: 'bench', poolId: 'pool', jobId: 'job' }),
    catalog,
  });
  let next = 0;
  let done = 0;
  let ready = 0;
  let failed = 0;
  const begin = (node: number): { node: number; run: number } => {
    nodeOf[next] = node;
    return { node, run: next++ };
  };
  let allReady = (): void => {};
  let allDone = (): void => {};
  await local.open({
    directory: join(directory, 'executor'),
    blobStore: new DirectoryBlobStore(join(directory, 'blobs')),
    secrets: new FileSecretStore(join(directory, 'secrets')),
    report: (reports) => {
      const starts: { node: number; run: number }[] = [];
      for (const report of reports) {
        if (report.kind === ReportKind.nodeReady) ready++;
        else if (report.kind === ReportKind.runEnded) {
          done++;
          if (report.exitCode !== 0) failed++;
          if (next < tasks) starts.push(begin(nodeOf[report.run] ?? 0));
        } else failed++;
      }
      if (starts.length > 0) local.carryOut(batch(EffectKind.startRun, starts));
      if (ready === nodes) allReady();
      if (done === tasks) allDone();
    },
    heartbeat: () => [],
    setOSVersions: () => {},
    warn: (message) => console.error(message),
  });
  await local.attach(batch(EffectKind.getNode, []), []);
  const isReady = new Promise<void>((resolve) => {
    allReady = resolve;
  });
  const all = Array.from({ length: nodes }, (_, i) => ({ node: i, run: i }));
  local.carryOut(batch(EffectKind.getNode, all));
  await isReady;
  const isDone = new Promise<void>((resolve) => {
    allDone = resolve;
  });
  const start = performance.now();
  const first = all.flatMap(({ node }) => Array.from({ length: slots }, () => begin(node)));
  local.carryOut(batch(EffectKind.startRun, first));
  await isDone;
  const seconds = (performance.now() - start) / 1_000;
  await local.close();
  rmSync(directory, { recursive: true });
  if (failed > 0) throw new Error(`${failed} of ${tasks} runs failed.`);
  return seconds;
}
