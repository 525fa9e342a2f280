import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '@berth/berth';
import { openBatch, perRun } from '@berth/berth';
import { revealSecrets } from '@berth/executors';
import { zipOf } from '@berth/executors/testing';
import { expect, test, vi } from 'vitest';
import { temporaryDirectory } from './berth.ts';

// What nodes install, from the client to the executor and back.

const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 1, executor: 'function' };
const content = { autoStorageContainerName: 'packages', blobName: 'a.zip' };
const applicationPackageReferences = [{ applicationId: 'a', version: '1' }];
const certificate = { thumbprintAlgorithm: 'sha1', thumbprint: 'ab12' } as const;
const refused = expect.objectContaining({ name: 'BatchError', code: 'OperationNotValidOnPool' });

async function withPackage(batch: Batch): Promise<Batch> {
  await batch.applications.add({ id: 'a' });
  await batch.applications.addPackage('a', { version: '1', content });
  const refusal = expect.objectContaining({ name: 'BatchError', code: 'BlobNotFound' });
  await expect(batch.applications.activatePackage('a', '1')).rejects.toEqual(refusal);
  await batch.storage.createContainer(content.autoStorageContainerName);
  await batch.storage.write(content.autoStorageContainerName, content.blobName, 'zip');
  await batch.applications.activatePackage('a', '1');
  await batch.certificates.add({ ...certificate, data: 'c2VjcmV0', password: 'pa55' });
  return batch;
}

test('pools and tasks that name what their executor does not install are refused, and nothing is lost', async () => {
  await using batch = await withPackage(
    await openBatch({
      directory: temporaryDirectory(),
      executors: [perRun(async () => {})],
      warn: () => {},
    }),
  );
  await expect(batch.pools.add({ ...pool, applicationPackageReferences })).rejects.toEqual(refused);
  await expect(batch.pools.add({ ...pool, certificateReferences: [certificate] })).rejects.toEqual(
    refused,
  );
  const { id: _, ...autoPool } = { ...pool, applicationPackageReferences };
  const autoPoolSpecification = { poolLifetimeOption: 'job' as const, pool: autoPool };
  await expect(batch.jobs.add({ id: 'j', poolInfo: { autoPoolSpecification } })).rejects.toEqual(
    refused,
  );
  await batch.pools.add(pool);
  await expect(batch.pools.patch('p', { applicationPackageReferences })).rejects.toEqual(refused);
  await expect(
    batch.pools.updateProperties('p', { certificateReferences: [certificate] }),
  ).rejects.toEqual(refused);
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const task = { id: 't', commandLine: 'true', applicationPackageReferences };
  await expect(job.tasks.add(task)).rejects.toEqual(refused);
  const { id: __, ...repeatTask } = task;
  await expect(
    job.tasks.addFactory({
      type: 'parametricSweep',
      parameterSets: [{ start: 1, end: 2 }],
      repeatTask,
    }),
  ).rejects.toEqual(refused);
  const refusals = await job.tasks.addMany([task, { id: 'u', commandLine: 'true' }]);
  expect(refusals).toMatchObject([
    { index: 0, taskId: 't', error: { code: 'OperationNotValidOnPool' } },
  ]);
});

test('a task of a job that comes to a pool that installs nothing ends with ApplicationPackageError', async () => {
  await using batch = await withPackage(
    await openBatch({
      directory: temporaryDirectory(),
      executors: [perRun(async () => {})],
      warn: () => {},
    }),
  );
  const job = await batch.jobs.add({
    id: 'j',
    poolInfo: { poolId: 'p' },
    onAllTasksComplete: 'noaction',
  });
  await job.tasks.add({ id: 't', commandLine: 'true', applicationPackageReferences });
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await batch.pools.add(pool);
  await job.done();
  expect(job.tasks.get('t').executionInfo.failureInfo).toMatchObject({
    category: 'usererror',
    code: 'ApplicationPackageError',
    details: [
      { name: 'Reason', value: 'The executor "function" does not install application packages.' },
    ],
  });
});

