import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BatchError } from '@berth/core';
import type { Executor } from '@berth/executors';
import { dockerExecutor, localExecutor } from '@berth/executors';

/** What a job file can name: executors that need no more than that. */
const named: Readonly<Record<string, () => Executor>> = {
  local: localExecutor,
  docker: dockerExecutor,
};

/** @throws BatchError `InvalidPropertyValue` */
export function demandNamed(executor: string, file: string): void {
  if (named[executor] !== undefined) return;
  throw new BatchError({
    code: 'InvalidPropertyValue',
    message: `${file}: pool.executor must be "local" or "docker"; there is no executor ${JSON.stringify(executor)} here`,
  });
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
