import { describe, expect, it } from 'vitest';
import { Engine, InputBatch } from '../src/index.ts';
import { parseCertificate, parsePool } from '../src/spec/index.ts';
import { refusalOf } from './spec/refusal-of.ts';

const name = { thumbprintAlgorithm: 'sha1', thumbprint: 'ab 12' } as const;
const data = 'cHJpdmF0ZSBrZXk=';

describe('a certificate at the door', () => {
  it('has handles in place of its data and its password', () => {
    const sealed: string[] = [];
    const seal = (secret: string): string => `h${sealed.push(secret)}`;
    expect(parseCertificate({ ...name, data, password: 'pa55' }, { seal })).toEqual({
      thumbprint: 'ab12',
      thumbprintAlgorithm: 'sha1',
      certificateFormat: 'pfx',
      data: '<secret:h1>',
      password: '<secret:h2>',
    });
    expect(sealed).toEqual([data, 'pa55']);
  });

  it('is refused where there is no place for secrets', () => {
    expect(refusalOf(() => parseCertificate({ ...name, data })).code).toBe('UnsupportedProperty');
  });

  it.each([
    { data: 'private key!', password: 'pa55' },
    { data: 1234567, password: 'pa55' },
    { data, password: 1234567 },
    { data, password: 'pa55', certificateFormat: 'cer' },
    { data: 'AAAA'.repeat(5_000), password: 'pa55' },
    { data, password: 'pa55', visibility: [] },
  ])('never shows a secret in an error: %j', (certificate) => {
    const refusal = refusalOf(() =>
      parseCertificate({ ...name, ...certificate }, { seal: () => 'h' }),
    );
    expect(JSON.stringify(refusal)).not.toMatch(/pa55|1234567|cHJp|private|AAAA/);
  });

  it('has at most 10 KB, not counting what base64 adds', () => {
    const seal = (): string => 'h';
    const of = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64');
    expect(() => parseCertificate({ ...name, data: of(10_240) }, { seal })).not.toThrow();
    expect(refusalOf(() => parseCertificate({ ...name, data: of(10_241) }, { seal })).message).toBe(
      'data must have at most 10240 bytes',
    );
  });
});

it('a reference stands in the store My of the current user, for everybody, unless it says otherwise', () => {
  const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 0 };
  const visibility = ['RemoteUser', 'task', 'task'];
  expect(
    parsePool({
      ...pool,
      certificateReferences: [name, { ...name, storeName: 'Root', visibility }],
    }).certificateReferences,
  ).toEqual([
    {
      thumbprint: 'ab12',
      thumbprintAlgorithm: 'sha1',
      storeLocation: 'currentuser',
      storeName: 'My',
      visibility: ['starttask', 'task', 'remoteuser'],
    },
    {
      thumbprint: 'ab12',
      thumbprintAlgorithm: 'sha1',
      storeLocation: 'currentuser',
      storeName: 'Root',
      visibility: ['task', 'remoteuser'],
    },
  ]);
});

it('the engine knows the handles of a certificate until it is gone, and shows neither', () => {
  const engine = new Engine();
  let secrets = 0;
  const seal = (): string => `h${++secrets}`;
  const certificate = parseCertificate({ ...name, data, password: 'x' }, { seal });
  engine.apply(InputBatch.of(0, { type: 'addCertificate', certificate }));
  expect([...engine.queries.secretHandles()]).toEqual(['h1', 'h2']);
  expect(JSON.stringify(engine.queries.certificates())).not.toContain('secret');
  engine.apply(InputBatch.of(0, { type: 'deleteCertificate', ...name }));
  expect(engine.queries.certificates()).toEqual([]);
  expect([...engine.queries.secretHandles()]).toEqual([]);
});

it('an error tells of a hundred users, and of how many there are', () => {
  const engine = new Engine();
  const certificate = parseCertificate({ ...name, data }, { seal: () => 'h' });
  const certificateReferences = [name];
  const pool = { id: 'p', vmSize: 'local', targetDedicatedNodes: 150, certificateReferences };
  engine.apply(
    new InputBatch()
      .command(0, { type: 'addCertificate', certificate })
      .command(0, { type: 'addPool', pool: parsePool(pool) })
      .command(0, { type: 'deleteCertificate', ...name }),
  );
  const error = engine.queries.certificate(name)?.deleteCertificateError;
  expect(error?.values).toHaveLength(100);
  expect(error?.message).toContain('151 pools and nodes use the certificate sha1-ab12');
});
