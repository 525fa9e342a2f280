import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import type { Batch, TaskView } from '@berth/berth';
import { openBatch } from '@berth/berth';
import type { SecretStore } from '@berth/storage';
import { FileSecretStore, SecretGroup } from '@berth/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from './berth.ts';
import {
  berth,
  jobOf,
  resultsOf,
  sh,
  start,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// Signed URLs against a real server, which gives nothing to whom has no signature.

const secret = 'Zm9yYmlkZGVu-c2VjcmV0';
const password = 'pa55-w0rd-forbidden';

let server: Server;
let host = '';
/** Paths that were asked for with what they need. */
let served: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  served = [];
  answer = (request, response) => response.end(`content of ${pathOf(request)}`);
  server = createServer((request, response) => {
    const may =
      new RegExp(`[?&]sig=${secret}(%3D|\\d*$)`).test(request.url ?? '') ||
      request.headers.authorization === `Basic ${btoa(`me:${password}`)}`;
    if (!may) {
      response.statusCode = 403;
      response.end('no');
      return;
    }
    served.push(pathOf(request));
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/\?.*/, '');
}

function signed(path: string): string {
  return `http://${host}/${path}?sv=2020-08-04&sig=${secret}%3D`;
}

function taskWith(id: string, httpUrl: string): { id: string; commandLine: string } {
  const resourceFiles = [{ httpUrl, filePath: 'in.txt' }];
  const commandLine = sh('grep -q "^content of /" in.txt && ! grep -q missing in.txt');
  return { id, commandLine, ...{ resourceFiles } };
}

/** The files below a directory that have one of the secrets in them, however it is written. */
function filesThatTell(directory: string): string[] {
  const forms = [secret, password].flatMap((value) => [
    value,
    Buffer.from(value).toString('hex'),
    Buffer.from(value, 'utf16le').toString('latin1'),
    // Base64 of something that has it in it, wherever it begins.
    ...['', '=', 'e:'].map((before) =>
      Buffer.from(before + value)
        .toString('base64')
        .slice(4, 20),
    ),
  ]);
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => {
      const content = readFileSync(file, 'latin1');
      return forms.some((form) => content.includes(form));
    })
    .map((file) => file.slice(directory.length + 1));
}

function expectNothingToldBy(outcome: Outcome): void {
  for (const output of [outcome.stdout, outcome.stderr]) {
    expect(output).not.toContain(secret);
    expect(output).not.toContain(password);
  }
}

