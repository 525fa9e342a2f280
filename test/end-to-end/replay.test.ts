import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openBatch } from '@berth/berth';
import { perRun } from '@berth/executors';
import { beforeAll, expect, test } from 'vitest';
import { berth, temporaryDirectory } from './berth.ts';

// `berth replay` on the state that an embedding program has left.

const cwd = temporaryDirectory();
const state = join(cwd, 'state');
const last = 'export const placement = { name: "last", choose: (nodes) => nodes.at(-1).number };\n';

beforeAll(async () => {
  const batch = await openBatch({
    directory: state,
    executors: [perRun(async () => {}, { name: 'here' })],
  });
  await batch.pools.add({ id: 'p', vmSize: 'local', executor: 'here', targetDedicatedNodes: 2 });
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.addMany(['a', 'b', 'c'].map((id) => ({ id, commandLine: 'x' })));
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  await batch.close();
});

interface Replayed {
  inputs: { number: number; at: string; text: string; stateHash?: string }[];
  state: {
    inputs: number;
    stateHash: string;
    jobs: { id: string; state: string }[];
    pools: object[];
  };
  show?: { task: { id: string; state: string }; explanation?: { reasons: object[] } };
}

async function replayed(...args: string[]): Promise<Replayed> {
  const { code, stdout, stderr } = await berth(['replay', '--json', ...args], { cwd });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Replayed;
}

test('lists every input, and shows the state that they led to', async () => {
  const { code, stdout } = await berth(['replay', 'state'], { cwd });
  expect(code).toBe(0);
  for (const line of [
    /^ +1 {2}\S+Z {2}configure: rules 1/m,
    /add pool p: 2 nodes × 1 slot → get node p\/node-1; get node p\/node-2$/m,
    /add tasks to j: 3 tasks \(a, b, c\) → start j\/a on p\/node-1; start j\/b on p\/node-2$/m,
    /run ended: j\/a on p\/node-1, exit 0/,
    /^after \d+ inputs, at \S+Z$/m,
    /^state hash [0-9a-f]{16}$/m,
    /^p +active +steady +2 idle$/m,
    /^j +completed +0 +0 +0 +3 +0$/m,
  ]) {
    expect(stdout).toMatch(line);
  }
});

test('stops after so many inputs or at a moment, and the hash is that of this moment', async () => {
  const whole = await replayed('state', '--hashes');
  const add = whole.inputs.findIndex(({ text }) => text.startsWith('add tasks'));
  const stopped = await replayed('state', '--to', String(add + 1), '--show', 'j/c');
  expect(stopped.inputs).toHaveLength(add + 1);
  expect(stopped.state.stateHash).toBe(whole.inputs[add]?.stateHash);
  expect(stopped.state.jobs).toMatchObject([{ id: 'j', state: 'active' }]);
  expect(stopped.show?.task).toMatchObject({ id: 'c', state: 'active' });
  expect(stopped.show?.explanation?.reasons).toHaveLength(1);
  const moment = await replayed('state/journal', '--at', whole.inputs.at(-1)?.at ?? '');
  expect(moment.state).toEqual(whole.state);
  expect((await replayed('state', '--to=0')).inputs).toEqual([]);
});

test('reads only, and while nobody uses the state', async () => {
  const before = contents();
  await replayed('state');
  expect(contents()).toEqual(before);
  const batch = await openBatch({
    directory: state,
    executors: [perRun(async () => {}, { name: 'here' })],
  });
  try {
    for (const path of ['state', 'state/journal']) {
      const { code, stderr } = await berth(['replay', path], { cwd });
      expect({ code, stderr }).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('(StateDirectoryInUse)'),
      });
    }
  } finally {
    await batch.close();
  }
});

function contents(): unknown {
  return readdirSync(state, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), 'hex')]);
}

test('what is damaged is named, with its position', async () => {
  const [segment = ''] = readdirSync(join(state, 'journal'));
  const copyOf = (name: string): string => {
    const directory = join(cwd, name, 'journal');
    mkdirSync(directory, { recursive: true });
    copyFileSync(join(state, 'journal', segment), join(directory, segment));
    return join(directory, segment);
  };
  const damaged = copyOf('damaged');
  const bytes = readFileSync(damaged);
  bytes[60] = (bytes[60] ?? 0) ^ 1;
  writeFileSync(damaged, bytes);
  const { code, stderr } = await berth(['replay', 'damaged'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(`Frame 0 at byte 24 of ${damaged} does not match its checksum`);

  const torn = copyOf('torn');
  truncateSync(torn, readFileSync(torn).length - 3);
  const shortened = await berth(['replay', 'torn'], { cwd });
  expect(shortened.code).toBe(0);
  expect(shortened.stderr).toMatch(
    /^berth: \S+ ends with \d+ bytes of a write that never finished, from byte \d+ on\n$/,
  );
});

test.each([
  [['replay', 'nowhere'], /is no directory: .*\(FileNotFound\)/],
  [['replay', 'state', '--show=x'], /There is no job "x" at that moment\. \(JobNotFound\)/],
  [
    ['replay', 'state', '--show=j/x'],
    /There is no task "x" in job "j" at that moment\. \(TaskNotFound\)/,
  ],
  [
    ['replay', 'state', '--policies=last.mjs'],
    /made under no placement policy, and this engine has "last".*\(PoliciesDiffer\)/,
  ],
  [
    ['replay', 'state', '--policies=none.mjs'],
    /The policies of none\.mjs cannot be used: it exports neither placement nor jobOrder/,
  ],
  [
    ['replay', 'state', '--policies=not-there.mjs'],
    /The policies of not-there\.mjs cannot be used/,
  ],
  [
    ['replay', 'state', '--policies=wrong.mjs'],
    /jobOrder must be an object with a name and a function choose/,
  ],
])('%j is refused', async (args, message) => {
  writeFileSync(join(cwd, 'last.mjs'), last);
  writeFileSync(join(cwd, 'none.mjs'), 'export const other = 1;\n');
  writeFileSync(join(cwd, 'wrong.mjs'), 'export const jobOrder = { name: "x" };\n');
  const { code, stderr } = await berth(args, { cwd });
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
});

test('a policy is tried on a job file, and its name is shown', async () => {
  writeFileSync(join(cwd, 'last.mjs'), last);
  const job = {
    pool: { id: 'p', targetDedicatedNodes: 3 },
    job: { id: 'j' },
    tasks: [{ id: 'a', commandLine: 'x' }],
    simulation: { duration: 'PT1M' },
  };
  writeFileSync(join(cwd, 'job.json'), JSON.stringify(job));
  const { code, stdout } = await berth(['simulate', 'job.json', '--policies', 'last.mjs'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('simulated on 3 nodes of 1 slot (last): completed');
});
