import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBatch } from '@berth/berth';
import { sshExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMakeHosts, eventually, SshHosts } from '../../packages/executors/test/ssh-hosts.ts';
import { fromSources, temporaryDirectory } from './berth.ts';

// The whole of it over hosts that can be cut off: what users would see.

describe.skipIf(!canMakeHosts)('over SSH', () => {
  let hosts: SshHosts;
  beforeAll(() => {
    hosts = new SshHosts();
  });
  afterAll(() => hosts.dispose());

  function life(directory: string, tasks: number, ran: string) {
    const options = fromSources.slice(0, -1);
    const script = join(import.meta.dirname, 'pools.ts');
    const args = [
      join(directory, 'state'),
      String(tasks),
      ran,
      JSON.stringify({ ssh: hosts.options() }),
    ];
    return spawn(process.execPath, [...options, script, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  test('jobs here and there, the process killed three times: every task ran exactly once', {
    timeout: 400_000,
  }, async () => {
    const directory = temporaryDirectory();
    const [tasks, ran] = [150, join(directory, 'ran')];
    for (let lives = 0; lives < 3; lives++) {
      const child = life(directory, tasks, ran);
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await sleep(300 + Math.random() * 700);
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    const last = life(directory, tasks, ran);
    expect(await text(last.stdout)).toBe(`open\nlocal ${tasks}\nssh ${tasks}\ngone\n`);
    const lines = readFileSync(ran, 'utf8').trim().split('\n');
    const all = ['local', 'ssh'].flatMap((job) =>
      Array.from({ length: tasks }, (_, i) => `${job}-${i}`),
    );
    expect(lines.sort()).toEqual(all.sort());
  });

  test('a host that is cut off is an unknown node, its tasks run elsewhere, and it is idle when it is back', {
    timeout: 300_000,
  }, async () => {
    const directory = temporaryDirectory();
    const executors = [sshExecutor(hosts.options({ hosts: ['host1', 'host2'] }))];
    await using batch = await openBatch({
      directory: join(directory, 'state'),
      executors,
      warn() {},
    });
    await batch.pools.add({ id: 'p', vmSize: 'local', targetDedicatedNodes: 2, executor: 'ssh' });
    await batch.pools.steady('p');
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const file = join(directory, 'file');
    const commandLine = `sh -c 'echo $AZ_BATCH_NODE_ID >>"${file}"; sleep 8; echo end >>"${file}"'`;
    await job.tasks.add({ id: 't', commandLine });
    const lines = (): string[] => readFileSync(file, 'utf8').trim().split('\n');
    await eventually(() => job.tasks.get('t').state === 'running');
    const first = job.tasks.get('t').nodeInfo?.nodeId ?? '';
    const inventory = readFileSync(join(directory, 'state/executors/ssh/hosts.json'), 'utf8');
    const n = Number(new RegExp(`/p/${first}": "host(\\d)"`).exec(inventory)?.[1]);
    await sleep(500);
    hosts.cut(n);
    await eventually(() => batch.pools.node('p', first).get().state === 'unknown');
    await eventually(() => job.tasks.get('t').nodeInfo?.nodeId !== first);
    hosts.join(n);
    await eventually(() => batch.pools.node('p', first).get().state === 'idle');
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(job.tasks.get('t').executionInfo).toMatchObject({ exitCode: 0 });
    const second = first === 'node-1' ? 'node-2' : 'node-1';
    // Its first run may have ended while it was cut off; what it said is not taken for the second.
    expect(lines().filter((line) => line.startsWith('node'))).toEqual([first, second]);
    await batch.pools.delete('p');
    await batch.pools.gone('p');
  });
});
