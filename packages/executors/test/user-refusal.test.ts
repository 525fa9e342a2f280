import type { NodeDetails, PoolSpecification, RunUser } from '@berth/core';
import { ReportKind } from '@berth/core';
import type { ExecutorCapabilities } from '@berth/executors';
import { perRun } from '@berth/executors';
import { expect, test } from 'vitest';
import {
  nodeRefusal,
  nodeTaskRefusal,
  runRefusal,
  startTaskRefusal,
} from '../src/install-refusal.ts';
import { nodeDetails, runDetails } from './scripted-effects.ts';

const executor = (capabilities: Partial<ExecutorCapabilities>): ReturnType<typeof perRun> =>
  perRun(async () => {}, { capabilities });
const admin: RunUser = { autoUser: { scope: 'pool', elevationLevel: 'admin' } };
const account = { name: 'u', password: '<secret:h>', elevationLevel: 'nonadmin' } as const;
const named: RunUser = { userAccount: account };
const missing: RunUser = { error: 'The pool "p" has no user account "u".' };

test.each([
  [
    admin,
    {},
    'The executor "function" runs nothing as an auto user with rights of an administrator.',
  ],
  [admin, { autoUsers: true }, undefined],
  [named, { autoUsers: true }, 'The executor "function" runs nothing as a user account.'],
  [named, { userAccounts: true }, undefined],
  [missing, { userAccounts: true }, 'The pool "p" has no user account "u".'],
  [undefined, {}, undefined],
])('what is to run as %j with %j is not launched: %s', (user, capabilities, detail) => {
  const one = executor(capabilities);
  const run = runDetails('true', user && { user });
  const end = detail && { failure: 'CommandLaunchFailed', detail };
  const { outputFiles: _, ...task } = run;
  expect(runRefusal(one, 1, 2, run)).toEqual(
    end && { kind: ReportKind.runEnded, run: 1, sequence: 2, ...end },
  );
  expect(startTaskRefusal(one, 1, 2, run)).toEqual(
    end && { kind: ReportKind.startTaskEnded, node: 1, sequence: 2, ...end },
  );
  expect(nodeTaskRefusal(one, 1, 2, { ...task, kind: 'jobRelease' })).toEqual(
    end && { kind: ReportKind.nodeTaskEnded, run: 1, sequence: 2, ...end },
  );
});

test('a task whose job chooses a network is not launched where there is none to choose', () => {
  const run = runDetails('true', { networkConfiguration: { subnetId: 's' } });
  expect(runRefusal(executor({}), 1, 2, run)).toMatchObject({ failure: 'CommandLaunchFailed' });
  expect(runRefusal(executor({ networks: true }), 1, 2, run)).toBeUndefined();
});

test.each<[Partial<PoolSpecification>, keyof ExecutorCapabilities]>([
  [{ userAccounts: [account] }, 'userAccounts'],
  [{ mountConfiguration: [] }, 'mounts'],
  [{ networkConfiguration: { subnetId: 's' } }, 'networks'],
])('a node of a pool with %j needs the capability %s', (more, capability) => {
  const plain = nodeDetails(1);
  const node: NodeDetails = { ...plain, pool: { ...plain.pool, ...more } };
  expect(nodeRefusal(executor({}), 1, 2, node)).toMatchObject({
    kind: ReportKind.nodeUnusable,
    error: 'NodePreparationError',
  });
  expect(nodeRefusal(executor({ [capability]: true }), 1, 2, node)).toBeUndefined();
});
