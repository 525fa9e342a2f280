import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Outcome } from './berth.ts';
import {
  berth,
  fromSources,
  jobOf,
  linesOf,
  processesOf,
  resultsOf,
  sh,
  start,
  temporaryDirectory,
  until,
  writeJob,
} from './berth.ts';

// What the issue says of bad input: one clear message, exit code 2, nothing started, nothing overwritten.

/** Runs the command in a directory that holds `content` as `name`; nothing but that may be there afterwards. */
async function refuse(
  content: string | Uint8Array | object,
  { name = 'job.yaml', json = false }: { name?: string; json?: boolean } = {},
): Promise<string> {
  const directory = temporaryDirectory();
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(join(directory, name), isText ? content : JSON.stringify(content));
  const outcome = await berth(['run', name, ...(json ? ['--json'] : [])], { cwd: directory });
  expect(outcome.code, outcome.stderr).toBe(2);
  expect(readdirSync(directory)).toEqual([name]);
  expect(processesOf(directory)).toEqual([]);
  if (!json) expect(outcome.stdout).toBe('');
  return oneMessage(outcome);
}

/** The line that the command leaves on stderr. */
function oneMessage({ stderr }: Outcome): string {
  expect(stderr).toMatch(/^berth: [^\n]+\n$/);
  return stderr.slice('berth: '.length, -1);
}

const task = { id: 'a', commandLine: 'true' };

describe.concurrent('a file that does not parse', () => {
  test.each([
    [
      'an open bracket of YAML',
      'job.yaml',
      'pool: {id: p\njob: [',
      'job.yaml:2:1: does not parse: ',
    ],
    [
      'a tab as indentation',
      'job.yaml',
      'pool:\n  id: p\n\tjob: x\n',
      'job.yaml:3:1: does not parse: ',
    ],
    [
      'a comma too many in JSON',
      'job.json',
      '{\n  "pool": {"id": "p"} "job": 1\n}\n',
      'job.json:2:',
    ],
    ['JSON cut short', 'job.json', '{\n  "pool": {"id": "p"}\n', 'job.json:3:1: does not parse: '],
    [
      'a key twice in YAML',
      'job.yaml',
      'pool: {id: p}\njob: {id: j}\npool: {id: q}\n',
      'job.yaml:3:1: does not parse: ',
    ],
    [
      'a key twice in JSON',
      'job.json',
      '{\n  "job": {"id": "j",\n  "id": "k"}\n}',
      'job.json:3:3: does not parse: ',
    ],
    [
      'two documents',
      'job.yaml',
      'job: {id: j}\n---\njob: {id: k}\n',
      'job.yaml:2:1: does not parse: ',
    ],
    [
      'deep nesting in YAML',
      'job.yaml',
      `a: ${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}`,
      'does not parse: It is nested too deeply',
    ],
  ])('%s', async (_, name, content, message) => {
    const said = await refuse(content, { name });
    expect(said).toContain(message);
    expect(said).toMatch(/ \(InvalidRequestBody\)$/);
    expect(said.length).toBeLessThan(200);
  });
});

describe.concurrent('a file that is no job file', () => {
  test.each([
    ['empty', '', 'job.yaml: the job file must be an object'],
    ['nothing but comments', '# soon\n', 'job.yaml: the job file must be an object'],
    ['a list', '[1, 2]', 'job.yaml: the job file must be an object'],
    ['binary garbage', randomBytes(20_000), 'job.yaml: is not text in UTF-8'],
    ['zeros', Buffer.alloc(20_000), 'job.yaml: is not text in UTF-8'],
    ['UTF-16', Buffer.from('\uFEFFjob: {id: j}', 'utf16le'), 'job.yaml: is not text in UTF-8'],
    ['deep nesting in JSON', '['.repeat(100_000) + ']'.repeat(100_000), 'nested'],
    [
      'an alias bomb',
      aliasBomb(),
      'job.yaml: does not parse: It repeats aliases (*name) too often',
    ],
  ])('%s', async (_, content, message) => {
    const said = await refuse(content);
    expect(said).toContain(message);
    expect(said.length).toBeLessThan(250);
  });

  test('50 MB of text, and of JSON', { timeout: 90_000 }, async () => {
    expect(await refuse('a: b\n'.repeat(10_000_000))).toBe(
      'job.yaml: is no JSON, and with 50 MB too large for YAML (at most 8 MB): write it as JSON, ' +
        'or tasks that differ in numbers only as a taskFactory (InvalidRequestBody)',
    );
    const tasks = Array.from({ length: 100_000 }, (_, i) => ({
      ...task,
      id: `t${i}`,
      commandLine: 'x'.repeat(450),
    }));
    tasks.push({ ...task, id: 't7' });
    expect(await refuse(jobOf(tasks))).toBe(
      'job.yaml: tasks[100000].id "t7" is already the id of tasks[7] (TaskExists)',
    );
  });

  test('missing, or a directory', async () => {
    const directory = temporaryDirectory();
    const missing = await berth(['run', 'no/job.yaml'], { cwd: directory });
    expect(missing.code).toBe(2);
    expect(oneMessage(missing)).toBe(
      `no/job.yaml: there is no such file; check the path, which is ${join(directory, 'no/job.yaml')} (FileNotFound)`,
    );
    const absolute = join(directory, 'none.yaml');
    expect(oneMessage(await berth(['run', absolute], { cwd: directory }))).toBe(
      `${absolute}: there is no such file; check the path (FileNotFound)`,
    );
    const folder = await berth(['run', '.'], { cwd: directory });
    expect(folder.code).toBe(2);
    expect(oneMessage(folder)).toBe('.: is a directory; name the file in it (InvalidRequestBody)');
  });
});