describe('a job whose files are behind signatures and passwords', () => {
  test('is killed with SIGKILL, goes on, and has told its secrets nowhere', async () => {
    const directory = temporaryDirectory();
    const state = join(directory, 'state');
    const tasks = [
      ...Array.from({ length: 8 }, (_, i) => taskWith(`signed-${i}`, signed(`blob-${i}`))),
      taskWith('password', `http://me:${password}@${host}/private`),
      taskWith('refused', `http://${host}/refused?sig=${secret}-of-yesterday`),
      taskWith('unreachable', `http://me:${password}@127.0.0.1:1/x?sig=${secret}`),
      taskWith('fails', signed('missing')),
    ];
    const { id: _, ...repeatTask } = taskWith('', `http://${host}/part-{0}?sig=${secret}{0}`);
    const file = writeJob(
      dirname(state),
      jobOf(tasks, {
        taskFactory: {
          type: 'parametricSweep',
          parameterSets: [{ start: 1, end: 4 }],
          repeatTask,
        },
      }),
    );
    let held = true;
    answer = (request, response) => {
      // Some are through, and some under way, at the moment of the kill.
      if (!held || served.length <= 4) response.end(`content of ${pathOf(request)}`);
      else if (served.length > 5) response.write('content');
    };
    const args = ['run', file, '--state', state];
    const running = await start([...args, '--json'], { cwd: directory });
    await until(() => served.length >= 6, 'the sixth request');
    running.child.kill('SIGKILL');
    const killed = await running.done;
    expect(killed.signal).toBe('SIGKILL');
    expectNothingToldBy(killed);
    expect(filesThatTell(state)).toEqual([]);
    held = false;

    const outcome = await berth([...args, '--json'], { cwd: directory });
    expectNothingToldBy(outcome);
    const { taskCounts, failedTasks } = resultsOf(outcome);
    expect(taskCounts).toMatchObject({ succeeded: 13, failed: 3, active: 0 });
    expect(failedTasks.map(({ id, code }) => [id, code])).toEqual([
      ['refused', 'BlobAccessDenied'],
      ['unreachable', 'BlobDownloadMiscError'],
      ['fails', 'FailureExitCode'],
    ]);
    expect(new Set(served)).toEqual(
      new Set([
        ...Array.from({ length: 8 }, (_, i) => `/blob-${i}`),
        ...Array.from({ length: 4 }, (_, i) => `/part-${i + 1}`),
        ...['/private', '/missing'],
      ]),
    );
    expect(filesThatTell(state)).toEqual([]);

    await using batch = await openBatch({ directory: state });
    const views: TaskView[] = [];
    for await (const view of batch.jobs.get('j').tasks.list()) views.push(view);
    const text = JSON.stringify([views, batch.jobs.list(), batch.pools.list()]);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(password);
    const part = views.find(({ id }) => id === '3');
    expect(part?.resourceFiles).toEqual([
      {
        httpUrl: expect.stringMatching(`^http://${host}/part-4\\?<secret:jobfile\\.\\d>4$`),
        filePath: 'in.txt',
      },
    ]);
  }, 60_000);

  test('is another run when it is called again, with the same output on a terminal', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([taskWith('t', signed('a'))]));
    const args = ['run', file, '--state', 'state'];
    for (let run = 0; run < 2; run++) {
      const outcome = await berth(args, { cwd: directory });
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expectNothingToldBy(outcome);
    }
    expect(served).toEqual(['/a', '/a']);
    expect(filesThatTell(join(directory, 'state'))).toEqual([]);
    expect(readdirSync(join(directory, 'state/secrets')).sort()).toEqual(['jobfile-0', 'key']);
  });

  test('goes on with a signature that was renewed meanwhile', async () => {
    const directory = temporaryDirectory();
    const gate = join(directory, 'gate');
    const waiting = 'touch "$1"; until [ -e "$2" ]; do sleep 0.05; done';
    const job = (signature: string): object =>
      jobOf(
        [
          { id: 'first', commandLine: sh(waiting, join(directory, 'begun'), gate) },
          taskWith('second', `http://${host}/a?sig=${signature}`),
        ],
        { pool: { taskSlotsPerNode: 1 } },
      );
    const file = writeJob(directory, job('0lder'));
    const args = ['run', file, '--state', 'state', '--json'];
    const running = await start(args, { cwd: directory });
    await until(() => existsSync(join(directory, 'begun')), 'the first task');
    running.child.kill('SIGKILL');
    await running.done;
    writeJob(directory, job(secret));
    const secrets = join(directory, 'state/secrets/jobfile-0');
    const before = readFileSync(secrets, 'latin1');
    const again = await start(args, { cwd: directory });
    await until(() => readFileSync(secrets, 'latin1') !== before, 'the renewed secret');
    writeFileSync(gate, '');
    expect(resultsOf(await again.done).taskCounts).toMatchObject({ succeeded: 2 });
    expect(served).toEqual(['/a']);
  });

  test('is refused when its secrets are damaged, and goes on when they are back', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([taskWith('t', signed('a'))]));
    answer = () => {};
    const args = ['run', file, '--state', 'state', '--json'];
    const running = await start(args, { cwd: directory });
    await until(() => served.length > 0, 'the request');
    running.child.kill('SIGKILL');
    await running.done;
    const secrets = join(directory, 'state/secrets/jobfile-0');
    const whole = readFileSync(secrets);
    const damaged = Buffer.from(whole);
    damaged[40] = (damaged[40] ?? 0) ^ 1;
    writeFileSync(secrets, damaged);
    const refused = await berth(args, { cwd: directory });
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'SecretsDamaged' } });
    expect(refused.stderr).toContain('state/secrets/jobfile-0 is damaged');
    expect(readFileSync(secrets).equals(damaged)).toBe(true);
    writeFileSync(secrets, whole);
    answer = (request, response) => response.end(`content of ${pathOf(request)}`);
    expect((await berth(args, { cwd: directory })).code).toBe(0);
  });
});

