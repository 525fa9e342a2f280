import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EffectKind, ReportKind } from '@berth/core';
import { dockerExecutor } from '@berth/executors';
import { ScriptedEngine } from '@berth/executors/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canRunEngine, DockerDaemon } from './docker-daemon.ts';

let daemon: DockerDaemon;
let directory: string;
describe.skipIf(!canRunEngine)('in containers', () => {
  beforeAll(async () => {
    daemon = await DockerDaemon.start();
    directory = mkdtempSync(join(tmpdir(), 'berth-docker-crash-'));
  }, 120_000);
  afterAll(async () => {
    const executor = dockerExecutor(daemon.options());
    const engine = await new ScriptedEngine(executor, directory).open();
    for (const node of [1, 2]) {
      engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
      await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
    }
    await engine.dispose();
    expect(daemon.containers()).toEqual([]);
    await daemon.dispose();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  function lines(file: string): string[] {
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** An engine in a process of its own, with two containers. */
  function life(tasks: number, script: string): ReturnType<typeof spawn> {
    return spawn(
      process.execPath,
      [
        ...['--conditions=@berth/source', '--import', 'tsx'],
        join(import.meta.dirname, 'crashing-engine.ts'),
        ...[directory, String(tasks), '12', script, JSON.stringify(daemon.options())],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: process.env },
    );
  }

  it('an engine that is killed again and again over two containers runs every task exactly once', {
    timeout: 400_000,
  }, async () => {
    const tasks = 240;
    const ran = join(directory, 'ran');
    const script = `echo $1 >>"${ran}"; sleep 0.$(($1 % 5)); exit $(($1 % 7))`;
    for (let lives = 0; lives < 5; lives++) {
      const child = life(tasks, script);
      const over = new Promise((resolve) => child.once('exit', resolve));
      // All tasks may have ended before: then it says nothing.
      await Promise.race([new Promise((resolve) => child.stdout?.once('data', resolve)), over]);
      await sleep(200 + Math.random() * 1_000);
      child.kill('SIGKILL');
      await over;
    }
    expect(lines(ran).length).toBeGreaterThan(12);
    const last = life(tasks, script);
    expect(await new Promise((resolve) => last.once('exit', resolve))).toBe(0);
    const numbers = lines(ran).map(Number);
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, i) => i + 1));
    const journal = lines(join(directory, 'journal'));
    expect(journal.filter((line) => line.startsWith('lost'))).toEqual([]);
    const ends = journal.filter((line) => line.startsWith('end')).map((line) => line.split(' '));
    expect(ends).toHaveLength(tasks);
    expect(ends.filter(([, run, code]) => Number(code) !== Number(run) % 7)).toEqual([]);
    expect(daemon.containers()).toHaveLength(2);
  });
});
