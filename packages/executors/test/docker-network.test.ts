import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { dockerExecutor } from '@berth/executors';
import { nodeDetails, runDetails, ScriptedEngine } from '@berth/executors/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canRunEngine, DockerDaemon } from './docker-daemon.ts';

let daemon: DockerDaemon;
let directory: string;
let engine: ScriptedEngine;
let runs = 0;

describe.skipIf(!canRunEngine)('in containers', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    daemon = await DockerDaemon.start();
    directory = mkdtempSync(join(tmpdir(), 'berth docker-'));
    engine = await new ScriptedEngine(
      dockerExecutor(daemon.options()),
      join(directory, 'e'),
    ).open();
    communicate('one', 1, 2);
    communicate('two', 3);
    engine.nodes.set(4, { ...nodeDetails(4, 'alone') });
    for (const node of [1, 2, 3, 4]) await engine.node(node);
  }, 180_000);
  afterAll(async () => {
    for (const node of [1, 2, 3, 4]) {
      engine.carryOut({ kind: EffectKind.releaseNode, node, sequence: 900 + node });
      await engine.nodeAnswer(ReportKind.nodeGone, 900 + node);
    }
    // With the last node of a pool goes its network.
    const left = daemon.docker('network', 'ls', '--format', '{{.Name}}');
    await engine.dispose();
    await daemon.dispose();
    rmSync(directory, { recursive: true, force: true });
    expect(left.split('\n').sort()).toEqual(['host', 'none']);
  }, 120_000);

  function communicate(poolId: string, ...nodes: number[]): void {
    for (const node of nodes) {
      const details: NodeDetails = nodeDetails(node, poolId);
      engine.nodes.set(node, {
        ...details,
        pool: { ...details.pool, enableInterNodeCommunication: true },
      });
    }
  }

  /** Whether something on `from` reaches a port of `to`. */
  async function reaches(from: number, address: string, port: number): Promise<boolean> {
    const command = `sh -c 'nc -w 2 ${address} ${port} </dev/null >/dev/null'`;
    const run = 100 + runs++;
    engine.start(runDetails(command, { taskId: `t${run}`, nodeId: `node-${from}` }), run, from);
    return (await engine.end(run)).exitCode === 0;
  }

  it('nodes of a pool that communicates reach one another by address and by id, and no other pool does', async () => {
    const address = engine.executor.nodeAddress?.('account', 'one', 'node-2') ?? '';
    expect(address).toMatch(/^172\.|^192\.168\.|^10\./);
    const listen = runDetails("sh -c 'while :; do nc -l -p 5000 -e true; done'", {
      nodeId: 'node-2',
    });
    engine.start(listen, 1, 2);
    while (!(await reaches(2, address, 5000))) await sleep(50);
    expect(await reaches(1, address, 5000)).toBe(true);
    expect(await reaches(1, 'node-2', 5000)).toBe(true);
    expect(await reaches(3, address, 5000)).toBe(false);
    expect(await reaches(4, address, 5000)).toBe(false);
    engine.kill(1, 'ended', 2);
    await engine.end(1);
  });

  it('nodes of a pool that does not have no network at all', async () => {
    const interfaces = join(directory, 'interfaces');
    const details = runDetails(`sh -c 'ls /sys/class/net >"${interfaces}"'`, { nodeId: 'node-4' });
    engine.start(details, 2, 4);
    expect(await engine.end(2)).toMatchObject({ exitCode: 0 });
    expect(readFileSync(interfaces, 'utf8')).toBe('lo\n');
  });
});
