import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectKind, ReportKind } from '@berth/core';
import { sshExecutor } from '@berth/executors';
import { ScriptedEngine } from '@berth/executors/testing';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { runsOnceThroughKills } from './crash-lives.ts';
import { processes } from './processes.ts';
import { canMakeHosts, eventually, SshHosts } from './ssh-hosts.ts';

let hosts: SshHosts;
let directory: string;
describe.skipIf(!canMakeHosts)('over SSH', () => {
  beforeAll(() => {
    hosts = new SshHosts();
    directory = mkdtempSync(join(tmpdir(), 'berth-ssh-crash-'));
  });
  afterAll(async () => {
    const engine = await new ScriptedEngine(sshExecutor(hosts.options()), directory).open();
    for (const node of [1, 2, 3]) {
      engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
      await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
    }
    await engine.dispose();
    hosts.dispose();
    rmSync(directory, { recursive: true, force: true });
  }, 120_000);

  it('an engine that is killed again and again over three hosts runs every task exactly once', {
    timeout: 400_000,
  }, async () => {
    await runsOnceThroughKills(directory, hosts.options());
    // Nor is a client left of any of these lives.
    await eventually(() => processes(hosts.configFile).length === 0);
  });
});
