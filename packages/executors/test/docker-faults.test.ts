import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EffectKind, ReportKind } from '@berth/core';
import type { DockerOptions } from '@berth/executors';
import { dockerExecutor } from '@berth/executors';
import { runDetails, ScriptedEngine } from '@berth/executors/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canRunEngine, DockerDaemon } from './docker-daemon.ts';
import { eventually } from './ssh-hosts.ts';

let daemon: DockerDaemon;
let directory: string;
let engine: ScriptedEngine;
const keepsContainers = '--live-restore';

describe.skipIf(!canRunEngine)('in containers', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    daemon = await DockerDaemon.start(keepsContainers);
  }, 120_000);
  afterAll(() => daemon.dispose(), 120_000);
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'berth docker-'));
  });
  afterEach(async () => {
    try {
      for (const node of [1, 2]) {
        engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
        await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
      }
      await eventually(() => daemon.containers().length === 0);
      await eventually(() => daemon.docker('volume', 'ls', '-q') === '');
    } finally {
      await engine.dispose();
      rmSync(directory, { recursive: true, force: true });
    }
  }, 120_000);

  async function open(more: Partial<DockerOptions> = {}): Promise<void> {
    const executor = dockerExecutor(daemon.options(more));
    engine = await new ScriptedEngine(executor, join(directory, 'e')).open();
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

  /** Node 1, which runs something. */
  async function beating(): Promise<{ sequence: number; file: string; container: string }> {
    const sequence = await engine.node(1);
    const file = join(directory, 'beats');
    engine.start(runDetails(beat(file), { taskId: 'beat' }), 1);
    await eventually(() => linesOf(file) > 1);
    const container = daemon.containers().find((name) => name.includes('node-1')) ?? '';
    return { sequence, file, container };
  }

  async function refused(): Promise<{ error: string; detail: string }> {
    engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 5 });
    await engine.nodeAnswer(ReportKind.nodeUnusable, 5);
    const report = engine.reports.find((r) => r.kind === ReportKind.nodeUnusable);
    if (report?.kind !== ReportKind.nodeUnusable) throw new Error('no such report');
    return { error: report.error ?? '', detail: report.detail ?? '' };
  }

  describe('no engine', () => {
    async function noNode(dockerHost: string): Promise<string> {
      await open({ dockerHost });
      engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 7 });
      await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.allocationFailed));
      const [report] = engine.reports;
      expect(report).toMatchObject({ node: 1, sequence: 7, error: 'AllocationFailed' });
      return report?.kind === ReportKind.allocationFailed ? (report.detail ?? '') : '';
    }

    it('where it should be ends the resize, and says how to name it', async () => {
      expect(await noNode('/nowhere/docker.sock')).toMatch(
        /^The Docker engine at unix:\/\/\/nowhere\/docker.sock cannot be reached: .*ENOENT.*DOCKER_HOST/,
      );
    });

    it('behind its socket ends the resize, and says so', async () => {
      const socket = join(directory, 'left.sock');
      // A process that is killed leaves its socket.
      const script = `require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 9))`;
      spawnSync(process.execPath, ['-e', script]);
      expect(await noNode(`unix://${socket}`)).toMatch(/ECONNREFUSED.* Start it/);
    });

    it('that answers in time is waited for', async () => {
      const socket = join(directory, 'late.sock');
      await open({ dockerHost: socket, engineTimeoutMs: 30_000 });
      engine.carryOut({ kind: EffectKind.getNode, node: 1, sequence: 7 });
      await sleep(700);
      // Forwarded, as by ssh.
      const server = createServer((from) => {
        const to = connect(daemon.address.slice('unix://'.length));
        from.pipe(to).pipe(from);
        for (const end of [from, to]) end.on('error', () => {});
      }).listen(socket);
      await engine.nodeAnswer(ReportKind.nodeReady, 7);
      expect(await engine.execute("sh -c 'exit 3'")).toMatchObject({ exitCode: 3 });
      engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 800 });
      await engine.nodeAnswer(ReportKind.nodeGone, 800);
      server.close();
    });

    it('is where an address names none', async () => {
      await open();
      for (const dockerHost of ['ssh://somewhere', 'unix://', 'localhost']) {
        expect(() => dockerExecutor({ dockerHost })).toThrow(/is no address of a Docker engine/);
      }
    });
  });

  describe('an image that will not do', () => {
    it('because it is not there makes the node unusable; put there, the node starts', async () => {
      await open({ image: 'berth-other:1' });
      const { error, detail } = await refused();
      expect(error).toBe('ContainerSetupError');
      expect(detail).toMatch(/^The image "berth-other:1" is not there .*docker pull.*reboot/);
      daemon.docker('tag', daemon.image, 'berth-other:1');
      engine.carryOut({ kind: EffectKind.rebootNode, node: 1, sequence: 6 });
      await engine.nodeAnswer(ReportKind.nodeReady, 6);
      expect(await engine.execute('true')).toMatchObject({ exitCode: 0 });
    });

    it('because it cannot be pulled makes the node unusable, and says why', async () => {
      // A registry that nobody runs.
      await open({ image: '127.0.0.1:9/berth', pull: 'missing' });
      const { error, detail } = await refused();
      expect(error).toBe('ContainerSetupError');
      expect(detail).toMatch(/"127.0.0.1:9\/berth" .*cannot be pulled: .*connection refused/);
    });

    it('because it has no shell makes the node unusable, and says so', async () => {
      const root = join(directory, 'root');
      mkdirSync(root);
      execFileSync('tar', ['-C', root, '-cf', join(directory, 'empty.tar'), '.']);
      daemon.docker('import', join(directory, 'empty.tar'), 'berth-empty:1');
      await open({ image: 'berth-empty:1' });
      const { error, detail } = await refused();
      expect(error).toBe('ContainerSetupError');
      expect(detail).toMatch(/"berth-empty:1" cannot be had: .*\/bin\/sh.*reboot/);
    });

    it('because it lacks programs makes the node unusable, and names them', async () => {
      const root = join(directory, 'root');
      // A shell that has nothing built in beyond what it must have.
      const libraries = execFileSync('ldd', ['/bin/dash'], { encoding: 'utf8' });
      for (const file of [...(libraries.match(/\/\S+/g) ?? []), '/bin/dash', '/bin/sleep']) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        copyFileSync(file, join(root, file));
      }
      copyFileSync('/bin/dash', join(root, 'bin/sh'));
      execFileSync('tar', ['-C', join(directory, 'root'), '-cf', join(directory, 'poor.tar'), '.']);
      daemon.docker('import', join(directory, 'poor.tar'), 'berth-poor:1');
      await open({ image: 'berth-poor:1' });
      const { error, detail } = await refused();
      expect(error).toBe('ContainerSetupError');
      expect(detail).toMatch(/"berth-poor:1" lacks what a node needs: awk, .*setsid/);
    });

    it('because its name is none makes the node unusable, and says so', async () => {
      await open({ image: 'No Image' });
      expect(await refused()).toMatchObject({ error: 'ContainerSetupError' });
    });
  });

  it('a node has the image of its pool, the limits of its size, and the environment of its image', async () => {
    await open({ image: 'berth-none:1' });
    const { pool } = engine.catalog.node(1);
    const imageReference = { virtualMachineImageId: daemon.image };
    engine.nodes.set(1, {
      pool: { ...pool, virtualMachineConfiguration: { osType: 'linux', imageReference } },
      nodeSize: { name: 'small', cores: 3, memoryMiB: 48 },
    });
    await engine.node(1);
    const [container = ''] = daemon.containers();
    const format = '{{.HostConfig.Memory}} {{.HostConfig.CpuQuota}}/{{.HostConfig.CpuPeriod}}';
    expect(daemon.docker('inspect', '-f', format, container)).toBe(
      `${48 * 1024 * 1024} 300000/100000`,
    );
    expect(await engine.execute(`sh -c 'test "$FROM_IMAGE" = yes'`)).toMatchObject({ exitCode: 0 });
    // What takes more memory than there is dies, and its node stays.
    expect(await engine.execute("sh -c 'tail /dev/zero'")).toMatchObject({ exitCode: 137 });
    expect(await engine.execute("sh -c 'exit 4'")).toMatchObject({ exitCode: 4 });
  });

  it('keeps what tasks are given out of every command line', async () => {
    await open();
    await engine.node(1);
    const secret = `secret${Math.random()}`;
    const environmentSettings = [{ name: 'TOKEN', value: secret }];
    const seen = join(directory, 'seen');
    const script = `cat /proc/[0-9]*/cmdline >"${seen}" 2>/dev/null; test "$TOKEN"`;
    engine.start(runDetails(`sh -c '${script}'`, { taskId: 'looks', environmentSettings }), 1);
    expect(await engine.end(1)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(seen, 'latin1')).not.toContain(secret);
    expect(daemon.docker('inspect', ...daemon.containers())).not.toContain(secret);
  });

  describe('a container that is paused', () => {
    it('for a while goes on with what it runs', async () => {
      await open({ nodeHeartbeatTimeoutMs: 60_000 });
      const { file, container } = await beating();
      engine.start(runDetails("sh -c 'sleep 1; exit 7'", { taskId: 'ends' }), 2);
      daemon.docker('pause', container);
      await eventually(() => engine.warnings.some((w) => w.includes('docker unpause')));
      // What comes now is done when it goes on.
      engine.start(runDetails("sh -c 'exit 8'", { taskId: 'late' }), 3);
      daemon.docker('unpause', container);
      expect(await engine.end(2)).toMatchObject({ exitCode: 7 });
      expect(await engine.end(3)).toMatchObject({ exitCode: 8 });
      expect(await beats(file)).toBe(true);
      engine.kill(1);
      await engine.end(1);
      expect(await beats(file)).toBe(false);
      expect(engine.reports.filter((r) => r.kind === ReportKind.nodeLost)).toEqual([]);
    });

    it('for too long is lost; when it goes on its old runs are dead before it is ready', async () => {
      await open();
      const { sequence, file, container } = await beating();
      await engine.node(2);
      daemon.docker('pause', container);
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      // It is given to another.
      engine.start(runDetails("sh -c 'exit 3'", { taskId: 'beat' }), 1, 2, 2_001);
      expect(await engine.end(1)).toMatchObject({ sequence: 2_001, exitCode: 3 });
      const before = engine.reports.length;
      daemon.docker('unpause', container);
      await engine.until(() =>
        engine.reports.slice(before).some((r) => r.kind === ReportKind.nodeReady),
      );
      expect(await beats(file)).toBe(false);
      expect(engine.reports.slice(before)).toEqual([
        { kind: ReportKind.nodeReady, node: 1, sequence },
      ]);
      expect(await engine.execute("sh -c 'exit 4'")).toMatchObject({ exitCode: 4 });
    });

    it('is removed when its node is given back', async () => {
      await open();
      const { sequence, container } = await beating();
      daemon.docker('pause', container);
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 50 });
      await engine.nodeAnswer(ReportKind.nodeGone, 50);
      await eventually(() => daemon.containers().length === 0);
    });
  });

  describe('a container that somebody', () => {
    for (const [what, words] of [
      ['kills', ['kill']],
      ['removes', ['rm', '-f']],
    ] as const) {
      it(`${what} is a lost node, which is there again with nothing running on it`, async () => {
        await open();
        const { sequence, file, container } = await beating();
        await engine.node(2);
        const since = performance.now();
        daemon.docker(...words, container);
        await engine.nodeAnswer(ReportKind.nodeLost, sequence);
        expect(performance.now() - since).toBeGreaterThan(3_900);
        expect(engine.warnings.join()).toMatch(/Its container \S+ has (ended|been removed)/);
        engine.start(runDetails("sh -c 'exit 3'", { taskId: 'beat' }), 1, 2, 2_001);
        expect(await engine.end(1)).toMatchObject({ sequence: 2_001, exitCode: 3 });
        const before = engine.reports.length;
        await engine.until(() =>
          engine.reports.slice(before).some((r) => r.kind === ReportKind.nodeReady),
        );
        // A boot as of a node that heals, so that its start task runs.
        expect(engine.reports.slice(before)).toEqual([
          { kind: ReportKind.nodeUnusable, node: 1, sequence },
          { kind: ReportKind.nodeReady, node: 1, sequence },
        ]);
        expect(await beats(file)).toBe(false);
        expect(await engine.execute("sh -c 'exit 4'")).toMatchObject({ exitCode: 4 });
      });

      it(`${what} while nobody looks has lost what it ran, which is not started again`, async () => {
        await open();
        const { file, container } = await beating();
        await engine.executor.close();
        daemon.docker(...words, container);
        const runs = engine.runs;
        await sleep(200);
        const lines = linesOf(file);
        const executor = dockerExecutor(daemon.options());
        engine = new ScriptedEngine(executor, join(directory, 'e'));
        for (const [key, details] of runs) engine.runs.set(key, details);
        const run = { kind: EffectKind.startRun, node: 1, run: 1, sequence: 1_001 };
        await engine.open([run], [1]);
        await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.nodeLost));
        await engine.until(() => engine.reports.some((r) => r.kind === ReportKind.nodeReady));
        await sleep(500);
        expect(linesOf(file)).toBe(lines);
        expect(engine.ended(1)).toEqual([]);
      });
    }

    it('has stopped is removed at once when its node is given back', async () => {
      await open({ nodeHeartbeatTimeoutMs: 600_000 });
      const { container } = await beating();
      daemon.docker('stop', container);
      await eventually(() => engine.warnings.some((w) => w.includes('has ended')));
      engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 50 });
      await engine.nodeAnswer(ReportKind.nodeGone, 50);
      await eventually(() => daemon.containers().length === 0);
    });
  });

  describe('an engine that', () => {
    it('is killed and comes back with its containers: they went on, and what ended is reported once', async () => {
      await open({ nodeHeartbeatTimeoutMs: 60_000 });
      const { file } = await beating();
      engine.start(runDetails("sh -c 'sleep 1; exit 7'", { taskId: 'ends' }), 2);
      await sleep(300);
      await daemon.end('SIGKILL');
      await eventually(() => engine.warnings.some((w) => w.includes('cannot be reached')));
      expect(await beats(file)).toBe(true);
      await sleep(1_000);
      engine.start(runDetails("sh -c 'exit 8'", { taskId: 'late' }), 3);
      await daemon.run(keepsContainers);
      expect(await engine.end(2)).toMatchObject({ exitCode: 7 });
      expect(await engine.end(3)).toMatchObject({ exitCode: 8 });
      engine.kill(1);
      await engine.end(1);
      expect(await beats(file)).toBe(false);
      for (const run of [1, 2, 3]) expect(engine.ended(run)).toHaveLength(1);
      expect(engine.reports.filter((r) => r.kind === ReportKind.nodeLost)).toEqual([]);
    });

    it('ends with its containers: their nodes are lost, and there again when it is', async () => {
      await daemon.end();
      await daemon.run();
      await open();
      const { sequence, file } = await beating();
      await daemon.end();
      expect(await beats(file)).toBe(false);
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      await daemon.run(keepsContainers);
      await engine.until(() => engine.reports.at(-1)?.kind === ReportKind.nodeReady);
      expect(await beats(file)).toBe(false);
      expect(await engine.execute("sh -c 'exit 4'")).toMatchObject({ exitCode: 4 });
    });

    it('is away when a node is given back removes its container when it is there again', async () => {
      await open();
      const { sequence } = await beating();
      await daemon.end('SIGKILL');
      await engine.nodeAnswer(ReportKind.nodeLost, sequence);
      engine.carryOut({ kind: EffectKind.releaseNode, node: 1, sequence: 50 });
      await engine.nodeAnswer(ReportKind.nodeGone, 50);
      await daemon.run(keepsContainers);
      await eventually(() => daemon.containers().length === 0);
    });
  });
});
