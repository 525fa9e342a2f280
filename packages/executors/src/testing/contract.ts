import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report, RunEnded } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExecutorCapabilities } from '../capabilities.ts';
import type { Executor } from '../executor.ts';
import { certificatesContract } from './contract-certificates.ts';
import { gangContract } from './contract-gangs.ts';
import { nodeTasksContract } from './contract-node-tasks.ts';
import { packagesContract } from './contract-packages.ts';
import type { Effect } from './effects.ts';
import { runDetails, startTaskDetails } from './effects.ts';
import { ScriptedEngine } from './scripted-engine.ts';

/**
 * Command lines in the language of the executor under test. `file` is an absolute path on this machine, in a
 * directory that is there.
 */
export interface ContractCommands {
  /** Ends at once with this exit code. */
  exit(code: number): string;
  /** Appends one line to `file`, then ends with exit code 0. */
  mark(file: string): string;
  /** Appends a line to `file` every 20 ms or so, until it is killed. */
  beat(file: string): string;
  /** The same, by a process that the task started and that has left it as far as it can; the task goes on, too. */
  beatApart?(file: string): string;
  /** Ends with 0 and leaves a process that does so. */
  beatBehind?(file: string): string;
  /** Runs a script of a POSIX shell. */
  shell?(script: string): string;
  /** Goes on for so long, then ends with this exit code. */
  exitLater(afterMs: number, code: number): string;
  /** Cannot be launched. */
  missing?: string;
  /** Is lost: ends whatever would report it. */
  lost?: string;
}

/** Where runs have a working directory. */
export interface ContractFiles {
  /** Copies `name` of the working directory to `file` on this machine, then ends with 0, or with 1 if it is not there. */
  copy(name: string, file: string): string;
  /** Writes `name` into the working directory, then ends with this exit code. */
  write(name: string, exitCode: number): string;
}

/** What the author of an executor says of it. */
export interface ContractHarness {
  /** Called for each life: what is made later finds what the earlier ones left. */
  create(): Executor | Promise<Executor>;
  readonly commands: ContractCommands;
  /** Whether runs go on when the executor is closed. If not, they are to be reported lost in the next life. */
  readonly survives: boolean;
  /** Whether it runs start tasks. If not, it must say that they failed. */
  readonly startTasks: boolean;
  /** Whether its nodes can be started again, as its capabilities say. Default true. */
  readonly restarts?: boolean;
  readonly files?: ContractFiles;
  /** What else it says that it can do: that is tried, too. */
  readonly capabilities?: Pick<
    Partial<ExecutorCapabilities>,
    'interNodeCommunication' | 'applicationPackages' | 'certificates' | 'deallocate'
  >;
  /** How many lines have been appended to `file`. Default: it is read. */
  lines?(file: string): number;
}

/** On a machine that has much else to do. */
const slowMs = 120_000;

/** What parts of the contract that are elsewhere need of a test under way. */
export interface ContractWorld {
  readonly harness: ContractHarness;
  /** Of the present life. */
  readonly engine: ScriptedEngine;
  /** Another life, with what is outstanding from the one before. */
  restart(outstanding: Effect[], present?: number[]): Promise<void>;
  lines(file: string): number;
  newFile(): string;
  /** Waits until so many lines, by default one, have been appended. */
  appended(file: string, count?: number): Promise<void>;
  /** Whether lines still come. */
  beats(file: string): Promise<boolean>;
}

