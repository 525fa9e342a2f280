import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBatch } from '@berth/berth';
import { dockerExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canRunEngine, DockerDaemon } from '../../packages/executors/test/docker-daemon.ts';
import { eventually, SshHosts } from '../../packages/executors/test/ssh-hosts.ts';
import { berth, fromSources, temporaryDirectory } from './berth.ts';

// The whole of it in containers: what users would see.

describe.skipIf(!canRunEngine)('in containers', () => {
  let daemon: DockerDaemon;
  beforeAll(async () => {
    daemon = await DockerDaemon.start();
  }, 120_000);
  afterAll(() => daemon.dispose(), 120_000);

  test('jobs here, over SSH and in containers at once, the process killed three times: every task ran exactly once', {
    timeout: 600_000,
  }, async () => {
    const hosts = new SshHosts(2);
    try {
      const directory = temporaryDirectory();
      const [tasks, ran] = [150, join(directory, 'ran')];
      const script = join(import.meta.dirname, 'pools.ts');
      const given = JSON.stringify({ ssh: hosts.options(), docker: daemon.options() });
      const life = () =>
        spawn(
          process.execPath,
          [
            ...fromSources.slice(0, -1),
            script,
            join(directory, 'state'),
            String(tasks),
            ran,
            given,
          ],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
      for (let lives = 0; lives < 3; lives++) {
        const child = life();
        await new Promise((resolve) => child.stdout.once('data', resolve));
        await sleep(300 + Math.random() * 700);
        child.kill('SIGKILL');
        await new Promise((resolve) => child.once('exit', resolve));
      }
      const names = ['local', 'ssh', 'docker'];
      const sums = names.map((name) => `${name} ${tasks}\n`).join('');
      expect(await text(life().stdout)).toBe(`open\n${sums}gone\n`);
      const all = names.flatMap((name) => Array.from({ length: tasks }, (_, i) => `${name}-${i}`));
      expect(readFileSync(ran, 'utf8').trim().split('\n').sort()).toEqual(all.sort());
      expect(daemon.containers()).toEqual([]);
    } finally {
      hosts.dispose();
    }
  });

  test('a container that is killed is an unknown node, its tasks run elsewhere, and it is idle when it is back', {
    timeout: 300_000,
  }, async () => {
    const directory = temporaryDirectory();
    await using batch = await openBatch({
      directory: join(directory, 'state'),
      executors: [dockerExecutor(daemon.options())],
      warn() {},
    });
    const startTask = { commandLine: `sh -c 'echo $AZ_BATCH_NODE_ID >>"${directory}/boots"'` };
    await batch.pools.add({
      ...{ id: 'p', vmSize: 'local', targetDedicatedNodes: 2, executor: 'docker', startTask },
    });
    await batch.pools.steady('p');
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
    const file = join(directory, 'file');
    const commandLine = `sh -c 'echo $AZ_BATCH_NODE_ID >>"${file}"; sleep 5; echo end >>"${file}"'`;
    await job.tasks.add({ id: 't', commandLine });
    const lines = (of: string): string[] => readFileSync(of, 'utf8').trim().split('\n');
    await eventually(() => job.tasks.get('t').state === 'running');
    const first = job.tasks.get('t').nodeInfo?.nodeId ?? '';
    await sleep(500);
    daemon.docker('kill', daemon.containers().find((name) => name.includes(`-${first}-`)) ?? '');
    await eventually(() => batch.pools.node('p', first).get().state === 'unknown');
    await eventually(() => job.tasks.get('t').nodeInfo?.nodeId !== first);
    await eventually(() => batch.pools.node('p', first).get().state === 'idle');
    await job.patch({ onAllTasksComplete: 'terminatejob' });
    await job.done();
    expect(job.tasks.get('t').executionInfo).toMatchObject({ exitCode: 0 });
    const second = first === 'node-1' ? 'node-2' : 'node-1';
    expect(lines(file)).toEqual([first, second, 'end']);
    // It is a boot as any other.
    expect(lines(join(directory, 'boots')).filter((node) => node === first)).toHaveLength(2);
    await batch.pools.delete('p');
    await batch.pools.gone('p');
  });

  describe('berth run', () => {
    function jobFile(directory: string, image: string): string {
      const file = join(directory, 'job.json');
      const commandLine = `sh -c 'echo $FROM_IMAGE >out; test -z "$DOCKER_HOST"'`;
      const outputFiles = [
        {
          filePattern: 'out',
          destination: { container: { autoStorageContainerName: 'out', path: 'out' } },
          uploadOptions: { uploadCondition: 'tasksuccess' },
        },
      ];
      const imageReference = { virtualMachineImageId: image };
      const pool = {
        ...{ id: 'boxes', targetDedicatedNodes: 1, executor: 'docker' },
        virtualMachineConfiguration: { imageReference },
      };
      const downloads = [{ container: 'out', target: 'out', print: true }];
      const tasks = [{ id: 't', commandLine, outputFiles }];
      writeFileSync(file, JSON.stringify({ pool, job: { id: 'boxed' }, tasks, downloads }));
      return file;
    }

    test('runs a job file whose pool names the executor "docker", and gives its containers back', {
      timeout: 120_000,
    }, async () => {
      const directory = temporaryDirectory();
      const file = jobFile(directory, daemon.image);
      const state = join(directory, 'state');
      const env = { DOCKER_HOST: daemon.address };
      const result = await berth(['run', file, '--state', state], { cwd: directory, env });
      expect(result).toMatchObject({ code: 0 });
      expect(readFileSync(join(directory, 'out/out'), 'utf8')).toBe('yes\n');
      expect(daemon.containers()).toEqual([]);
    });

    test('says what is wrong where there is no engine', { timeout: 120_000 }, async () => {
      const directory = temporaryDirectory();
      const file = jobFile(directory, daemon.image);
      const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
      const result = await berth(['run', file, '--state', join(directory, 'state')], {
        cwd: directory,
        env,
      });
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(
        /pool boxes: AllocationFailed: The Docker engine at unix:\/\/\/nowhere\/docker.sock/,
      );
    });
  });
});
