import type { NodeTaskDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract.ts';
import { runDetails } from './effects.ts';

const node = 1;

type NodeTaskEnded = Extract<
  ContractWorld['engine']['reports'][number],
  { kind: typeof ReportKind.nodeTaskEnded }
>;

/** What every executor does with preparation and release tasks of jobs (semantics §8). */
export function nodeTasksContract(world: ContractWorld): void {
  const { harness, newFile, appended, beats } = world;
  const { commands } = harness;

  function start(commandLine: string, sequence: number, kind: NodeTaskDetails['kind']): void {
    const { outputFiles: _, ...details } = runDetails(commandLine, { taskId: kind });
    world.engine.nodeTasks.set(`7-${sequence}`, { ...details, kind });
    const isPreparation = kind === 'jobPreparation';
    world.engine.carryOut({
      kind: isPreparation ? EffectKind.runJobPreparation : EffectKind.runJobRelease,
      ...{ node, run: 7, sequence },
    });
  }
  function ended(sequence: number): NodeTaskEnded[] {
    return world.engine.reports.filter(
      (report): report is NodeTaskEnded =>
        report.kind === ReportKind.nodeTaskEnded && report.sequence === sequence,
    );
  }
  async function end(sequence: number): Promise<NodeTaskEnded | undefined> {
    await world.engine.until(() => ended(sequence).length > 0);
    return ended(sequence)[0];
  }

  describe('a preparation or release task', () => {
    it('reports its exit code', async () => {
      for (const [sequence, kind, exitCode] of [
        [200, 'jobPreparation', 0] as const,
        [201, 'jobRelease', 3] as const,
      ]) {
        start(commands.exit(exitCode), sequence, kind);
        expect(await end(sequence)).toMatchObject({ run: 7, exitCode });
      }
    });

    it('that is killed ends, and says so', async () => {
      const file = newFile();
      start(commands.beat(file), 200, 'jobPreparation');
      await appended(file, 2);
      world.engine.carryOut({ kind: EffectKind.killNodeTask, node, run: 7, sequence: 200 });
      await end(200);
      expect(await beats(file)).toBe(false);
    });

    it.runIf(harness.restarts ?? true)('ends when the node starts again', async () => {
      const file = newFile();
      start(commands.beat(file), 200, 'jobRelease');
      await appended(file, 2);
      world.engine.carryOut({ kind: EffectKind.rebootNode, node, sequence: 300 });
      await world.engine.nodeAnswer(ReportKind.nodeReady, 300);
      expect(await beats(file)).toBe(false);
    });

    it('is there or lost after a restart, and ended once', async () => {
      const file = newFile();
      start(commands.mark(file), 200, 'jobPreparation');
      await end(200);
      start(commands.exitLater(300, 4), 201, 'jobPreparation');
      await world.restart([{ kind: EffectKind.runJobPreparation, node, run: 7, sequence: 201 }]);
      const report = await end(201);
      if (report?.exitCode !== undefined) expect(report.exitCode).toBe(4);
      expect(ended(201)).toHaveLength(1);
    });
  });
}
