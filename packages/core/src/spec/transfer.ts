import { z } from 'zod';
import { blobPath, containerName } from './blob-names.ts';
import { entity } from './entity.ts';
import { text } from './scalars.ts';

/** (extension) A file or directory of the caller's that is put into a container before the job starts. */
export interface Upload {
  /** Path of the file or directory, relative to the job file. No wildcards. */
  source: string;
  /** Name of the container, made if there is none. */
  container: string;
  /**
   * For a file the blob's name, for a directory the prefix of its files. Absent: the file's own name, or no
   * prefix.
   */
  path?: string;
}

/** (extension) Blobs that are fetched when the job has ended. */
export interface Download {
  /** Name of the container. */
  container: string;
  /** Only blobs whose names begin so. Absent: all. */
  prefix?: string;
  /** Directory to put them in, relative to the job file. */
  target: string;
  /** Whether `berth run` shows them at the end. Default false. */
  print: boolean;
}

const localPath = text((path) => path !== '', 'must not be empty');

export const uploads: z.ZodType<Upload[]> = z.array(
  entity({ source: localPath, container: containerName, path: blobPath.optional() }),
);

export const downloads: z.ZodType<Download[]> = z.array(
  entity({
    container: containerName,
    prefix: blobPath.optional(),
    target: localPath,
    print: z.boolean().default(false),
  }),
);
