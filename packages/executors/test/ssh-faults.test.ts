import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EffectKind, ReportKind } from '@berth/core';
import type { SshOptions } from '@berth/executors';
import { sshExecutor } from '@berth/executors';
import { runDetails, ScriptedEngine } from '@berth/executors/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canMakeHosts, eventually, SshHosts } from './ssh-hosts.ts';

let hosts: SshHosts;
let directory: string;
let engine: ScriptedEngine;
describe.skipIf(!canMakeHosts)('over SSH', { timeout: 180_000 }, () => {
  beforeAll(() => {
    hosts = new SshHosts();
  });
  afterAll(() => hosts.dispose());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'berth ssh-'));
  });
  afterEach(async () => {
    hosts.knowKeys();
    hosts.letIn(true);
    for (const n of [1, 2, 3]) hosts.join(n);
    try {
      for (const node of [1, 2]) {
        engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
        await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
      }
    } finally {
      await engine.dispose();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);

  async function open(more: Partial<SshOptions> = {}): Promise<void> {
    engine = await new ScriptedEngine(
      sshExecutor(hosts.options(more)),
      join(directory, 'e'),
    ).open();
  }

  /** A command that appends a line to `file` until it is killed. */
  function beat(file: string): string {
    return `sh -c 'while :; do echo x >>"$1"; sleep 0.05; done' sh '${file}'`;
  }

  function linesOf(file: string): number {
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
  }

  async function beats(file: string): Promise<boolean> {
    const before = linesOf(file);
    await sleep(400);
    return linesOf(file) > before;
  }

  describe('a host that will not do', () => {
    async function refused(): Promise<string> {
      engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 5 });
      await engine.nodeAnswer(ReportKind.nodeUnusable, 5);
      const report = engine.reports.find((r) => r.kind === ReportKind.nodeUnusable);
      expect(report).toMatchObject({ node: 1, error: 'NodePreparationError' });
      return report?.kind === ReportKind.nodeUnusable ? (report.detail ?? '') : '';
    }

    it('because its key is not known makes the node unusable, and says how to know it', async () => {
      hosts.forgetKeys();
      await open();
      expect(await refused()).toMatch(/^Host host\d: its host key is not known\. .*known_hosts/);
    });

    it('because its key has changed makes the node unusable, and names the line', async () => {
      hosts.knowOtherKeys();
      await open();
      expect(await refused()).toMatch(/^Host host\d shows another host key .*known_hosts:\d/);
    });

    it('because it refuses our key makes the node unusable, and says what ssh said', async () => {
      hosts.letIn(false);
      await open();
      expect(await refused()).toMatch(/^Host host\d does not let us in: .*Permission denied/);
    });

    it('is a node after all when that is put right and the node is rebooted', async () => {
      hosts.letIn(false);
      await open();
      await refused();
      hosts.letIn(true);
      engine.carryOut({ kind: EffectKind.rebootNode, node: 1, sequence: 6 });
      await engine.nodeAnswer(ReportKind.nodeReady, 6);
      expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
    });

    it('because it cannot be reached is passed over, and named if there is no other', async () => {
      hosts.cut(1);
      await open({ hosts: ['host1', 'host2'] });
      await engine.node(1);
      expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
      engine.carryOut({ kind: EffectKind.getNode, node: 2, sequence: 7 });
      await eventually(() =>
        engine.warnings.some((w) => w.includes('Host host1 cannot be reached')),
      );
      hosts.join(1);
      await engine.nodeAnswer(ReportKind.nodeReady, 7);
    });

    it('is wanted in vain when all hosts are nodes, which ends the resize', async () => {
      await open({ hosts: ['host1'] });
      await engine.node(1);
      engine.carryOut({ kind: EffectKind.getNode, node: 2, sequence: 7 });
      await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.allocationFailed));
      expect(engine.reports.at(-1)).toMatchObject({
        ...{ node: 2, sequence: 7, error: 'AllocationFailed' },
        detail: 'All 1 hosts of the executor "ssh" are nodes already.',
      });
    });

    it('is refused before anything is done where its name is none', () => {
      for (const name of ['', '-oProxyCommand=touch /tmp/x', 'a b']) {
        expect(() => sshExecutor({ hosts: [name] })).toThrow(/is no destination/);
      }
      expect(() => sshExecutor({ hosts: [] })).toThrow(/at least one host/);
      expect(() => sshExecutor({ hosts: ['a', { destination: 'a' }] })).toThrow(/named twice/);
    });
  });

  it('reaches a host as your configuration says: by an alias, through a jump host', async () => {
    await open({ hosts: ['far'] });
    await engine.node(1);
    expect(await engine.execute("sh -c 'exit 5'")).toMatchObject({ exitCode: 5 });
  });

  describe('a host that is cut off', () => {
    it('for a while goes on with what it runs, and what ended meanwhile is reported once', async () => {
      await open({ hosts: ['host1'], nodeHeartbeatTimeoutMs: 60_000 });
      await engine.node(1);
      const file = join(directory, 'beats');
      engine.start(runDetails(beat(file), { taskId: 'beat' }), 1);
      engine.start(runDetails("sh -c 'sleep 2; exit 7'", { taskId: 'ends' }), 2);
      await eventually(() => linesOf(file) > 1);
      hosts.cut(1);
      await eventually(() => engine.warnings.some((w) => w.includes('connection')));
      // What comes now is done when it is back.
      engine.start(runDetails("sh -c 'exit 8'", { taskId: 'late' }), 3);
      hosts.join(1);
      expect(await engine.end(2)).toMatchObject({ exitCode: 7 });
      expect(await engine.end(3)).toMatchObject({ exitCode: 8 });
      expect(await beats(file)).toBe(true);
      engine.kill(1);
      await engine.end(1);
      expect(await beats(file)).toBe(false);
      for (const run of [1, 2, 3]) expect(engine.ended(run)).toHaveLength(1);
      expect(engine.reports.filter((r) => r.kind === ReportKind.nodeLost)).toEqual([]);
    });

    it('for too long is lost; when it is back its old runs are dead before it is ready', async () => {
      await open({ hosts: ['host1', 'host2'] });
      const sequence = await engine.node(1);
      await engine.node(2);
      const file = join(directory, 'beats');
      engine.start(runDetails(beat(file), { taskId: 'beat' }), 1);
      await eventually(() => linesOf(file) > 1);
      // Which host it is says the file of the inventory.
      const inventory = readFileSync(join(engine.directory, 'executor', 'hosts.json'), 'utf8');
      const n = Number(/pool\/node-1": "host(\d)"/.exec(inventory)?.[1]);
      hosts.cut(n);
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      // It is given to another.
      engine.start(runDetails("sh -c 'exit 3'", { taskId: 'beat' }), 1, 2, 2_001);
      expect(await engine.end(1)).toMatchObject({ sequence: 2_001, exitCode: 3 });
      expect(await beats(file)).toBe(true);
      hosts.join(n);
      const before = engine.reports.length;
      await engine.until(() =>
        engine.reports.slice(before).some((r) => r.kind === ReportKind.nodeReady),
      );
      expect(await beats(file)).toBe(false);
      expect(engine.ended(1)).toHaveLength(1);
      expect(engine.reports.slice(before)).toEqual([
        { kind: ReportKind.nodeReady, node: 1, sequence },
      ]);
      expect(await engine.execute("sh -c 'exit 4'")).toMatchObject({ exitCode: 4 });
    });

    it('is given up when its node is released; what is left there ends before the host is used again', async () => {
      await open({ hosts: ['host1'] });
      const sequence = await engine.node(1);
      const file = join(directory, 'beats');
      engine.start(runDetails(beat(file), { taskId: 'beat' }), 1);
      await eventually(() => linesOf(file) > 1);
      hosts.cut(1);
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 50 });
      await engine.nodeAnswer(ReportKind.nodeGone, 50);
      hosts.join(1);
      expect(await beats(file)).toBe(true);
      engine.carryOut({ kind: EffectKind.getNode, node: 2, sequence: 51 });
      await engine.nodeAnswer(ReportKind.nodeReady, 51);
      expect(await beats(file)).toBe(false);
    });
  });

  it('keeps what tasks are given out of every command line', async () => {
    await open({ hosts: ['host1'] });
    await engine.node(1);
    const secret = `secret${Math.random()}`;
    const environmentSettings = [{ name: 'TOKEN', value: secret }];
    const script = 'cat /proc/[0-9]*/cmdline >seen 2>/dev/null; test "$TOKEN"';
    engine.start(runDetails(`sh -c '${script}'`, { taskId: 'looks', environmentSettings }), 1);
    expect(await engine.end(1)).toMatchObject({ exitCode: 0 });
    const [root] = [readFileSync(join(engine.directory, 'executor', 'hosts.json'), 'utf8')];
    const id = /"id": "(\w+)"/.exec(root)?.[1] ?? '';
    const seen = join(
      hosts.directory,
      'nodes',
      id,
      'account/pool/node-1/workitems/job/job-1/looks/wd/seen',
    );
    expect(readFileSync(seen, 'latin1')).not.toContain(secret);
  });
});
