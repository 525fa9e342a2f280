import type { z } from 'zod';
import { readTemplate } from '../task-factory.ts';
import { text } from './scalars.ts';

/** Azure's rule for the names of blob containers, which is also safe for directories. */
const container = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const containerRule =
  'must be 3 to 63 lower-case letters, digits and single hyphens, beginning and ending with a letter or digit';

/** A container of the account's own store. */
export const containerName: z.ZodType<string> = text((name) => container.test(name), containerRule);

/** The same in a factory's template, judged as if every placeholder were one digit. */
export const containerTemplate: z.ZodType<string> = text((name) => {
  const pieces = readTemplate(name).map((piece) => (typeof piece === 'string' ? piece : '0'));
  return container.test(pieces.join(''));
}, containerRule);

/** A blob's name or a prefix of some: relative and without `..`, since a store may be a directory. */
export const blobPath: z.ZodType<string> = text(
  staysBelow,
  'must be 1 to 1024 characters, relative, without ".." and with "/" as separator',
);

/** A relative path that cannot lead out of the directory that it is relative to. */
export function staysBelow(path: string): boolean {
  return (
    path !== '' &&
    path.length <= 1024 &&
    !path.startsWith('/') &&
    !path.includes('\\') &&
    !/^[A-Za-z]:/.test(path) &&
    !path.split('/').includes('..')
  );
}
