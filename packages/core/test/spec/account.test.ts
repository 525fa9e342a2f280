import { BatchError } from '@berth/core';
import { parseAccount, parseAccountPatch } from '@berth/core/spec';
import { describe, expect, test } from 'vitest';

const seal = (secret: string): string => `handle-of-${secret.length}`;

describe('an account', () => {
  test('comes out with its defaults, quotas of −1 left out and handles in place of keys', () => {
    const keys = { primary: 'QUJD', secondary: 'QUJDREVG' };
    expect(
      parseAccount({ accountName: 'a', poolQuota: 2, dedicatedCoreQuota: -1, keys }, { seal }),
    ).toEqual({
      accountName: 'a',
      poolAllocationMode: 'batchservice',
      poolQuota: 2,
      keys: { primary: '<secret:handle-of-4>', secondary: '<secret:handle-of-8>' },
      nodeSizes: [],
    });
  });

  test('has no key where there is no place to keep it, and tells none in an error', () => {
    const refusals = [{ primary: 'QUJD' }, { primary: 'not base64' }].map((keys) =>
      messageOf(() => parseAccount({ accountName: 'a', keys })),
    );
    expect(refusals).toEqual([
      'keys.primary is a secret, and there is no secret store to keep it in',
      'keys.primary must be base64',
    ]);
  });

  test.each([
    [{}, 'accountName is required'],
    [
      { accountName: 'a b' },
      'accountName must be 1 to 64 letters, digits, hyphens and underscores',
    ],
    [{ accountName: 'a', poolQuota: -2 }, 'poolQuota must be a whole number of at least -1'],
    [
      { accountName: 'a', nodeSizes: [{ name: 'x', cores: 0 }] },
      'nodeSizes[0].cores must be a whole number from 1',
    ],
    [{ accountName: 'a', usage: {} }, 'usage is set by the service'],
    [
      { accountName: 'a', poolsQuota: 1 },
      'unknown property "poolsQuota"; did you mean "poolQuota"?',
    ],
  ])('%j is refused', (account, message) => {
    expect(messageOf(() => parseAccount(account))).toContain(message);
  });

  test('a patch changes its state, and keeps −1 for a limit that goes', () => {
    expect(parseAccountPatch({ state: 'Disabled', poolQuota: -1 })).toEqual({
      state: 'disabled',
      poolQuota: -1,
    });
    expect(messageOf(() => parseAccountPatch({ accountName: 'b' }))).toContain('cannot be changed');
  });
});

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof BatchError) return error.message;
  }
  throw new Error('it was not refused');
}
