import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Workflow } from '@berth/core/spec';
import { parseWorkflow } from '@berth/core/spec';
import { InputError } from './command-line.ts';

/** The file cannot be read, or is no WfFormat 1.5. The message names file and property. */
export class WorkflowError extends InputError {}

export interface NamedWorkflow extends Workflow {
  /** Of the file, without `.json`. */
  name: string;
}

/** The file, or the `.json` files of the directory by name. */
export function readWorkflows(path: string): NamedWorkflow[] {
  const files = reading(path, () =>
    statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((file) => file.endsWith('.json'))
          .sort()
          .map((file) => join(path, file))
      : [path],
  );
  if (files.length === 0) throw new WorkflowError(`${path}: no .json file in it`);
  return files.map((file) => ({
    ...reading(file, () => parseWorkflow(JSON.parse(readFileSync(file, 'utf8')))),
    name: basename(file, '.json'),
  }));
}

function reading<Result>(file: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw new WorkflowError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