test('a file that may not be read', async () => {
  const directory = temporaryDirectory();
  chmodSync(writeJob(directory, jobOf([task])), 0);
  chmodSync(directory, 0o755);
  // To root every file is open: somebody else asks.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  const { code, stderr } = await berth(['run', 'job.json'], { cwd: directory, ...nobody });
  expect(code).toBe(2);
  expect(stderr).toBe(
    'berth: job.json: may not be read by you; check who owns it and its permissions (InvalidRequestBody)\n',
  );
});

test('a link that leads to itself, a device without an end', async () => {
  const directory = temporaryDirectory();
  symlinkSync('loop.json', join(directory, 'loop.json'));
  const loop = await berth(['run', 'loop.json'], { cwd: directory });
  expect(loop.code).toBe(2);
  expect(oneMessage(loop)).toBe(
    'loop.json: is a symbolic link that leads back to itself; name the file itself (InvalidRequestBody)',
  );
  const endless = await berth(['run', '/dev/zero'], { cwd: directory });
  expect(endless.code).toBe(2);
  expect(oneMessage(endless)).toMatch(/^\/dev\/zero: has no end, and at most 200 MB are read; /);
});

function aliasBomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 12; i++) {
    lines.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(', ')}]`,
    );
  }
  return lines.join('\n');
}

describe.concurrent('a rule that is broken: file, property path, rule, code', () => {
  const outputTo = (container: object): object => ({
    ...task,
    outputFiles: [{ filePattern: 'x', destination: { container } }],
  });
  const withFile = (file: object): object =>
    jobOf([{ ...task, resourceFiles: [{ httpUrl: 'http://localhost/x', ...file }] }]);
  const climbs = (filePath: string): string =>
    'job.yaml: tasks[0].resourceFiles[0].filePath must be a path below the working directory: relative, ' +
    `without ".." and with "/" as separator; it is ${JSON.stringify(filePath)} (InvalidPropertyValue)`;
  const badId = (path: string, id: string): string =>
    `job.yaml: ${path} must be 1 to 64 letters, digits, hyphens and underscores; it is ${JSON.stringify(id)} (InvalidPropertyValue)`;

  test.each<[string, object, string]>([
    [
      'an unknown property, with the nearest',
      jobOf([{ ...task, comandLine: 'x' }]),
      'job.yaml: unknown property "comandLine" in tasks[0]; did you mean "commandLine"? (UnsupportedProperty)',
    ],
    [
      'an unknown property like none',
      jobOf([task], { pool: { wombat: 1 } }),
      'job.yaml: unknown property "wombat" in pool (UnsupportedProperty)',
    ],
    [
      'an unknown section',
      jobOf([task], { uplods: [] }),
      'job.yaml: unknown property "uplods"; did you mean "uploads"? (UnsupportedProperty)',
    ],
    [
      'a property not built yet',
      jobOf([task], { pool: { upgradePolicy: { mode: 'manual' } } }),
      'job.yaml: pool.upgradePolicy is not supported yet (UnsupportedProperty)',
    ],
    [
      'another',
      jobOf([{ ...task, authenticationTokenSettings: { access: ['job'] } }]),
      'job.yaml: tasks[0].authenticationTokenSettings is not supported yet (only {"access":[]} is accepted) (UnsupportedProperty)',
    ],
    [
      'a property of the service',
      jobOf([task], { job: { state: 'active' } }),
      'job.yaml: job.state is set by the service and cannot be given (UnsupportedProperty)',
    ],
    [
      'a missing property',
      jobOf([{ id: 'a' }]),
      'job.yaml: tasks[0].commandLine is required (MissingRequiredProperty)',
    ],
    [
      'no pool',
      { job: { id: 'j' }, tasks: [task] },
      'job.yaml: pool is required (MissingRequiredProperty)',
    ],
    [
      'no tasks',
      jobOf([]),
      'job.yaml: tasks must have at least one task where there is no taskFactory and no jobManagerTask (MissingRequiredProperty)',
    ],
    ['an id with a space', jobOf([{ ...task, id: 'a b' }]), badId('tasks[0].id', 'a b')],
    ['an id that climbs', jobOf([{ ...task, id: '..' }]), badId('tasks[0].id', '..')],
    [
      'an id that is a path',
      jobOf([task], { job: { id: '../../etc' } }),
      badId('job.id', '../../etc'),
    ],
    ['an empty id', jobOf([task], { pool: { id: '' } }), badId('pool.id', '')],
    [
      'a number as id',
      jobOf([{ ...task, id: 7 }]),
      'job.yaml: tasks[0].id must be a string; it is 7 (InvalidPropertyValue)',
    ],
    [
      'two tasks of one id',
      jobOf([task, { ...task, id: 'A' }]),
      'job.yaml: tasks[1].id "A" is already the id of tasks[0] (TaskExists)',
    ],
    [
      'too many slots',
      jobOf([task], { pool: { taskSlotsPerNode: 100_000 } }),
      'job.yaml: pool.taskSlotsPerNode must be a whole number from 1 to ',
    ],
    [
      'a wrong duration',
      jobOf([{ ...task, constraints: { maxWallClockTime: '10s' } }]),
      'job.yaml: tasks[0].constraints.maxWallClockTime ',
    ],
    [
      'a wrong priority',
      jobOf([task], { job: { priority: 1001 } }),
      'job.yaml: job.priority must be a whole number from -1000 to 1000; it is 1001 (OutOfRangePriority)',
    ],
    [
      'dependencies that are not declared',
      jobOf([task, { ...task, id: 'b', dependsOn: { taskIds: ['a'] } }]),
      'job.yaml: tasks[1].dependsOn needs usesTaskDependencies: true in the job (TaskDependenciesNotSpecifiedOnJob)',
    ],
    [
      'an executor that there is not',
      jobOf([task], { pool: { executor: 'kubernetes' } }),
      'job.yaml: pool.executor must be "local" or "docker"; there is no executor "kubernetes" here (InvalidPropertyValue)',
    ],
    [
      'an account that the executor has none of',
      jobOf([task], { pool: { userAccounts: [{ name: 'u', password: 'p' }] } }),
      'job.yaml: pool.userAccounts: the executor "local" has no user accounts on its nodes. (OperationNotValidOnPool)',
    ],
    [
      'another user than it has',
      jobOf([{ ...task, userIdentity: { autoUser: { elevationLevel: 'admin' } } }]),
      'job.yaml: tasks[0].userIdentity: the executor "local" runs nothing as another auto user than that of scope pool without rights. (OperationNotValidOnPool)',
    ],
    ['a target with ..', withFile({ filePath: 'a/../../b' }), climbs('a/../../b')],
    ['an absolute target', withFile({ filePath: '/etc/passwd' }), climbs('/etc/passwd')],
    ['a target with a backslash', withFile({ filePath: '..\\b' }), climbs('..\\b')],
    [
      'a blob that climbs',
      jobOf([outputTo({ autoStorageContainerName: 'out', path: '../x' })]),
      'job.yaml: tasks[0].outputFiles[0].destination.container.path must be ',
    ],
    [
      'a container that climbs',
      jobOf([outputTo({ autoStorageContainerName: '..' })]),
      'job.yaml: tasks[0].outputFiles[0].destination.container.autoStorageContainerName must be ',
    ],
    [
      'a missing upload source',
      jobOf([task], { uploads: [{ source: 'nothing/here', container: 'abc' }] }),
      'job.yaml: uploads[0].source must be a file or directory; there is none at "nothing/here" (InvalidPropertyValue)',
    ],
    [
      'many mistakes: the first of the file',
      jobOf([{ ...task, wombat: 1 }, { id: '?' }], { pool: { id: '' } }),
      '(and 3 more problems) (InvalidPropertyValue)',
    ],
  ])('%s', async (_, content, message) => {
    const said = await refuse(content);
    if (message.endsWith(')')) expect(said.endsWith(message), said).toBe(true);
    else expect(said.startsWith(message), said).toBe(true);
    expect(said).toMatch(/^job\.yaml: /);
  });

  test('a key __proto__ harms nobody', async () => {
    expect(await refuse('{"__proto__": {"x": 1}, "job": {}}')).toContain(
      '__proto__ is a name that no property may have',
    );
    expect(await refuse('pool: {id: p}\n__proto__: {x: 1}\n')).toContain('__proto__');
  });
});

describe.concurrent('the command line', () => {
  test.each([
    [[], 'no command'],
    [['frobnicate'], 'unknown command "frobnicate"'],
    [['run'], 'run: no FILE'],
    [['run', 'a.yaml', 'b.yaml'], 'run: one FILE, not also "b.yaml"'],
    [['run', '--frob'], "Unknown option '--frob'"],
    [['run', 'a.yaml', '--state'], "Option '--state <value>' argument missing"],
  ])('%j', async (args, message) => {
    const directory = temporaryDirectory();
    const { code, stdout, stderr } = await berth(args, { cwd: directory });
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.startsWith(`berth: ${message}`), stderr).toBe(true);
    expect(stderr).toContain('usage: berth run FILE');
    expect(readdirSync(directory)).toEqual([]);
  });

  test('help is no error', async () => {
    const { code, stdout } = await berth(['--help'], { cwd: '/', node: fromSources });
    expect(code).toBe(0);
    expect(stdout).toContain('usage: berth run FILE');
  });

  test('with --json errors are JSON', async () => {
    const directory = temporaryDirectory();
    const errorOf = async (...args: string[]): Promise<unknown> => {
      const { code, stdout } = await berth([...args, '--json'], { cwd: directory });
      expect(code).toBe(2);
      return (JSON.parse(stdout) as { error: unknown }).error;
    };
    writeJob(directory, jobOf([{ ...task, id: '?' }]));
    writeFileSync(join(directory, 'bad.yaml'), '[');
    expect(await errorOf('run', 'job.json')).toMatchObject({
      code: 'InvalidPropertyValue',
      message: expect.stringMatching(/^job\.json: tasks\[0\]\.id must be /),
    });
    expect(await errorOf('run', 'bad.yaml')).toMatchObject({
      code: 'InvalidRequestBody',
      message: expect.stringMatching(/^bad\.yaml:\d+:\d+: does not parse: /),
    });
    expect(await errorOf('run', '--frob')).toMatchObject({ code: 'InvalidArguments' });
    expect(await errorOf('walk')).toMatchObject({ code: 'InvalidArguments' });
  });
});

describe('a state directory', () => {
  test('that is a file, or below one', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([task]));
    const before = readFileSync(file);
    for (const state of [file, join(file, 'x', 'y')]) {
      const refused = await berth(['run', file, '--state', state], { cwd: directory });
      expect(refused.code).toBe(2);
      expect(oneMessage(refused)).toBe(
        `The state directory ${state} cannot be used: it, or a part of its path, is a file. (StateDirectoryUnusable)`,
      );
    }
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(directory)).toEqual(['job.json']);
  });

  test('that another process holds', async () => {
    const directory = temporaryDirectory();
    const go = join(directory, 'go');
    const file = writeJob(
      directory,
      jobOf([{ id: 'a', commandLine: sh('while [ ! -e "$1" ]; do sleep 0.05; done', go) }]),
    );
    const command = ['run', file, '--state', join(directory, 'state')];
    const first = await start(command, { cwd: directory });
    await until(() => first.stdout().includes(' of 1 tasks completed'), 'the first');
    const second = await berth(command, { cwd: directory });
    expect(second.code).toBe(2);
    const message = oneMessage(second);
    expect(message).toContain(`in use by process ${first.child.pid} (`);
    expect(message).toContain(join(directory, 'state'));
    expect(message).toMatch(/ \(StateDirectoryInUse\)$/);
    writeFileSync(go, '');
    expect((await first.done).code).toBe(0);
  });

  test('with a damaged journal: file and position, nothing overwritten', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([task, { ...task, id: 'b' }]));
    const state = join(directory, 'state');
    const command = ['run', file, '--state', state];
    expect((await berth(command, { cwd: directory })).code).toBe(0);
    const [segment = ''] = readdirSync(join(state, 'journal'));
    const journal = join(state, 'journal', segment);
    const sound = readFileSync(journal);
    for (const share of [0.3, 0.5, 0.7]) {
      const damaged = Buffer.from(sound);
      const at = Math.floor(damaged.length * share);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x40, at);
      writeFileSync(journal, damaged);
      const refused = await berth(command, { cwd: directory });
      expect(refused.code).toBe(2);
      const message = oneMessage(refused);
      const position = /at byte (\d+) of /.exec(message)?.[1];
      expect(message).toContain(journal);
      expect(Number(position)).toBeGreaterThan(0);
      expect(Number(position)).toBeLessThanOrEqual(at);
      expect(message).toMatch(/ \(JournalDamaged\)$/);
      expect(readdirSync(join(state, 'journal'))).toEqual([segment]);
      expect(readFileSync(journal).equals(damaged)).toBe(true);
    }
    writeFileSync(journal, sound);
    expect((await berth(command, { cwd: directory })).code).toBe(0);
  });

  test('with a lock that nobody understands', async () => {
    const directory = temporaryDirectory();
    const file = writeJob(directory, jobOf([task]));
    mkdirSync(join(directory, 'state'));
    writeFileSync(join(directory, 'state', 'lock'), 'gibberish');
    const refused = await berth(['run', file, '--state', 'state'], { cwd: directory });
    expect(refused.code).toBe(2);
    expect(oneMessage(refused)).toContain(join(directory, 'state', 'lock'));
  });
});

test('a byte order mark is no mistake', async () => {
  const directory = temporaryDirectory();
  for (const [name, content] of [
    [
      'a.yaml',
      'pool: {id: p, targetDedicatedNodes: 1}\njob: {id: j}\ntasks: [{id: a, commandLine: "true"}]',
    ],
    ['b.json', JSON.stringify(jobOf([task]))],
  ] as const) {
    writeFileSync(join(directory, name), `\uFEFF${content}`);
    expect(await berth(['run', name], { cwd: directory })).toMatchObject({ code: 0, stderr: '' });
  }
});

test.each([
  ['a directory on the way', 'rm -rf sub; ln -s "$1" sub', 'sub/file'],
  ['the target itself', 'rm -f file; ln -s "$1/file" file', 'file'],
  ['the working directory', 'cd ..; rm -rf wd; ln -s "$1" wd', 'file'],
])(
  'links that an earlier attempt made lead no resource file out: %s',
  async (_, script, target) => {
    const directory = temporaryDirectory();
    const outside = join(directory, 'outside');
    mkdirSync(outside);
    writeFileSync(join(directory, 'file'), 'from the store\n');
    const prefix = target.includes('/') ? { filePath: 'sub' } : {};
    const attempts = join(directory, 'attempts');
    const file = writeJob(
      directory,
      jobOf(
        [
          {
            id: 'a',
            commandLine: sh(`echo x >> "$2"; ${script}; exit 1`, outside, attempts),
            constraints: { maxTaskRetryCount: 1 },
            resourceFiles: [{ autoStorageContainerName: 'files', ...prefix }],
          },
        ],
        { uploads: [{ source: 'file', container: 'files' }] },
      ),
    );
    const end = await berth(['run', file, '--json'], { cwd: directory });
    expect(end.code).toBe(1);
    expect(readdirSync(outside)).toEqual([]);
    const [failed] = resultsOf(end).failedTasks;
    // Refused, or the link was replaced and the task ran once more.
    if (linesOf(attempts).length === 1) expect(failed?.code).toMatch(/^Resource/);
    else expect(failed).toMatchObject({ code: 'FailureExitCode', exitCode: 1 });
  },
);

test('a blob store that a task has filled with links downloads nothing from outside', async () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'secret'), 'secret\n');
  const file = writeJob(
    directory,
    jobOf(
      [
        {
          id: 'a',
          commandLine: sh('ln -s "$1" link; echo fine > fine', join(directory, 'secret')),
          outputFiles: [
            { filePattern: '*', destination: { container: { autoStorageContainerName: 'out' } } },
          ],
        },
      ],
      { downloads: [{ container: 'out', target: 'fetched' }] },
    ),
  );
  const end = await berth(['run', file, '--json'], { cwd: directory });
  expect(end.code).toBe(1);
  expect(resultsOf(end).failedTasks).toMatchObject([
    { id: 'a', code: 'FileUploadAccessDenied', detail: expect.stringContaining('/wd/link') },
  ]);
  expect(readdirSync(join(directory, 'fetched'))).toEqual(['fine']);
});
