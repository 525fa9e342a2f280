import type { RestError } from '@azure/storage-blob';
import { BatchError } from '@berth/core';

/** What was asked, for messages. */
export interface AzureSubject {
  /** Host, and what of the path names the account. */
  account: string;
  container?: string;
  blob?: string;
}

/** What the service says when it does not let somebody in. */
const denials: ReadonlyMap<string, string> = new Map([
  [
    'AuthenticationFailed',
    'the key or signature is wrong or has expired, or the clock of this machine is: check them',
  ],
  ['InvalidAuthenticationInfo', 'what it was given is no credential of its: check it'],
  ['NoAuthenticationInformation', 'it lets nobody in without one: give the URL a SAS'],
  [
    'AuthorizationFailure',
    'the key or SAS is wrong or does not allow it, or the firewall of the account does not: check them',
  ],
  [
    'AuthorizationPermissionMismatch',
    'the SAS or role has not the permission: grant it ("Storage Blob Data Contributor")',
  ],
  ['AuthorizationProtocolMismatch', 'the SAS is for https alone: use that'],
  ['AuthorizationResourceTypeMismatch', 'the SAS is not for this kind of resource: extend it'],
  ['AuthorizationServiceMismatch', 'the SAS is not for blobs: extend it'],
  ['InsufficientAccountPermissions', 'the account does not allow it'],
  ['AccountIsDisabled', 'the account is disabled: enable it'],
  ['PublicAccessNotPermitted', 'it has no public access: give the URL a SAS'],
  ['KeyBasedAuthenticationNotPermitted', 'it takes no account keys: use a token credential'],
]);

/** The client's words for a service that does not answer, beside the operating system's. */
const unreachable =
  /^(?:E[A-Z_]+|REQUEST_SEND_ERROR|TIMEOUT|CERT_.*|.*_CERT.*|.*CERTIFICATE.*|ERR_TLS_.*)$/;

/**
 * What the client throws, as a `BatchError` without a word of the service or the request: these have signatures, and
 * what was signed. Other errors are given back as they are.
 */
export function azureError(error: unknown, subject: AzureSubject): unknown {
  if (error instanceof BatchError) return error;
  if (!isOfClient(error)) {
    if (error instanceof Error && /^(?:Abort|Timeout)Error$/.test(error.name))
      return refusal('StorageUnreachable', `${subject.account} does not answer: try again later.`);
    return isOfCredential(error)
      ? denied('AuthenticationFailed', subject, 'no token was to be had')
      : error;
  }
  const { statusCode: status = 0 } = error;
  const code = codeOf(error);
  const { account, container = '', blob = '' } = subject;
  if (code === 'ContainerNotFound' || (status === 404 && code === '' && blob === ''))
    return refusal(
      'ContainerNotFound',
      `There is no container ${container} in ${account}: create it first.`,
    );
  if (code === 'BlobNotFound' || (status === 404 && code === ''))
    return refusal(
      'BlobNotFound',
      `The container ${container} of ${account} has no blob ${blob}: write it first or correct its name.`,
    );
  if (denials.has(code)) return denied(code, subject, denials.get(code) ?? '');
  if (status === 401 || status === 403)
    return denied(code === '' ? 'AuthorizationFailure' : code, subject, 'check the credentials');
  if (code === 'ContainerBeingDeleted')
    return refusal(
      code,
      `The container ${container} of ${account} is being deleted: try again in a minute.`,
    );
  if (code === 'ConditionNotMet' || status === 412)
    return refusal(
      'ConditionNotMet',
      `The blob ${blob} in container ${container} of ${account} was changed meanwhile: try again.`,
    );
  if (code === 'Md5Mismatch')
    return refusal(code, `What arrived of ${blob} in ${account} is not what was sent: try again.`);
  if (status === 0 && unreachable.test(code))
    return refusal(
      'StorageUnreachable',
      `${account} cannot be reached (${code}): check its name, the network and the proxy.`,
    );
  if (status === 429 || status === 503)
    return refusal('ServerBusy', `${account} is busy (${code || status}): try again later.`);
  if (status >= 500)
    return refusal('StorageUnreachable', `${account} failed (${code || status}): try again later.`);
  const place = [account, container, blob].filter((part) => part !== '').join('/');
  return refusal(
    code || 'StorageError',
    `The storage service refused it (${code}, HTTP ${status}): ${place}.`,
  );
}

/** An answer that is an error, or none. Told by its name: whoever asks need not load the client. */
export function isOfClient(error: unknown): error is RestError {
  return error instanceof Error && error.name === 'RestError';
}

/** The service's code, or the operating system's; nothing else, since it comes from outside. */
export function codeOf({ code, details }: RestError): string {
  // Answers to HEAD have no body.
  const inHeader = (details as { errorCode?: unknown } | undefined)?.errorCode;
  for (const one of [code, inHeader]) {
    if (typeof one === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(one)) return one;
  }
  return '';
}

function denied(
  code: string,
  { account, container, blob }: AzureSubject,
  reason: string,
): BatchError {
  const what = [container, blob].filter((part) => part !== undefined).join('/');
  return refusal(
    code,
    `${account} denies access${what === '' ? '' : ` to ${what}`} (${code}): ${reason}.`,
  );
}

function refusal(code: string, message: string): BatchError {
  return new BatchError({ code, message });
}

/** The errors of `@azure/identity`, and the client's refusal to send a token without TLS. */
function isOfCredential(error: unknown): boolean {
  return (
    error instanceof Error &&
    (/^(?:CredentialUnavailable|AggregateAuthentication|Authentication)/.test(error.name) ||
      error.message.startsWith('Bearer token authentication is not permitted'))
  );
}
