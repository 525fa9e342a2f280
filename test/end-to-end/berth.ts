import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll } from 'vitest';

// The `berth` command as a process, and what it leaves behind.

const root = fileURLToPath(new URL('../..', import.meta.url));
const entryPoint = join(root, 'packages/berth/src/command/main.ts');

/** What Node is given to run the command from its sources. */
export const fromSources: readonly string[] = [
  '--conditions=@berth/source',
  '--import',
  import.meta.resolve('tsx'),
  entryPoint,
];

let bundled: Promise<string> | undefined;

/** The same sources as one file: it starts in a fifth of a second instead of two. */
function fromBundle(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const outfile = join(temporaryDirectory(), 'berth.mjs');
  await build({
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['@berth/source'],
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  });
  // Others may run it too.
  chmodSync(dirname(outfile), 0o755);
  return outfile;
}

/** Removed when the file's tests are over, after every process that has something to do with it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'berth-end-to-end-'));
  directories.push(directory);
  return directory;
}

const directories: string[] = [];
afterAll(async () => {
  for (const directory of directories.splice(0)) {
    for (const { pid } of processesOf(directory)) kill(pid);
    await until(() => processesOf(directory).length === 0, 'the end of all processes');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
});

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  /** What it has written to stdout so far. */
  stdout(): string;
  done: Promise<Outcome>;
}

export interface StartOptions {
  cwd: string;
  /** What Node runs; default: the bundled command. */
  node?: readonly string[];
  env?: Record<string, string>;
  /** Who runs it. */
  uid?: number;
}

export async function start(args: readonly string[], options: StartOptions): Promise<Running> {
  const node = options.node ?? [await fromBundle()];
  const child = spawn(process.execPath, [...node, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, stdout: () => stdout, done };
}

export async function berth(args: readonly string[], options: StartOptions): Promise<Outcome> {
  return (await start(args, options)).done;
}

/** Writes a job file (as JSON, which is YAML too) and returns its path. */
export function writeJob(directory: string, job: unknown, name = 'job.json'): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify(job, null, 2));
  return file;
}

/** A job file with the given tasks on one node of two slots, unless `parts` says otherwise. */
export function jobOf(tasks: unknown[], parts: Record<string, object> = {}): object {
  return {
    ...parts,
    pool: { id: 'p', targetDedicatedNodes: 1, taskSlotsPerNode: 2, ...parts['pool'] },
    job: { id: 'j', ...parts['job'] },
    tasks,
  };
}

/** A command line for a shell script, however it is quoted. */
export function sh(script: string, ...args: string[]): string {
  return ['sh', '-c', script, 'sh', ...args].map(quote).join(' ');
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What `--json` prints, as far as tests look at it. */
export interface Results {
  jobId: string;
  state: string;
  terminateReason?: string;
  taskCounts: {
    active: number;
    running: number;
    completed: number;
    succeeded: number;
    failed: number;
  };
  failedTasks: {
    id: string;
    code: string;
    message: string;
    detail?: string;
    exitCode?: number;
    directory?: string;
  }[];
  blockedTasks: { id: string; reasons: { kind: string }[] }[];
  downloads: { file: string; print: boolean }[];
  nodes: { id: string; totalTasksRun: number; totalTasksSucceeded: number }[];
  elapsedMs: number;
}

export function resultsOf({ stdout }: Outcome): Results {
  return JSON.parse(stdout) as Results;
}

export interface Process {
  pid: number;
  /** Its arguments, separated by spaces. */
  command: string;
}

/** The processes whose arguments or environment name the directory: its runners, and what they run. */
export function processesOf(directory: string): Process[] {
  const found: Process[] = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const [command, environment] = [readProc(pid, 'cmdline'), readProc(pid, 'environ')];
    if (!command.includes(directory) && !environment.includes(directory)) continue;
    if (/\) [ZX] /.test(readProc(pid, 'stat'))) continue;
    found.push({ pid, command: command.replaceAll('\0', ' ').trim() });
  }
  return found;
}

function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {}
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(
  holds: () => boolean,
  what: string,
  { withinMs = 20_000 }: { withinMs?: number } = {},
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for ${what}`);
    await sleep(10);
  }
}

/** The lines of a file; none if there is no file. */
export function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}
