import { describe, expect, it } from 'vitest';
import {
  parseJob,
  parsePool,
  parseTask,
  parseTaskFactory,
  parseTasks,
} from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const task = { id: 't', commandLine: 'true' };
const identity = (given: object): unknown => {
  const { userIdentity } = parseTask({ ...task, ...given });
  return userIdentity;
};
const auto = (scope: string, elevationLevel: string): object => ({
  autoUser: { scope, elevationLevel },
});

describe('a user identity', () => {
  it('is none where it asks for the user that runs everything else', () => {
    expect(parseTask(task)).not.toHaveProperty('userIdentity');
    for (const given of [{ autoUser: {} }, { autoUser: { scope: 'Pool' } }]) {
      expect(parseTask({ ...task, userIdentity: given })).not.toHaveProperty('userIdentity');
    }
    expect(parseTask({ ...task, runElevated: false })).not.toHaveProperty('userIdentity');
  });

  it('names an account or an auto user, whose defaults are filled in', () => {
    expect(identity({ userIdentity: { userName: 'Ångström' } })).toEqual({ userName: 'Ångström' });
    expect(identity({ userIdentity: { autoUser: { scope: 'task' } } })).toEqual(
      auto('task', 'nonadmin'),
    );
    expect(identity({ userIdentity: { autoUser: { elevationLevel: 'Admin' } } })).toEqual(
      auto('pool', 'admin'),
    );
  });

  it('is that of an administrator under its name of 2016', () => {
    expect(identity({ runElevated: true })).toEqual(auto('pool', 'admin'));
    expect(parseTask({ ...task, runElevated: true })).not.toHaveProperty('runElevated');
  });

  it('may be given under both names if they agree', () => {
    const admin = auto('pool', 'admin');
    expect(identity({ runElevated: true, userIdentity: admin })).toEqual(admin);
    expect(refusalOf(() => identity({ runElevated: false, userIdentity: admin }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'runElevated',
    });
  });

  it.each([
    ['userIdentity', {}],
    ['userIdentity.autoUser', { userName: 'u', autoUser: {} }],
    ['userIdentity.userName', { userName: '' }],
    ['userIdentity.userName', { userName: 'x'.repeat(21) }],
    ['userIdentity.autoUser.scope', { autoUser: { scope: 'job' } }],
    ['userIdentity.autoUser.elevationLevel', { autoUser: { elevationLevel: 'root' } }],
  ])('%s is refused in %j', (path, userIdentity) => {
    expect(refusalOf(() => parseTask({ ...task, userIdentity }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path,
    });
  });

  it('stands in every task that has a command line', () => {
    const userIdentity = { userName: 'u' };
    const special = { commandLine: 'true', userIdentity };
    const pool = parsePool({ id: 'p', vmSize: 'A1', targetDedicatedNodes: 0, startTask: special });
    expect(pool.startTask?.userIdentity).toEqual(userIdentity);
    const job = parseJob({
      id: 'j',
      poolInfo: { poolId: 'p' },
      jobManagerTask: { id: 'm', ...special },
      jobPreparationTask: special,
      jobReleaseTask: { commandLine: 'true', runElevated: true },
    });
    expect(job.jobManagerTask?.userIdentity).toEqual(userIdentity);
    expect(job.jobPreparationTask?.userIdentity).toEqual(userIdentity);
    expect(job.jobReleaseTask?.userIdentity).toEqual(auto('pool', 'admin'));
    const factory = parseTaskFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 2 }],
      repeatTask: special,
    });
    expect(factory.repeatTask.userIdentity).toEqual(userIdentity);
    expect(parseTasks([{ id: 't', ...special }])).toEqual([
      expect.objectContaining({ userIdentity }),
    ]);
  });
});
