import { join } from 'node:path';
import { ScriptedEngine as AnyEngine } from '@berth/executors/testing';

export type { Effect } from '@berth/executors/testing';
export { effectBatch, nodeDetails, runDetails } from '@berth/executors/testing';

/** With the directories of the local executor. */
export class ScriptedEngine extends AnyEngine {
  taskDirectory(taskId: string, node = 1, jobId = 'job'): string {
    return join(this.root(node), 'workitems', jobId, 'job-1', taskId);
  }

  root(node = 1): string {
    return join(this.directory, 'executor', 'nodes', 'account', 'pool', `node-${node}`);
  }
}
