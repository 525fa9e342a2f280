import { describe, expect, it } from 'vitest';
import { applicationPackageVariable, Engine, InputBatch } from '../src/index.ts';
import { parseApplicationPackage, parsePool, parseTask } from '../src/spec/index.ts';
import { refusalOf } from './spec/refusal-of.ts';

describe('the variable of a package', () => {
  it('keeps the case of the id on Linux and has underscores where nothing else can stand', () => {
    const name = applicationPackageVariable('linux', 'agent-linux-x64', '1.1.46.0');
    expect(name).toBe('AZ_BATCH_APP_PACKAGE_agent_linux_x64_1_1_46_0');
    expect(applicationPackageVariable('linux', 'Blender')).toBe('AZ_BATCH_APP_PACKAGE_Blender');
  });

  it('is in capitals on Windows, with the version as it is', () => {
    const name = applicationPackageVariable('windows', 'blender', '2.7b-rc.1');
    expect(name).toBe('AZ_BATCH_APP_PACKAGE_BLENDER#2.7b-rc.1');
    expect(applicationPackageVariable('windows', 'a-b')).toBe('AZ_BATCH_APP_PACKAGE_A-B');
  });
});

describe('references at the door', () => {
  const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 0 };

  it('are by id, also where they have the path that the service wants', () => {
    const path = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Batch/batchAccounts/b';
    const references = [{ applicationId: `${path}/applications/blender`, version: '2.7' }];
    expect(parsePool({ ...pool, applicationPackageReferences: references })).toMatchObject({
      applicationPackageReferences: [{ applicationId: 'blender', version: '2.7' }],
    });
  });

  it('leave nothing behind where there are none', () => {
    const none = { applicationPackageReferences: [] };
    expect(parsePool({ ...pool, ...none })).not.toHaveProperty('applicationPackageReferences');
    const task = parseTask({ id: 't', commandLine: 'true', ...none });
    expect(task).not.toHaveProperty('applicationPackageReferences');
  });

  it('are refused with their place', () => {
    const references = [{ applicationId: 'a' }, { applicationId: 'A' }];
    const refusal = refusalOf(() =>
      parseTask({ id: 't', commandLine: 'true', applicationPackageReferences: references }),
    );
    expect(refusal.message).toBe(
      'applicationPackageReferences[1] must not have the environment variable of the reference 0 before it',
    );
  });
});

describe('the content of a version', () => {
  it('has exactly one source', () => {
    const refusal = refusalOf(() => parseApplicationPackage({ version: '1', content: {} }));
    expect(refusal.message).toContain('must have exactly one source');
  });

  it('keeps no secret, and the engine knows its handle as long as a node may ask for it', () => {
    const content = { httpUrl: 'https://store/a.zip?sig=abc' };
    expect(refusalOf(() => parseApplicationPackage({ version: '1', content })).code).toBe(
      'UnsupportedProperty',
    );
    const parsed = parseApplicationPackage({ version: '1', content }, { seal: () => 'h1' });
    expect(parsed.content).toEqual({ httpUrl: 'https://store/a.zip?<secret:h1>' });

    const engine = new Engine();
    const send = (...commands: Parameters<InputBatch['command']>[1][]) => {
      for (const command of commands) {
        expect(engine.apply(InputBatch.of(0, command)).results).toEqual([{}]);
      }
    };
    const named = { applicationId: 'a', version: '1' };
    const references = { applicationPackageReferences: [named] };
    send(
      { type: 'addApplication', application: { id: 'a', allowUpdates: true } },
      { type: 'addApplicationPackage', applicationId: 'a', package: parsed },
      { type: 'activateApplicationPackage', ...named },
    );
    expect([...engine.queries.secretHandles()]).toEqual(['h1']);
    send(
      {
        type: 'addPool',
        pool: parsePool({ ...references, id: 'p', vmSize: 'local', targetDedicatedNodes: 1 }),
      },
      { type: 'deleteApplicationPackage', ...named },
    );
    // The node has been asked for and may not have fetched it yet.
    expect([...engine.queries.secretHandles()]).toEqual(['h1']);
  });
});

it('an application has at most 40 versions', () => {
  const engine = new Engine();
  engine.apply(
    InputBatch.of(0, { type: 'addApplication', application: { id: 'a', allowUpdates: true } }),
  );
  const add = (version: string): string | undefined => {
    const content = { httpUrl: 'https://store/a.zip' };
    const command = { applicationId: 'a', package: { version, content } } as const;
    const added = InputBatch.of(0, { type: 'addApplicationPackage', ...command });
    return engine.apply(added).results[0]?.error?.code;
  };
  for (let version = 1; version <= 40; version++) expect(add(`${version}`)).toBeUndefined();
  expect(add('41')).toBe('ApplicationPackageQuotaReached');
  // An update is no new version.
  expect(add('40')).toBeUndefined();
});
