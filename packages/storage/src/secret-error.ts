import { BatchError } from '@berth/core';
import { messageOf } from './journal-error.ts';

export function secretNotFound(handle: string): BatchError {
  const message = `There is no secret ${handle} any more: add the task again with the secret itself.`;
  return new BatchError({
    code: 'SecretNotFound',
    message,
    values: [{ key: 'handle', value: handle }],
  });
}

export function secretsDamaged(file: string, keyFile: string): BatchError {
  return about(
    'SecretsDamaged',
    file,
    `${file} is damaged, or was encrypted with another key than that of ${keyFile}: restore it from a copy; without one remove it, and add the tasks that need it again.`,
  );
}

export function secretKeyUnusable(keyFile: string, problem: string): BatchError {
  return about('SecretKeyUnusable', keyFile, `The key of the secrets, ${keyFile}, ${problem}.`);
}

export function secretStoreFailed(what: string, file: string, cause: unknown): BatchError {
  return about(
    'SecretStoreFailed',
    file,
    `${what} ${file} failed (${messageOf(cause)}): see that there is room, that it may be used and that the disk is well.`,
  );
}

function about(code: string, file: string, message: string): BatchError {
  return new BatchError({ code, message, values: [{ key: 'file', value: file }] });
}
