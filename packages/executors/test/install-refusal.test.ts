import type { NodeDetails, Report } from '@berth/core';
import { EffectKind, ReportKind } from '@berth/core';
import { perRun } from '@berth/executors';
import { expect, test } from 'vitest';
import { effectBatch, nodeDetails, runDetails } from './scripted-effects.ts';

test('an executor that installs nothing says so of nodes and runs, and launches nothing', async () => {
  const reports: Report[] = [];
  let launched = 0;
  const executor = perRun(async () => {
    launched++;
  });
  const content = { httpUrl: 'https://store/a.zip' };
  const packages = [{ applicationId: 'a', version: '1', isDefault: false, content }];
  const node: NodeDetails = { ...nodeDetails(1), applicationPackages: packages };
  const run = runDetails('true', { applicationPackages: { packages } });
  const catalog = {
    node: () => node,
    run: () => run,
    startTask: () => undefined,
    nodeTask: () => undefined,
    nodeUsers: () => [],
  };
  await executor.open({
    directory: '',
    report: (more: readonly Report[]) => void reports.push(...more),
    heartbeat: () => [],
    setOSVersions: () => {},
    warn: () => {},
    blobStore: {} as never,
    secrets: {} as never,
  });
  executor.carryOut(
    effectBatch(
      [
        { kind: EffectKind.getNode, node: 1, sequence: 1 },
        { kind: EffectKind.startRun, node: 1, run: 0, sequence: 2 },
      ],
      catalog,
    ),
  );
  await Promise.resolve();
  const detail = 'The executor "function" does not install application packages.';
  expect(reports).toEqual([
    {
      kind: ReportKind.nodeUnusable,
      node: 1,
      sequence: 1,
      error: 'ApplicationPackageError',
      detail,
    },
    {
      kind: ReportKind.runEnded,
      run: 0,
      sequence: 2,
      failure: 'ApplicationPackageError',
      detail,
    },
  ]);
  expect(launched).toBe(0);
});