test('an executor that can gets the certificates with their secrets, the packages of the node, and those of the task', async () => {
  const installed: string[] = [];
  const directory = temporaryDirectory();
  const executor = perRun(
    async ({ taskId, applicationPackages }) => {
      const packages = applicationPackages?.packages ?? [];
      installed.push(`${taskId}: ${packages.map(({ version }) => version).join()}`);
    },
    {
      capabilities: { applicationPackages: true, certificates: true },
      async prepareNode({ nodeId, certificates, applicationPackages }, { secrets }) {
        for (const { data, password } of certificates) {
          installed.push(
            await revealSecrets(data, secrets),
            await revealSecrets(password ?? '', secrets),
          );
        }
        for (const { applicationId, version } of applicationPackages) {
          installed.push(`${nodeId}: ${applicationId} ${version}`);
        }
      },
    },
  );
  await using batch = await withPackage(
    await openBatch({ directory, executors: [executor], warn: () => {} }),
  );
  await batch.pools.add({
    ...pool,
    applicationPackageReferences,
    certificateReferences: [certificate],
  });
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  await job.tasks.add({ id: 't', commandLine: 'x', applicationPackageReferences });
  await job.tasks.add({
    id: 'none',
    commandLine: 'x',
    applicationPackageReferences: [{ applicationId: 'a' }],
  });
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  expect(installed).toEqual(['c2VjcmV0', 'pa55', 'node-1: a 1', 't: 1']);
  expect(job.tasks.get('none').executionInfo.failureInfo).toMatchObject({
    code: 'ApplicationPackageError',
    details: [
      {
        name: 'Reason',
        value: 'The application "a" has no default version: set one, or name a version.',
      },
    ],
  });
  expect(batch.pools.node('p', 'node-1').get().certificateReferences).toMatchObject([
    { thumbprint: 'ab12', storeName: 'My' },
  ]);
  await batch.certificates.delete(certificate);
  expect(batch.certificates.get(certificate)).toMatchObject({
    state: 'deletefailed',
    deleteCertificateError: { code: 'CertificateInUse' },
  });
});

test('the secrets of a certificate and of a package are gone with them', async () => {
  const directory = temporaryDirectory();
  await using batch = await withPackage(await openBatch({ directory, warn: () => {} }));
  const secrets = (): number => readdirSync(join(directory, 'secrets')).length;
  const before = secrets();
  await batch.certificates.delete(certificate);
  await vi.waitFor(() => expect(secrets()).toBe(before - 1), { timeout: 10_000 });
  const httpUrl = 'https://store.example/a.zip?sig=abc';
  await batch.applications.addPackage('a', { version: '2', content: { httpUrl } });
  expect(secrets()).toBe(before);
  await batch.applications.deletePackage('a', '2');
  await vi.waitFor(() => expect(secrets()).toBe(before - 1), { timeout: 10_000 });
});

test('a zip file is uploaded, unpacked on local nodes before their tasks, and deleted with its version', async () => {
  await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
  const zip = (text: string): Buffer =>
    zipOf([
      { name: 'bin/tool', content: `#!/bin/sh\necho ${text} >>"$AZ_BATCH_NODE_SHARED_DIR/log"\n` },
    ]);
  await batch.applications.add({ id: 'Tool', displayName: 'A tool' });
  await expect(
    batch.applications.uploadPackage('tool', '1.0', Buffer.from('no zip')),
  ).rejects.toMatchObject({
    code: 'InvalidPropertyValue',
    message: expect.stringContaining('zip'),
  });
  expect(batch.applications.get('tool').packages).toEqual([]);
  await batch.applications.uploadPackage('tool', '1.0', zip('one'));
  await batch.applications.uploadPackage('tool', '2.0', zip('two'));
  await batch.applications.patch('tool', { defaultVersion: '1.0' });
  expect(batch.applications.get('tool').versions).toEqual(['1.0', '2.0']);
  const { executor: _, ...local } = pool;
  await batch.pools.add({ ...local, applicationPackageReferences: [{ applicationId: 'tool' }] });
  const job = await batch.jobs.add({ id: 'j', poolInfo: { poolId: 'p' } });
  const [first, second] = ['$AZ_BATCH_APP_PACKAGE_Tool', '$AZ_BATCH_APP_PACKAGE_Tool_2_0'];
  await job.tasks.add({
    id: 't',
    commandLine: `sh -c '"${first}/bin/tool" && "${second}/bin/tool" && cat "$AZ_BATCH_NODE_SHARED_DIR/log"'`,
    applicationPackageReferences: [{ applicationId: 'tool', version: '2.0' }],
  });
  await job.patch({ onAllTasksComplete: 'terminatejob' });
  await job.done();
  expect(job.tasks.get('t').executionInfo).toMatchObject({ exitCode: 0 });
  const blobs = async (): Promise<number> => {
    let count = 0;
    for await (const _ of batch.storage.list('application-packages')) count++;
    return count;
  };
  expect(await blobs()).toBe(2);
  await batch.applications.deletePackage('tool', '2.0');
  expect(await blobs()).toBe(1);
});

test('a local node whose package is no zip file is unusable, and says so', async () => {
  await using batch = await openBatch({ directory: temporaryDirectory(), warn: () => {} });
  await withPackage(batch);
  const { executor: _, ...local } = pool;
  await batch.pools.add({ ...local, applicationPackageReferences });
  await vi.waitFor(() => expect(batch.pools.nodes('p')[0]?.state).toBe('unusable'), 30_000);
  expect(batch.pools.nodes('p')[0]?.errors).toMatchObject([{ code: 'ApplicationPackageError' }]);
});
