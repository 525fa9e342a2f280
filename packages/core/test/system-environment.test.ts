import { expect, test } from 'vitest';
import { effectiveEnvironment, isSystemVariable, systemVariables } from '../src/index.ts';

// What a task finds in its environment (semantics §1.14, §4.2).

const task = { jobId: 'j', taskId: 't' };

test('settings come first, each name once, and the system has the last word', () => {
  const settings = [
    { name: 'A', value: '1' },
    { name: 'AZ_BATCH_NODE_ID', value: 'mine' },
    { name: 'A', value: '2' },
    { name: 'AZ_BATCH_AUTHENTICATION_TOKEN', value: 'mine' },
  ];
  const environment = effectiveEnvironment(settings, { accountName: 'me', task });
  expect(environment[0]).toEqual({ name: 'A', value: '2' });
  expect(environment.filter(({ value }) => value === 'mine')).toEqual([]);
  const everywhere = systemVariables.filter(({ of }) => of !== 'preparation');
  expect(environment).toHaveLength(1 + everywhere.length);
});

test('the directory of the preparation is told in jobs that have one, and not to that task itself', () => {
  const values = (jobPreparationTaskId?: string, nodeRoot?: string): (string | null)[] =>
    effectiveEnvironment([], {
      accountName: 'me',
      task: { ...task, ...(jobPreparationTaskId !== undefined && { jobPreparationTaskId }) },
      ...(nodeRoot !== undefined && { nodeRoot }),
    })
      .filter(({ name }) => name.startsWith('AZ_BATCH_JOB_PREP_'))
      .map(({ value }) => value);
  expect(values()).toEqual([]);
  expect(values('prep')).toEqual([null, null]);
  expect(values('prep', '/n')).toEqual([
    '/n/workitems/j/job-1/prep',
    '/n/workitems/j/job-1/prep/wd',
  ]);
});

test('null stands for what is not known: the node, or where its executor keeps it', () => {
  const value = (facts: object, name: string): string | null | undefined =>
    effectiveEnvironment([], { accountName: 'me', task, ...facts }).find(
      (one) => one.name === `AZ_BATCH_${name}`,
    )?.value;
  const node = { poolId: 'p', nodeId: 'node-1', isDedicated: false };
  expect(value({}, 'ACCOUNT_NAME')).toBe('me');
  expect(value({}, 'TASK_ID')).toBe('t');
  expect(value({}, 'NODE_ID')).toBe(null);
  expect(value({ node }, 'NODE_IS_DEDICATED')).toBe('false');
  expect(value({ node }, 'TASK_DIR')).toBe(null);
  expect(value({ node, nodeRoot: '/n' }, 'TASK_WORKING_DIR')).toBe('/n/workitems/j/job-1/t/wd');
  expect(value({ node, nodeRoot: '/n' }, 'NODE_SHARED_DIR')).toBe('/n/shared');
});

test('every name of the model is the system’s, also those that nothing is made of yet', () => {
  for (const name of ['CCP_NODES', 'AZ_BATCH_JOB_PREP_DIR', 'AZ_BATCH_POOL_ID']) {
    expect(isSystemVariable(name)).toBe(true);
  }
  expect(isSystemVariable('AZ_BATCH_MINE')).toBe(false);
});
