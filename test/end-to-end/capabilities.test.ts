import type { Batch, Executor } from '@berth/berth';
import { openBatch, perRun } from '@berth/berth';
import { expect, test } from 'vitest';
import { temporaryDirectory, until } from './berth.ts';

// What an executor cannot do is refused before anything is lost.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, executor: 'function' };

function open(executor: Executor, directory: string = temporaryDirectory()): Promise<Batch> {
  return openBatch({ directory, executors: [executor], warn: () => {} });
}

function codeOf(code: string): object {
  return expect.objectContaining({ name: 'BatchError', code });
}

test('a pool whose nodes must reach one another is refused where they cannot, also with a job', async () => {
  await using batch = await open(perRun(async () => {}));
  const wanted = { ...pool, enableInterNodeCommunication: true };
  await expect(batch.pools.add(wanted)).rejects.toEqual(codeOf('OperationNotValidOnPool'));
  const { id: _, ...autoPool } = wanted;
  const poolInfo = {
    autoPoolSpecification: { poolLifetimeOption: 'job' as const, pool: autoPool },
  };
  await expect(batch.jobs.add({ id: 'j', poolInfo })).rejects.toEqual(
    codeOf('OperationNotValidOnPool'),
  );
  expect(batch.pools.list()).toEqual([]);
});

test('low-priority nodes are refused where there are none', async () => {
  await using batch = await open(perRun(async () => {}, { capabilities: { lowPriority: false } }));
  const refused = codeOf('OperationNotValidOnPool');
  await expect(batch.pools.add({ ...pool, targetLowPriorityNodes: 1 })).rejects.toEqual(refused);
  await batch.pools.add(pool);
  await batch.pools.steady('p');
  await expect(batch.pools.resize('p', { targetLowPriorityNodes: 1 })).rejects.toEqual(refused);
  await batch.pools.resize('p', { targetDedicatedNodes: 2 });
});

test('a formula that wants them ends with a resize error', async () => {
  await using batch = await open(perRun(async () => {}, { capabilities: { lowPriority: false } }));
  const { targetDedicatedNodes: _, ...rest } = pool;
  const autoScaleFormula = '$TargetLowPriorityNodes = 1;';
  await batch.pools.add({ ...rest, enableAutoScale: true, autoScaleFormula });
  await batch.pools.steady('p');
  expect(batch.pools.get('p').resizeErrors?.map(({ code }) => code)).toEqual(['AllocationFailed']);
});

test('a node is not rebooted or reimaged where the executor cannot', async () => {
  const capabilities = { reboot: false, reimage: false };
  await using batch = await open(perRun(async () => {}, { capabilities }));
  await batch.pools.add(pool);
  await batch.pools.steady('p');
  const node = batch.pools.node('p', 'node-1');
  await expect(node.reboot()).rejects.toEqual(codeOf('OperationNotValidOnNode'));
  await expect(node.reimage()).rejects.toEqual(codeOf('OperationNotValidOnNode'));
  await expect(batch.pools.node('q', 'node-1').reboot()).rejects.toEqual(codeOf('PoolNotFound'));
});

test('a pool with windows ends with UnsupportedVMSize where there is none, also after a restart', async () => {
  const directory = temporaryDirectory();
  const virtualMachineConfiguration = { nodeAgentSKUId: 'batch.node.windows amd64' };
  {
    await using batch = await open(
      perRun(async () => {}),
      directory,
    );
    await batch.pools.add({ ...pool, virtualMachineConfiguration });
    await batch.pools.steady('p');
    const { targetDedicatedNodes, resizeErrors } = batch.pools.get('p');
    expect(resizeErrors).toEqual([
      {
        code: 'UnsupportedVMSize',
        message: 'The executor "function" has no nodes with windows, only with linux.',
      },
    ]);
    expect(targetDedicatedNodes).toBe(1);
  }
  await using again = await open(
    perRun(async () => {}),
    directory,
  );
  await again.pools.resize('p', { targetDedicatedNodes: 2 });
  await again.pools.steady('p');
  expect(again.pools.get('p').resizeErrors?.[0]?.code).toBe('UnsupportedVMSize');
});

test('an executor that has windows gets the pool', async () => {
  const capabilities = { osTypes: ['linux', 'windows'] as const };
  await using batch = await open(perRun(async () => {}, { capabilities }));
  await batch.pools.add({ ...pool, virtualMachineConfiguration: { osType: 'windows' } });
  await batch.pools.steady('p');
  expect(batch.pools.get('p').resizeErrors).toBeUndefined();
});

test('a pool comes to another version of its operating system, and by itself to the newest after a restart', async () => {
  const directory = temporaryDirectory();
  const with_ = (...versions: string[]): Executor =>
    perRun(async () => {}, { capabilities: { osVersions: { '4': versions } } });
  const cloudServiceConfiguration = { osFamily: '4', targetOSVersion: '1' };
  {
    await using batch = await open(with_('1', '2'), directory);
    await batch.pools.add({ ...pool, cloudServiceConfiguration });
    await batch.pools.add({ ...pool, id: 'q', cloudServiceConfiguration: { osFamily: '4' } });
    const unknown = { osFamily: '5' };
    await expect(
      batch.pools.add({ ...pool, id: 'r', cloudServiceConfiguration: unknown }),
    ).rejects.toEqual(codeOf('InvalidPropertyValue'));
    await batch.pools.steady('p');
    await batch.pools.steady('q');
    await batch.pools.upgradeOS('p', { targetOSVersion: '2' });
    await batch.pools.upgraded('p');
    const { targetOSVersion, currentOSVersion } =
      batch.pools.get('p').cloudServiceConfiguration ?? {};
    expect([targetOSVersion, currentOSVersion]).toEqual(['2', '2']);
    await expect(batch.pools.upgradeOS('p', { targetOSVersion: '3' })).rejects.toEqual(
      codeOf('OSVersionNotFound'),
    );
  }
  await using again = await open(with_('1', '2', '3'), directory);
  await again.pools.upgraded('q');
  const versions = ['p', 'q'].map((id) => again.pools.get(id).cloudServiceConfiguration);
  expect(versions.map((one) => one?.currentOSVersion)).toEqual(['2', '3']);
});

test('accounts on nodes are refused where the executor has none, and no secret is kept', async () => {
  await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
  const { executor: _, ...local } = pool;
  await batch.pools.add(local);
  await batch.pools.steady('p');
  const node = batch.pools.node('p', 'node-1');
  const user = { name: 'u', password: 'secret' };
  const refused = codeOf('OperationNotValidOnNode');
  await expect(node.addUser(user)).rejects.toEqual(refused);
  await expect(node.updateUser(user)).rejects.toEqual(refused);
  await expect(node.deleteUser('u')).rejects.toEqual(refused);
  await expect(node.remoteLoginSettings()).rejects.toEqual(refused);
  expect(node.users()).toEqual([]);
});

test('a node of functions is deallocated, and started again under its id', async () => {
  await using batch = await open(perRun(async () => {}));
  await batch.pools.add(pool);
  await batch.pools.steady('p');
  const node = batch.pools.node('p', 'node-1');
  await expect(node.start()).rejects.toEqual(codeOf('OperationInvalidForCurrentState'));
  await node.deallocate();
  await until(() => node.get().state === 'deallocated', 'the deallocation');
  await node.start();
  await until(() => node.get().state === 'idle', 'the start');
});
