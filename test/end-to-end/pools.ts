/**
 * A job on nodes of this machine, one on hosts over SSH, one in containers, run to their end; after a kill, called again, it
 * goes on. Arguments: state directory, tasks of each job, file that each task appends its name to, options of the
 * executors beside the local one.
 */
import { openBatch } from '@berth/berth';
import type { DockerOptions, SshOptions } from '@berth/executors';
import { dockerExecutor, localExecutor, sshExecutor } from '@berth/executors';

const [directory = '', tasks = '0', ran = '', options = ''] = process.argv.slice(2);
const { ssh, docker } = JSON.parse(options) as { ssh?: SshOptions; docker?: DockerOptions };

const executors = [localExecutor()];
if (ssh !== undefined) executors.push(sshExecutor(ssh));
if (docker !== undefined) executors.push(dockerExecutor(docker));
const names = executors.map(({ name }) => name);
await using batch = await openBatch({ directory, executors });
const known = new Set<string>();
for await (const { id } of batch.jobs.list()) known.add(id);
for (const executor of names) {
  if (known.has(executor)) continue;
  await batch.pools.add({
    id: executor,
    vmSize: 'local',
    targetDedicatedNodes:
      executor === 'ssh' ? (ssh?.hosts.length ?? 0) : executor === 'docker' ? 2 : 1,
    taskSlotsPerNode: 2,
    executor,
  });
  const job = await batch.jobs.add({ id: executor, poolInfo: { poolId: executor } });
  await job.tasks.addMany(
    Array.from({ length: Number(tasks) }, (_, i) => ({
      id: `t${i}`,
      commandLine: `sh -c 'echo ${executor}-${i} >>"${ran}"; sleep 0.0${i % 10}; exit ${i % 3}'`,
    })),
  );
  await job.patch({ onAllTasksComplete: 'terminatejob' });
}
process.stdout.write('open\n'); // it may be killed from now on
for (const executor of names) {
  const job = batch.jobs.get(executor);
  await job.done();
  const codes: number[] = [];
  for await (const { executionInfo } of job.tasks.list()) codes.push(executionInfo.exitCode ?? -1);
  process.stdout.write(`${executor} ${codes.reduce((sum, code) => sum + code, 0)}\n`);
}
for (const executor of names) {
  await batch.pools.delete(executor);
  await batch.pools.gone(executor);
}
process.stdout.write('gone\n');
