import { readFileSync } from 'node:fs';
import type { ResolvedPackage, RunDetails } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { describe, expect, it } from 'vitest';
import type { ContractWorld } from './contract.ts';
import type { ZipFileEntry } from './zip.ts';
import { zipOf } from './zip.ts';

const container = 'packages';
const node = 1;

/** What an executor that has `applicationPackages`, and whose nodes have a POSIX shell, must do (semantics §10). */
export function packagesContract(world: ContractWorld, shell: (script: string) => string): void {
  const { newFile } = world;

  async function uploaded(
    blobName: string,
    content: readonly ZipFileEntry[] | string,
    more: Partial<ResolvedPackage> = {},
  ): Promise<ResolvedPackage> {
    const { blobStore } = world.engine;
    await blobStore.createContainer(container);
    const bytes = typeof content === 'string' ? content : zipOf(content);
    await blobStore.write(container, blobName, bytes);
    const version = { applicationId: 'Tool-1', version: '2.7', isDefault: false };
    return { ...version, content: { autoStorageContainerName: container, blobName }, ...more };
  }
  function program(text: string): ZipFileEntry[] {
    return [
      { name: 'bin/run', content: `#!/bin/sh\necho ${text} "$@"\n` },
      { name: 'data/', mode: 0o040755 },
      { name: 'data/ä b', content: 'x'.repeat(70_000), mode: 0o100644 },
      { name: `data/${'n'.repeat(120)}/deep`, content: 'deep' },
    ];
  }
  /** What a script of a task prints. */
  async function printed(script: string, more: Partial<RunDetails> = {}): Promise<string> {
    const file = newFile();
    const end = await world.engine.execute(shell(`{ ${script}; } >"${file}"`), more);
    expect(end).toMatchObject({ exitCode: 0 });
    return readFileSync(file, 'utf8');
  }
  function boot(kind: 'getNode' | 'rebootNode', sequence: number): void {
    world.engine.carryOut({ kind: EffectKind[kind], node, sequence });
  }

  describe('application packages', () => {
    const variable = '$AZ_BATCH_APP_PACKAGE_Tool_1_2_7';

    it('of a task are unpacked, with their modes, before its command', async () => {
      const packages = [await uploaded('one.zip', program('one'))];
      const script = `"${variable}/bin/run" a; wc -c <"${variable}/data/ä b" | tr -d " "; cat "${variable}"/data/n*/deep; [ -x "${variable}/data/ä b" ] || echo plain`;
      expect(await printed(script, { applicationPackages: { packages } })).toBe(
        'one a\n70000\ndeepplain\n',
      );
    });

    it('of a task are unpacked once for all tasks of the node, also for several at once', async () => {
      const packages = [await uploaded('one.zip', program('one'))];
      const more = { applicationPackages: { packages } };
      const results = [1, 2, 3].map(() => printed(`echo x >>"${variable}/mark"`, more));
      await Promise.all(results);
      await world.engine.blobStore.delete(container, 'one.zip');
      expect(await printed(`cat "${variable}/mark"`, more)).toBe('x\nx\nx\n');
      expect(await printed(`echo "${variable}"`)).toBe('\n');
    });

    it('without a version have a variable without one', async () => {
      const packages = [await uploaded('one.zip', program('one'), { isDefault: true })];
      const script = '"$AZ_BATCH_APP_PACKAGE_Tool_1/bin/run"';
      expect(await printed(script, { applicationPackages: { packages } })).toBe('one\n');
    });

    it('that are missing, no zip file, or not to be unpacked fail the task and say why', async () => {
      const link = { name: 'link', content: '/etc', mode: 0o120777 };
      const bad: [string, readonly ZipFileEntry[] | string][] = [
        ['no zip file', 'this is no zip file'],
        ['relative path', [{ name: '../../evil', content: 'x' }]],
        ['absolute path', [{ name: '/tmp/evil', content: 'x' }]],
        ['no path inside', [{ name: 'a//b', content: 'x' }]],
        ['symbolic link', [link, { name: 'link/x', content: 'x' }]],
        ['twice', [{ name: 'a' }, { name: 'a/b' }]],
        ['checksum', [{ name: 'a', content: 'x', crc: 1 }]],
        ['not plausible', [{ name: 'a', content: 'x', size: 0xf0000000 }]],
        ['zip file that can be read', [{ name: 'a', content: 'xyz', size: 2 }]],
      ];
      for (const [why, content] of bad) {
        const packages = [await uploaded('bad.zip', content)];
        const end = await world.engine.execute(shell('true'), {
          applicationPackages: { packages },
        });
        expect(end, why).toMatchObject({
          failure: 'ApplicationPackageError',
          detail: expect.stringContaining(why),
        });
        expect(end.detail).toContain('Version "2.7" of the application "Tool-1"');
        expect(end.exitCode).toBeUndefined();
      }
      const content = { autoStorageContainerName: container, blobName: 'none.zip' };
      const packages = [await uploaded('other.zip', '', { content })];
      const end = await world.engine.execute(shell('true'), { applicationPackages: { packages } });
      expect(end).toMatchObject({ failure: 'ApplicationPackageError' });
      expect(end.detail).toContain('none.zip');
    });

    it('of a node are there before it is ready, in the environment of all its tasks, and renewed by a reboot', async () => {
      const { engine } = world;
      const applicationPackages = [await uploaded('one.zip', program('one'))];
      engine.nodes.set(node, { applicationPackages });
      boot('rebootNode', 300);
      await engine.nodeAnswer(ReportKind.nodeReady, 300);
      const script = `"${variable}/bin/run"`;
      const more = { environmentSettings: [{ name: variable.slice(1), value: '/nowhere' }] };
      expect(await printed(script, more)).toBe('one\n');
      await uploaded('one.zip', program('two'));
      boot('getNode', 301);
      await engine.nodeAnswer(ReportKind.nodeReady, 301);
      expect(await printed(script)).toBe('one\n');
      boot('rebootNode', 302);
      await engine.nodeAnswer(ReportKind.nodeReady, 302);
      expect(await printed(script)).toBe('two\n');
    });

    it('of a node that cannot be installed make it unusable until a reboot finds them', async () => {
      const { engine } = world;
      const applicationPackages = [await uploaded('one.zip', 'no zip file')];
      engine.nodes.set(node, { applicationPackages });
      boot('rebootNode', 300);
      await engine.nodeAnswer(ReportKind.nodeUnusable, 300);
      const report = engine.reports.find((one) => one.kind === ReportKind.nodeUnusable);
      expect(report).toMatchObject({ node, error: 'ApplicationPackageError' });
      await uploaded('one.zip', program('one'));
      boot('rebootNode', 301);
      await engine.nodeAnswer(ReportKind.nodeReady, 301);
      expect(await printed(`"${variable}/bin/run"`)).toBe('one\n');
    });
  });
}
