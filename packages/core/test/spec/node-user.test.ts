import { describe, expect, it } from 'vitest';
import { parseNodeUser } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const seal = (): string => 'handle';

describe('a user of a node', () => {
  it('has a handle in place of the password', () => {
    const given = { name: 'u', password: 'secret', expiryTime: '2016-05-12T08:30:00Z' };
    expect(parseNodeUser(given, { seal })).toEqual({
      name: 'u',
      isAdmin: false,
      expiryTimeMs: Date.UTC(2016, 4, 12, 8, 30),
      password: '<secret:handle>',
    });
  });

  it('has a password or a key', () => {
    expect(parseNodeUser({ name: 'u', sshPublicKey: 'ssh-rsa A' })).toMatchObject({
      sshPublicKey: 'ssh-rsa A',
    });
    expect(refusalOf(() => parseNodeUser({ name: 'u' }))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'password',
    });
    const both = { name: 'u', password: 'secret', sshPublicKey: 'ssh-rsa A' };
    const refusal = refusalOf(() => parseNodeUser(both, { seal }));
    expect(refusal).toMatchObject({ code: 'InvalidPropertyValue', path: 'password' });
    expect(refusal.message).not.toContain('secret;');
  });

  it('is refused with a password where there is no secret store', () => {
    const refusal = refusalOf(() => parseNodeUser({ name: 'u', password: 'hush' }));
    expect(refusal.code).toBe('UnsupportedProperty');
    expect(refusal.message).not.toContain('hush');
  });

  it.each(['', 'a b', 'a:b', 'a/b', 'x'.repeat(21)])('cannot be called %j', (name) => {
    expect(refusalOf(() => parseNodeUser({ name, sshPublicKey: 'k' })).path).toBe('name');
  });
});
