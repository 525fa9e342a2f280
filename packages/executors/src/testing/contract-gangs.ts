import { readFileSync } from 'node:fs';
import type { MultiInstanceDetails, ResourceFile, RunDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract.ts';
import { runDetails } from './effects.ts';

const sequenceOf = (run: number): number => run + 1_000;

/** What an executor that has `interNodeCommunication` must do (semantics §9). Run n of these is on node n. */
export function gangContract(world: ContractWorld): void {
  const { harness, lines, newFile, appended, beats } = world;
  const { commands } = harness;

  function instance(run: number, commandLine: string, more: Partial<MultiInstanceDetails>): void {
    const details: RunDetails = runDetails(commandLine, {
      taskId: 'gang',
      nodeId: `node-${run}`,
      multiInstance: {
        numberOfInstances: 2,
        coordinationCommandLine: commands.exit(0),
        commonResourceFiles: [],
        instance: run - 1,
        nodeIds: ['node-1', 'node-2'],
        ...more,
      },
    });
    world.engine.start(details, run, run);
  }
  function coordinations(run: number): number {
    const isIt = ({ kind }: { kind: ReportKind }): boolean => kind === ReportKind.coordinated;
    return world.engine.reports.filter((r) => isIt(r) && 'run' in r && r.run === run).length;
  }
  async function coordinated(...runs: number[]): Promise<void> {
    await world.engine.until(() => runs.every((run) => coordinations(run) > 0));
  }
  function startPrimary(): void {
    const effect = { kind: EffectKind.startPrimary, node: 1, run: 1, sequence: sequenceOf(1) };
    world.engine.carryOut(effect);
  }
  async function noneLeft(): Promise<void> {
    for (const run of [1, 2]) {
      if (world.engine.ended(run).length === 0) world.engine.kill(run, 'ended', run);
      await world.engine.end(run);
    }
  }

  describe('instances of a multi-instance task', () => {
    it('coordinate, wait, and the primary goes on with the command', async () => {
      const [met, done] = [newFile(), newFile()];
      for (const run of [1, 2]) {
        instance(run, commands.mark(done), { coordinationCommandLine: commands.mark(met) });
      }
      await coordinated(1, 2);
      expect(lines(met)).toBe(2);
      expect(lines(done)).toBe(0);
      expect([...world.engine.ended(1), ...world.engine.ended(2)]).toEqual([]);
      startPrimary();
      expect(await world.engine.end(1)).toMatchObject({ exitCode: 0 });
      expect(lines(done)).toBe(1);
      expect(world.engine.ended(2)).toEqual([]);
      await noneLeft();
      expect(coordinations(1) + coordinations(2)).toBe(2);
    });

    it('end with the exit code of the coordination, or of the command', async () => {
      instance(2, commands.exit(0), { coordinationCommandLine: commands.exit(7) });
      expect(await world.engine.end(2)).toMatchObject({ exitCode: 7 });
      expect(coordinations(2)).toBe(0);
      instance(1, commands.exit(5), {});
      await coordinated(1);
      startPrimary();
      expect(await world.engine.end(1)).toMatchObject({ exitCode: 5 });
    });

    it('are killed whatever they are at', async () => {
      const [coordinating, running] = [newFile(), newFile()];
      instance(2, commands.exit(0), { coordinationCommandLine: commands.beat(coordinating) });
      instance(1, commands.beat(running), {});
      await coordinated(1);
      startPrimary();
      await appended(coordinating, 2);
      await appended(running, 2);
      await noneLeft();
      expect(await beats(coordinating)).toBe(false);
      expect(await beats(running)).toBe(false);
      expect(coordinations(2)).toBe(0);
    });

    it('may be killed right after they are told to go on', async () => {
      const file = newFile();
      instance(1, commands.beat(file), {});
      await coordinated(1);
      startPrimary();
      world.engine.kill(1);
      expect((await world.engine.end(1)).failure).toBeUndefined();
      expect(await beats(file)).toBe(false);
    });

    const { beatBehind, missing } = commands;
    if (beatBehind !== undefined) {
      it('leave nothing of their coordination behind when they are over', async () => {
        const files = [newFile(), newFile(), newFile()];
        for (const run of [1, 2]) {
          const coordinationCommandLine = beatBehind(files[run] ?? '');
          instance(run, commands.exit(3), { coordinationCommandLine });
        }
        await coordinated(1, 2);
        await appended(files[1] ?? '', 2);
        await appended(files[2] ?? '', 2);
        startPrimary();
        expect(await world.engine.end(1)).toMatchObject({ exitCode: 3 });
        expect(await beats(files[1] ?? '')).toBe(false);
        expect(await beats(files[2] ?? '')).toBe(true);
        await noneLeft();
        expect(await beats(files[2] ?? '')).toBe(false);
      });
    }
    if (beatBehind !== undefined && missing !== undefined) {
      it('nor when the command cannot be launched', async () => {
        const file = newFile();
        instance(1, missing, { coordinationCommandLine: beatBehind(file) });
        await coordinated(1);
        await appended(file, 2);
        startPrimary();
        const end = await world.engine.end(1);
        expect(end.failure).toMatch(/^Command/);
        expect(end.detail).toContain(missing.split(' ')[0]);
        expect(await beats(file)).toBe(false);
      });
    }

    const { shell } = commands;
    if (shell !== undefined) {
      it('have their common files in the directory of the task, the variables, and one output', async () => {
        await world.engine.blobStore.createContainer('input');
        await world.engine.blobStore.write('input', 'data/one', 'common\n');
        await world.engine.blobStore.write('input', 'own', 'own\n');
        const commonResourceFiles: ResourceFile[] = [
          { autoStorageContainerName: 'input', blobPrefix: 'data/' },
        ];
        const [met, done] = [newFile(), newFile()];
        const coordinationCommandLine = shell(`cat ../data/one >>"${met}"; echo first`);
        const names = 'NODE_LIST HOST_LIST MASTER_NODE IS_CURRENT_NODE_MASTER';
        const show = `for n in ${names}; do eval "echo \\$AZ_BATCH_$n"; done; echo "$CCP_NODES"`;
        const command = shell(
          `echo second; { cat own ../stdout.txt "$AZ_BATCH_TASK_SHARED_DIR/data/one"; ${show}; } >"${done}"`,
        );
        for (const run of [1, 2]) {
          instance(run, command, { coordinationCommandLine, commonResourceFiles });
          const details = world.engine.runs.get(`${run}-${sequenceOf(run)}`);
          const resourceFiles = [{ autoStorageContainerName: 'input', blobPrefix: 'own' }];
          if (details !== undefined) Object.assign(details, { resourceFiles });
        }
        await coordinated(1, 2);
        expect(readFileSync(met, 'utf8')).toBe('common\ncommon\n');
        startPrimary();
        expect(await world.engine.end(1)).toMatchObject({ exitCode: 0 });
        const [own, first, second, common, nodes, hosts, master, isMaster, ccp] = readFileSync(
          done,
          'utf8',
        ).split('\n');
        expect([own, first, second, common]).toEqual(['own', 'first', 'second', 'common']);
        const [one = '', two = ''] = ['node-1', 'node-2'].map((node) =>
          world.engine.executor.nodeAddress?.('account', 'pool', node),
        );
        expect(one).not.toBe(two);
        expect([nodes, hosts, master]).toEqual([`${one};${two}`, `${one},${two}`, `${one}:6000`]);
        expect(isMaster).toBe('true');
        expect(ccp).toMatch(new RegExp(`^2 ${one} [1-9]\\d* ${two} [1-9]\\d*$`));
        await noneLeft();
      });

      it('whose common files are missing fail', async () => {
        await world.engine.blobStore.createContainer('input');
        const commonResourceFiles = [{ autoStorageContainerName: 'input' }];
        instance(2, commands.exit(0), { commonResourceFiles });
        expect(await world.engine.end(2)).toMatchObject({ failure: 'BlobNotFound' });
      });
    }

    if (harness.survives) {
      it('are found after a restart, and go on', async () => {
        const [met, done] = [newFile(), newFile()];
        for (const run of [1, 2]) {
          instance(run, commands.mark(done), { coordinationCommandLine: commands.mark(met) });
        }
        await coordinated(1, 2);
        const starts = [1, 2].map((run) => ({
          kind: EffectKind.startRun,
          node: run,
          run,
          sequence: sequenceOf(run),
        }));
        await world.restart(starts);
        await coordinated(1, 2);
        startPrimary();
        expect(await world.engine.end(1)).toMatchObject({ exitCode: 0 });
        await noneLeft();
        expect([lines(met), lines(done)]).toEqual([2, 1]);
      });

      it('are found after a restart where the command runs, was to start, or has ended', async () => {
        const start = { kind: EffectKind.startRun, node: 1, run: 1, sequence: sequenceOf(1) };
        const go = { ...start, kind: EffectKind.startPrimary };
        for (const before of ['start', 'running', 'ended'] as const) {
          const [met, done] = [newFile(), newFile()];
          world.engine.runs.clear();
          const already = world.engine.ended(1).length;
          const command = before === 'running' ? commands.beat(done) : commands.mark(done);
          const sequence = { start: 1_001, running: 1_011, ended: 1_021 }[before];
          const details = runDetails(command, {
            taskId: before,
            multiInstance: {
              numberOfInstances: 1,
              coordinationCommandLine: commands.mark(met),
              commonResourceFiles: [],
              instance: 0,
              nodeIds: ['node-1'],
            },
          });
          const earlier = coordinations(1);
          world.engine.start(details, 1, 1, sequence);
          await world.engine.until(() => coordinations(1) > earlier);
          if (before !== 'start') {
            world.engine.carryOut({ ...go, sequence });
            await appended(done);
          }
          await world.restart([
            { ...start, sequence },
            { ...go, sequence },
          ]);
          if (before === 'running') {
            expect(await beats(done)).toBe(true);
            world.engine.kill(1, 'ended', 1, sequence);
          }
          await world.engine.until(() =>
            world.engine.ended(1).some((r) => r.sequence === sequence),
          );
          expect(lines(met)).toBe(1);
          if (before === 'running') expect(await beats(done)).toBe(false);
          else expect(lines(done)).toBe(1);
          expect(already).toBeLessThan(3);
        }
      });
    }
  });
}