describe('an embedded engine', () => {
  async function opened(directory: string, secretStore?: SecretStore): Promise<Batch> {
    const batch = await openBatch({ directory, ...(secretStore && { secretStore }) });
    if (batch.pools.list().length === 0) {
      await batch.pools.add({ id: 'p', vmSize: 'local', targetDedicatedNodes: 1 });
    }
    return batch;
  }

  function filesOfSecrets(directory: string): string[] {
    return readdirSync(join(directory, 'secrets')).filter((name) => name !== 'key');
  }

  test('forgets the secrets of a job that is gone, and keeps those of the others', async () => {
    const directory = temporaryDirectory();
    await using batch = await opened(directory);
    const jobs = await Promise.all(
      ['a', 'b'].map(async (id) => {
        const job = await batch.jobs.add({ id, poolInfo: { poolId: 'p' } });
        await job.tasks.add(taskWith('t', signed(id)));
        const refused = await job.tasks.addMany([
          taskWith('u', signed(id)),
          taskWith('t', 'http://h'),
        ]);
        expect(refused.map(({ taskId, error }) => [taskId, error.code])).toEqual([
          ['t', 'TaskExists'],
        ]);
        return job;
      }),
    );
    expect(filesOfSecrets(directory)).toHaveLength(4);
    await jobs[0]!.delete();
    await batch.jobs.gone('a');
    await until(() => filesOfSecrets(directory).length === 2, 'the secrets to go');
    const { tasks } = jobs[1]!;
    await jobs[1]!.patch({ onAllTasksComplete: 'terminatejob' });
    await jobs[1]!.done();
    for (const id of ['t', 'u']) expect(tasks.get(id).executionInfo.exitCode).toBe(0);
    expect(filesThatTell(directory)).toEqual([]);
  });

  test('forgets at opening what no task names', async () => {
    const directory = temporaryDirectory();
    const first = await opened(directory);
    const job = await first.jobs.add({ id: 'j', poolInfo: { poolId: 'none' } });
    await job.tasks.add(taskWith('t', signed('a')));
    const kept = filesOfSecrets(directory);
    await first.close();
    // As if the process had died before the task was added.
    const orphan = new SecretGroup();
    orphan.seal(secret);
    const store = new FileSecretStore(join(directory, 'secrets'));
    await store.put(orphan);
    expect(filesOfSecrets(directory)).toHaveLength(2);
    await using later = await opened(directory);
    expect(filesOfSecrets(directory)).toEqual(kept);
    expect(later.jobs.get('j').tasks.get('t').id).toBe('t');
  });

  test('adds no task whose secret cannot be kept', async () => {
    const directory = temporaryDirectory();
    await using batch = await opened(directory);
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'none' } });
    writeFileSync(join(directory, 'secrets'), '');
    await expect(job.tasks.add(taskWith('t', signed('a')))).rejects.toMatchObject({
      code: 'SecretStoreFailed',
    });
    expect(() => job.tasks.get('t')).toThrow('There is no task "t"');
    rmSync(join(directory, 'secrets'));
    mkdirSync(join(directory, 'secrets'));
    await job.tasks.add(taskWith('t', signed('a')));
    expect(filesThatTell(directory)).toEqual([]);
  });

  test('shows a handle, which is not taken for the secret', async () => {
    const directory = temporaryDirectory();
    await using batch = await opened(directory);
    const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'none' } });
    await job.tasks.addMany([taskWith('t', signed('a')), taskWith('u', signed('a'))]);
    const { resourceFiles } = job.tasks.get('t');
    expect(resourceFiles).toEqual([
      {
        httpUrl: expect.stringMatching(`^http://${host}/a\\?<secret:[0-9a-f]{32}\\.0>$`),
        filePath: 'in.txt',
      },
    ]);
    expect(job.tasks.get('u').resourceFiles).toEqual(resourceFiles);
    const again = job.tasks.add({ id: 'v', commandLine: 'x', resourceFiles });
    await expect(again).rejects.toMatchObject({ code: 'InvalidPropertyValue' });
  });
});
