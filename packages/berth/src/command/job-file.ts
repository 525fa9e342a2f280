import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { BatchError } from '@berth/core';
import type { JobFile } from '@berth/core/spec';
import { parseJobFile } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import { readDocument } from './document.ts';

export interface LoadedJobFile extends JobFile {
  /** Paths in the file are relative to this. */
  directory: string;
  /** Of what the file says, so that a run that goes on can tell whether it still says the same. */
  fingerprint: string;
  /** Those that the file has; the fingerprint is over their handles. */
  secrets: SecretGroup;
}

/**
 * A state directory is one job's, so a file's secrets have the same handles each time that it is read: a run goes on
 * with the file's secrets of now, and what is written of the file tells nothing of them.
 */
const secretGroup = 'jobfile';

/**
 * Reads and checks a job file, JSON or YAML, and that what it uploads exists.
 * @throws BatchError whose message begins with the file's name.
 */
export async function loadJobFile(file: string): Promise<LoadedJobFile> {
  const value = await readDocument(file);
  const secrets = new SecretGroup(secretGroup);
  return await aboutFile(file, async () => {
    const parsed = parseJobFile(value, { durabilityOf: () => 'written', seal: secrets.seal });
    const directory = dirname(resolve(file));
    await checkUploads(parsed, directory);
    const fingerprint = createHash('sha256').update(JSON.stringify(parsed)).digest('hex');
    return { ...parsed, directory, fingerprint, secrets };
  });
}

/** Puts the file's name before what is found wrong with it. */
export async function aboutFile<Result>(
  file: string,
  read: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    const values = [...error.values];
    throw new BatchError({ code: error.code, message: `${file}: ${error.message}`, values });
  }
}

async function checkUploads({ uploads }: JobFile, directory: string): Promise<void> {
  for (const [index, { source }] of uploads.entries()) {
    const found = await stat(resolve(directory, source)).catch(() => undefined);
    if (found?.isFile() === true || found?.isDirectory() === true) continue;
    throw new BatchError({
      code: 'InvalidPropertyValue',
      message: `uploads[${index}].source must be a file or directory; there is none at ${JSON.stringify(source)}`,
      values: [{ key: 'PropertyName', value: `uploads[${index}].source` }],
    });
  }
}
