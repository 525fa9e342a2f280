import { inspect } from 'node:util';
import { RestError } from '@azure/storage-blob';
import { expect, test } from 'vitest';
import { azureError } from '../src/azure-errors.ts';

const subject = { account: 'host', container: 'box', blob: 'a' };

test.each([
  [403, 'AuthenticationFailed'],
  [400, 'InvalidAuthenticationInfo'],
  [401, 'NoAuthenticationInformation'],
  [403, 'AuthorizationFailure'],
  [403, 'AuthorizationPermissionMismatch'],
  [403, 'AuthorizationProtocolMismatch'],
  [403, 'AuthorizationResourceTypeMismatch'],
  [403, 'AuthorizationServiceMismatch'],
  [403, 'InsufficientAccountPermissions'],
  [403, 'AccountIsDisabled'],
  [409, 'PublicAccessNotPermitted'],
  [403, 'KeyBasedAuthenticationNotPermitted'],
  [404, 'ContainerNotFound'],
  [404, 'BlobNotFound'],
  [409, 'ContainerBeingDeleted'],
  [412, 'ConditionNotMet'],
  [400, 'Md5Mismatch'],
  [400, 'OutOfRangeInput'],
])(
  'HTTP %d %s is told by its code, with its place and no word of the service',
  (statusCode, code) => {
    const error = azureError(new RestError('sig=secret', { code, statusCode }), subject);
    expect(error).toMatchObject({ name: 'BatchError', code });
    expect(inspect(error)).toContain('host');
    expect(inspect(error)).not.toContain('secret');
  },
);

test.each([
  [undefined, 'ECONNREFUSED', 'StorageUnreachable'],
  [undefined, 'ENOTFOUND', 'StorageUnreachable'],
  [undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT', 'StorageUnreachable'],
  [500, 'InternalError', 'StorageUnreachable'],
  [503, 'ServerBusy', 'ServerBusy'],
  [429, undefined, 'ServerBusy'],
  [404, undefined, 'BlobNotFound'],
  [403, undefined, 'AuthorizationFailure'],
  [418, undefined, 'StorageError'],
  [418, 'not a code: secret', 'StorageError'],
])('HTTP %s %s is %s', (statusCode, code, expected) => {
  const said = new RestError('secret', {
    ...(code !== undefined && { code }),
    ...(statusCode !== undefined && { statusCode }),
  });
  const error = azureError(said, subject);
  expect(error).toMatchObject({ name: 'BatchError', code: expected });
  expect(inspect(error)).not.toContain('secret');
});
