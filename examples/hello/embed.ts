import { text } from 'node:stream/consumers';
import { openBatch } from '@berth/berth';

await using batch = await openBatch({ directory: 'state' });
await batch.pools.add({ id: 'here', vmSize: 'local', targetDedicatedNodes: 2 });
const job = await batch.jobs.add({ id: 'squares', poolInfo: { poolId: 'here' } });

const container = { autoStorageContainerName: 'results' };
const uploadOptions = { uploadCondition: 'tasksuccess' } as const;
await batch.storage.createContainer(container.autoStorageContainerName);
const tasks = [7, 8, 9].map((n) => ({
  id: `square-${n}`,
  commandLine: `sh -c 'echo $((${n} * ${n})) > ${n}.txt'`,
  outputFiles: [{ filePattern: '*.txt', destination: { container }, uploadOptions }],
}));
const refused = await job.tasks.addMany(tasks);
await job.patch({ onAllTasksComplete: 'terminatejob' });
const { executionInfo } = await job.done();

console.log(executionInfo.terminateReason, refused, job.taskCounts().taskCounts);
for await (const { name } of batch.storage.list('results')) {
  console.log(name, (await text(await batch.storage.read('results', name))).trim());
}
