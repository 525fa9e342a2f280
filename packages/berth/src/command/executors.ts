import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BatchError } from '@berth/core';
import type { JobFile } from '@berth/core/spec';
import type { Executor } from '@berth/executors';
import { dockerExecutor, localExecutor } from '@berth/executors';
import { demandFile } from '../install-demands.ts';
import { demandPool } from '../pool-executor.ts';

/** What a job file can name: executors that need no more than that. */
const named: Readonly<Record<string, () => Executor>> = {
  local: localExecutor,
  docker: dockerExecutor,
};

/**
 * Before anything of it is there: that it names an executor, and asks for nothing that this one cannot do.
 * @throws BatchError `InvalidPropertyValue`, `OperationNotValidOnPool`
 */
export function demandRunnable(file: JobFile, name: string): void {
  const create = named[file.pool.executor];
  if (create === undefined) {
    throw new BatchError({
      code: 'InvalidPropertyValue',
      message: `${name}: pool.executor must be "local" or "docker"; there is no executor ${JSON.stringify(file.pool.executor)} here`,
    });
  }
  const executor = create();
  try {
    demandPool(executor, file.pool, 'pool.');
    demandFile(executor, file);
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    throw new BatchError({ code: error.code, message: `${name}: ${error.message}` });
  }
}

/** The one that the pool names, and those that an earlier run in this state directory had: their nodes are given back. */
export function executorsOf(executor: string, stateDirectory: string): Executor[] {
  return Object.entries(named)
    .filter(([name]) => name === executor || wasUsed(name, stateDirectory))
    .map(([, create]) => create());
}

function wasUsed(executor: string, stateDirectory: string): boolean {
  return existsSync(join(stateDirectory, 'executors', executor));
}