/** Declares the tests (vitest) that every executor must pass. */
export function executorContract(name: string, harness: ContractHarness): void {
  describe(`the contract, kept by ${name}`, { timeout: slowMs }, () => {
    const { commands } = harness;
    const lines = harness.lines ?? linesOf;
    const restarts = harness.restarts ?? true;
    let directory: string;
    let files = 0;
    let engine: ScriptedEngine;
    const nodes = [1, 2];

    async function live(
      former?: ScriptedEngine,
      outstanding: Effect[] = [],
      present: number[] = [],
    ): Promise<void> {
      engine = new ScriptedEngine(await harness.create(), directory);
      if (harness.capabilities?.interNodeCommunication === true) {
        for (const node of [...nodes, 3]) {
          const { pool } = engine.catalog.node(node);
          engine.nodes.set(node, { pool: { ...pool, enableInterNodeCommunication: true } });
        }
      }
      for (const [key, details] of former?.runs ?? []) engine.runs.set(key, details);
      for (const [key, details] of former?.startTasks ?? []) engine.startTasks.set(key, details);
      for (const [key, details] of former?.nodeTasks ?? []) engine.nodeTasks.set(key, details);
      await engine.open(outstanding, present);
    }
    async function restart(outstanding: Effect[], present: number[] = nodes): Promise<void> {
      await engine.executor.close();
      await live(engine, outstanding, present);
    }
    function newFile(): string {
      return join(directory, `lines-${files++}`);
    }
    async function appended(file: string, count = 1): Promise<void> {
      const deadline = performance.now() + 60_000;
      while (lines(file) < count) {
        if (performance.now() > deadline) throw new Error(`nothing was appended to ${file}`);
        await sleep(5);
      }
    }
    /** Whether lines still come. */
    async function beats(file: string): Promise<boolean> {
      const before = lines(file);
      await sleep(250);
      return lines(file) > before;
    }
    /** A run that beats, on a node. */
    async function beating(run: number, node = 1): Promise<string> {
      const file = newFile();
      engine.start(task(commands.beat(file), run, node), run, node);
      await appended(file, 2);
      return file;
    }
    function answers(run: number): Report[] {
      return engine.reports.filter((report) => 'run' in report && report.run === run);
    }
    async function answered(run: number): Promise<Report> {
      await engine.until(() => answers(run).length > 0);
      const [first] = answers(run);
      if (first === undefined) throw new Error(`run ${run} has no answer`);
      return first;
    }

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'berth contract-'));
      await live();
      await Promise.all(nodes.map((node) => engine.node(node)));
    }, slowMs);
    afterEach(async () => {
      try {
        for (const node of nodes) {
          engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
        }
        for (const node of nodes) await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
        expect(engine.early, 'reports from inside carryOut').toEqual([]);
        expect(twice(engine.reports), 'answers given twice').toEqual([]);
      } finally {
        await engine.executor.close();
        rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      }
    }, slowMs);

    describe('a run', () => {
      it('reports its exit code', async () => {
        for (const code of [0, 1, 7, 255]) {
          expect(await engine.execute(commands.exit(code))).toMatchObject({
            kind: ReportKind.runEnded,
            exitCode: code,
          });
        }
      });

      it('is one of many, each of which runs once', async () => {
        const file = newFile();
        const runs = Array.from({ length: 40 }, (_, i) => 100 + i);
        let next = 0;
        const startNext = (node: number): void => {
          const run = runs[next++];
          if (run !== undefined) engine.start(task(commands.mark(file), run, node), run, node);
        };
        for (const node of nodes) for (let slot = 0; slot < 4; slot++) startNext(node);
        const seen = new Set<number>();
        await engine.until(() => {
          for (const run of runs) {
            if (seen.has(run) || engine.ended(run).length === 0) continue;
            seen.add(run);
            startNext(1 + (run % nodes.length));
          }
          return seen.size === runs.length;
        });
        expect(lines(file)).toBe(runs.length);
        expect(runs.filter((run) => engine.ended(run)[0]?.exitCode !== 0)).toEqual([]);
      });

      it('does not start a second time while it runs', async () => {
        const file = newFile();
        const details = task(commands.mark(file), 1);
        engine.start(details, 1);
        engine.start(details, 1);
        await engine.end(1);
        await engine.execute(commands.exit(0));
        expect(lines(file)).toBe(1);
        expect(engine.ended(1)).toHaveLength(1);
      });

      it('does not start if nobody knows it any more', async () => {
        const before = engine.reports.length;
        engine.carryOut({ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 });
        await engine.execute(commands.exit(0));
        expect(engine.reports).toHaveLength(before + 1);
      });

      if (commands.missing !== undefined) {
        const { missing } = commands;
        it('that cannot be launched has a failure and no exit code', async () => {
          const end = await engine.execute(missing);
          expect(end.exitCode).toBeUndefined();
          expect(end.failure).toMatch(/^Command/);
          expect(end.detail).toBeTruthy();
        });
      }

      if (commands.lost !== undefined) {
        const { lost } = commands;
        it('that can never report is lost, and others run on', async () => {
          const file = await beating(1);
          engine.start(task(lost, 2), 2);
          expect(await answered(2)).toEqual({ kind: ReportKind.runLost, run: 2, sequence: 1_002 });
          expect(await beats(file)).toBe(true);
          expect(await engine.execute(commands.exit(3))).toMatchObject({ exitCode: 3 });
        });
      }
    });

    describe('a kill', () => {
      it('ends the run, which reports it', async () => {
        const file = await beating(1);
        engine.kill(1);
        await engine.end(1);
        expect(await beats(file)).toBe(false);
      });

      it('reaches what the run has started', async () => {
        const beat = commands.beatApart ?? commands.beat;
        const file = newFile();
        engine.start(task(beat(file), 1), 1);
        await appended(file, 2);
        engine.kill(1);
        await engine.end(1);
        expect(await beats(file)).toBe(false);
      });

      it('reaches no other run', async () => {
        const [other, elsewhere] = [await beating(2), await beating(3, 2)];
        await beating(1);
        engine.kill(1);
        await engine.end(1);
        expect(await beats(other)).toBe(true);
        expect(await beats(elsewhere)).toBe(true);
      });

      it('may come twice, and right after the start', async () => {
        const file = newFile();
        for (const run of [1, 2, 3, 4]) {
          engine.start(task(commands.beat(file), run), run);
          engine.kill(run);
          engine.kill(run);
        }
        for (const run of [1, 2, 3, 4]) expect((await engine.end(run)).failure).toBeUndefined();
        expect(await beats(file)).toBe(false);
      });

      it('of a run that is over, or of an earlier one in the same row, does nothing', async () => {
        engine.start(task(commands.exit(0), 1), 1);
        await engine.end(1);
        engine.runs.clear();
        const file = newFile();
        engine.start(task(commands.beat(file), 1), 1, 1, 2_001);
        await appended(file, 2);
        engine.kill(1);
        expect(await beats(file)).toBe(true);
        expect(engine.ended(1)).toHaveLength(1);
        engine.kill(1, 'ended', 1, 2_001);
        await engine.until(() => engine.ended(1).length === 2);
        expect(engine.ended(1)[1]).toMatchObject({ sequence: 2_001 });
      });
    });

    describe('a node', () => {
      it('that is got again is ready again, and what runs there goes on', async () => {
        const file = await beating(1);
        engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 1 });
        await engine.until(() => count(engine.reports, ReportKind.nodeReady, 1) === 2);
        expect(await beats(file)).toBe(true);
      });

      it('that is released is gone, and nothing runs there; others stay', async () => {
        const [here, there] = [await beating(1), await beating(2, 2)];
        engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 100 });
        await engine.nodeAnswer(ReportKind.nodeGone, 100);
        expect(await beats(here)).toBe(false);
        expect(await beats(there)).toBe(true);
        engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 101 });
        await engine.nodeAnswer(ReportKind.nodeReady, 101);
        expect(await engine.execute(commands.exit(5))).toMatchObject({ exitCode: 5 });
      });

      it.runIf(harness.capabilities?.deallocate === true)(
        'that is deallocated is gone, and comes again under its id; or is given back meanwhile',
        async () => {
          const here = await beating(1);
          engine.carryOut({ kind: EffectKind.deallocateNode, node: 1, sequence: 100 });
          await engine.nodeAnswer(ReportKind.nodeDeallocated, 100);
          expect(await beats(here)).toBe(false);
          engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 101 });
          await engine.nodeAnswer(ReportKind.nodeReady, 101);
          expect(await engine.execute(commands.exit(5))).toMatchObject({ exitCode: 5 });
          engine.carryOut({ kind: EffectKind.deallocateNode, node: 2, sequence: 102 });
          engine.carryOut({ kind: EffectKind.releaseNode, node: 2, sequence: 103 });
          await engine.nodeAnswer(ReportKind.nodeGone, 103);
        },
      );

      for (const kind of restarts ? (['rebootNode', 'reimageNode'] as const) : []) {
        it(`that is asked to start again (${kind}) does so, and nothing runs there; others go on`, async () => {
          const [here, there] = [await beating(1), await beating(2, 2)];
          engine.carryOut({ kind: EffectKind[kind], node: 1, sequence: 100 });
          await engine.nodeAnswer(ReportKind.nodeReady, 100);
          expect(await beats(here)).toBe(false);
          expect(await beats(there)).toBe(true);
          expect(await engine.execute(commands.exit(5))).toMatchObject({ exitCode: 5 });
        });
      }
    });

    describe('a start task', () => {
      if (!harness.startTasks) {
        it('is refused', async () => {
          const end = await engine.executeStartTask(startTaskDetails(commands.exit(0)), 100);
          expect(end).toMatchObject({ node: 1, failure: expect.stringMatching(/./) });
          expect(end.exitCode).toBeUndefined();
        });
        return;
      }

      it('reports its exit code, and takes no slot from runs', async () => {
        const file = await beating(1);
        for (const [sequence, exitCode] of [[100, 3] as const, [101, 0] as const]) {
          const end = await engine.executeStartTask(
            startTaskDetails(commands.exit(exitCode)),
            sequence,
          );
          expect(end).toMatchObject({ node: 1, exitCode });
        }
        expect(await beats(file)).toBe(true);
      });

      it.runIf(restarts)('ends without an answer when the node starts again', async () => {
        const file = newFile();
        engine.startTasks.set('1-100', startTaskDetails(commands.beat(file)));
        engine.carryOut({ kind: EffectKind.runStartTask, node: 1, sequence: 100 });
        await appended(file, 2);
        engine.carryOut({ kind: EffectKind.rebootNode, node: 1, sequence: 101 });
        await engine.nodeAnswer(ReportKind.nodeReady, 101);
        expect(await beats(file)).toBe(false);
        expect(count(engine.reports, ReportKind.startTaskEnded, 100)).toBe(0);
      });
    });

    const able = harness.capabilities ?? {};
    const world: ContractWorld = {
      harness,
      get engine() {
        return engine;
      },
      restart,
      lines,
      newFile,
      appended,
      beats,
    };
    nodeTasksContract(world);
    if (able.interNodeCommunication === true) gangContract(world);
    if (able.applicationPackages === true && commands.shell !== undefined) {
      packagesContract(world, commands.shell);
    }

    if (able.certificates === true && commands.shell !== undefined) {
      certificatesContract(world, commands.shell);
    }

    const withFiles = harness.files;
    if (withFiles !== undefined) {
      describe('files', () => {
        const outputFiles = (['tasksuccess', 'taskfailure'] as const).map((uploadCondition) => ({
          filePattern: 'made',
          destination: { container: { autoStorageContainerName: 'output', path: uploadCondition } },
          uploadOptions: { uploadCondition },
        }));

        it('of the blob store are there when the run starts', async () => {
          await engine.blobStore.createContainer('input');
          await engine.blobStore.write('input', 'data/one', 'one\ntwo\n');
          const file = newFile();
          const resourceFiles = [{ autoStorageContainerName: 'input' }];
          const command = withFiles.copy('data/one', file);
          expect(await engine.execute(command, { resourceFiles })).toMatchObject({ exitCode: 0 });
          expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
        });

        it('that are missing keep the run from starting', async () => {
          await engine.blobStore.createContainer('input');
          const file = newFile();
          const resourceFiles = [{ autoStorageContainerName: 'input' }];
          const end = await engine.execute(commands.mark(file), { resourceFiles });
          expect(end).toMatchObject({ failure: 'BlobNotFound' });
          expect(lines(file)).toBe(0);
        });

        it.each([
          [0, 'tasksuccess'],
          [4, 'taskfailure'],
        ])('are uploaded as the exit code %i asks', async (exitCode, expected) => {
          await engine.blobStore.createContainer('output');
          const end = await engine.execute(withFiles.write('made', exitCode), { outputFiles });
          expect(end).toMatchObject({ exitCode });
          const names: string[] = [];
          for await (const { name } of engine.blobStore.list('output')) names.push(name);
          expect(names).toEqual([expected]);
          expect(await text(await engine.blobStore.read('output', expected))).not.toBe('');
        });

        it('of a try are not there at the next', async () => {
          const [command, file] = [withFiles.write('made', 0), newFile()];
          await engine.execute(command, { taskId: 'again' });
          const end = await engine.execute(withFiles.copy('made', file), { taskId: 'again' });
          expect(end).toMatchObject({ exitCode: 1 });
          expect(existsSync(file)).toBe(false);
        });

        it('are removed, for a task and for a job, and runs go on', async () => {
          await engine.execute(withFiles.write('made', 0), { taskId: 'removed' });
          const pool = { accountName: 'account', poolId: 'pool' };
          const removal = { ...pool, jobId: 'job', taskId: 'removed' };
          engine.carryOut({ kind: EffectKind.removeTaskFiles, removal });
          const more = { jobId: 'removed', taskId: 'x' };
          await engine.execute(withFiles.write('made', 0), more);
          const jobRemoval = { ...pool, jobId: 'removed' };
          engine.carryOut({ kind: EffectKind.removeJobFiles, removal: jobRemoval });
          expect(await engine.execute(commands.exit(3), more)).toMatchObject({ exitCode: 3 });
        });
      });
    }

    describe('after a restart', () => {
      it('outstanding requests of nodes are answered', async () => {
        await restart(
          [
            { kind: EffectKind.getNode, node: 3, sequence: 100 },
            { kind: EffectKind.releaseNode, node: 3, sequence: 101 },
            { kind: restarts ? EffectKind.rebootNode : EffectKind.getNode, node: 1, sequence: 102 },
            { kind: EffectKind.releaseNode, node: 2, sequence: 103 },
          ],
          [1],
        );
        await engine.nodeAnswer(ReportKind.nodeReady, 102);
        await engine.nodeAnswer(ReportKind.nodeGone, 101);
        await engine.nodeAnswer(ReportKind.nodeGone, 103);
        expect(await engine.execute(commands.exit(3))).toMatchObject({ exitCode: 3 });
      });

      it('a run that never started is started or lost, once', async () => {
        const file = newFile();
        engine.runs.set('1-1001', task(commands.mark(file), 1));
        await restart([{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }]);
        const answer = await answered(1);
        if (answer.kind === ReportKind.runEnded) {
          expect(answer.exitCode).toBe(0);
          expect(lines(file)).toBe(1);
        } else {
          expect(answer.kind).toBe(ReportKind.runLost);
          expect(lines(file)).toBe(0);
        }
        expect(await engine.execute(commands.exit(3))).toMatchObject({ exitCode: 3 });
      });

      it('a run that was to be killed before it started never starts, and is answered', async () => {
        const file = newFile();
        engine.runs.set('1-1001', task(commands.beat(file), 1));
        await restart([
          { kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 },
          { kind: EffectKind.killRun, node: 1, run: 1, sequence: 1_001 },
        ]);
        await answered(1);
        expect(lines(file)).toBe(0);
      });

      if (!harness.survives) {
        it('what ran is over, and is reported lost', async () => {
          const file = await beating(1);
          await restart([{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }]);
          expect(await answered(1)).toEqual({ kind: ReportKind.runLost, run: 1, sequence: 1_001 });
          expect(await beats(file)).toBe(false);
        });
        return;
      }

      it('what runs is awaited, not started again, and a kill reaches it', async () => {
        const [file, other] = [await beating(1), await beating(2, 2)];
        await restart([
          { kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 },
          { kind: EffectKind.startRun, node: 2, run: 2, sequence: 1_002 },
          { kind: EffectKind.killRun, node: 2, run: 2, sequence: 1_002 },
        ]);
        await engine.end(2);
        expect(await beats(other)).toBe(false);
        expect(await beats(file)).toBe(true);
        expect(answers(1)).toEqual([]);
        engine.kill(1);
        await engine.end(1);
        expect(await beats(file)).toBe(false);
      });

      it('what ended meanwhile is reported once, with its exit code', async () => {
        engine.start(task(commands.exitLater(300, 6), 1), 1);
        await sleep(100);
        await engine.executor.close();
        await sleep(600);
        await live(
          engine,
          [{ kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 }],
          nodes,
        );
        const end: Partial<RunEnded> = await engine.end(1);
        expect(end).toMatchObject({ sequence: 1_001, exitCode: 6 });
      });
    });

    function task(commandLine: string, run: number, node = 1): ReturnType<typeof runDetails> {
      return runDetails(commandLine, { taskId: `task${run}`, nodeId: `node-${node}` });
    }
  });
}

function count(reports: readonly Report[], kind: ReportKind, sequence: number): number {
  return reports.filter((report) => report.kind === kind && report.sequence === sequence).length;
}

/** Ends that were reported more than once. */
function twice(reports: readonly Report[]): string[] {
  const seen = new Set<string>();
  const again: string[] = [];
  for (const report of reports) {
    let key: string;
    if (report.kind === ReportKind.runEnded || report.kind === ReportKind.runLost) {
      key = `run ${report.run}-${report.sequence}`;
    } else if (report.kind === ReportKind.startTaskEnded) {
      key = `start task ${report.node}-${report.sequence}`;
    } else continue;
    if (seen.has(key)) again.push(key);
    seen.add(key);
  }
  return again;
}

function linesOf(file: string): number {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
}
