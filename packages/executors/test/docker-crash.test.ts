import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectKind, ReportKind } from '@berth/core';
import { dockerExecutor } from '@berth/executors';
import { ScriptedEngine } from '@berth/executors/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runsOnceThroughKills } from './crash-lives.ts';
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

  it('an engine that is killed again and again over two containers runs every task exactly once', {
    timeout: 400_000,
  }, async () => {
    await runsOnceThroughKills(directory, daemon.options());
    expect(daemon.containers()).toHaveLength(2);
  });
});
