import { describe, expect, it } from 'vitest';
import { parseJob, parsePool } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

let kept: string[] = [];
const seal = (secret: string): string => `h.${kept.push(secret) - 1}`;
const pool = (more: object, sealed = true): ReturnType<typeof parsePool> => {
  kept = [];
  const least = { id: 'p', vmSize: 'A1', targetDedicatedNodes: 0 };
  return parsePool({ ...least, ...more }, sealed ? { seal } : {});
};

describe('the user accounts of a pool', () => {
  const account = { name: 'u', password: 'secret' };

  it('come out with marks in place of what is secret', () => {
    const sshPrivateKey = 'key';
    const given = [
      account,
      {
        name: 'v',
        password: 'other',
        elevationLevel: 'Admin',
        linuxUserConfiguration: { uid: 7, gid: 8, sshPrivateKey },
        windowsUserConfiguration: { loginMode: 'Batch' },
      },
    ];
    expect(pool({ userAccounts: given }).userAccounts).toEqual([
      { name: 'u', password: '<secret:h.0>', elevationLevel: 'nonadmin' },
      {
        name: 'v',
        password: '<secret:h.1>',
        elevationLevel: 'admin',
        linuxUserConfiguration: { uid: 7, gid: 8, sshPrivateKey: '<secret:h.2>' },
        windowsUserConfiguration: { loginMode: 'batch' },
      },
    ]);
    expect(kept).toEqual(['secret', 'other', sshPrivateKey]);
  });

  it.each([
    ['MissingRequiredProperty', 'userAccounts[0].password', [{ name: 'u' }]],
    ['InvalidPropertyValue', 'userAccounts[0].password', [{ name: 'u', password: '' }]],
    ['InvalidPropertyValue', 'userAccounts[0].name', [{ ...account, name: 'é'.repeat(21) }]],
    ['InvalidPropertyValue', 'userAccounts[1].name', [account, { ...account, name: 'U' }]],
    [
      'InvalidPropertyValue',
      'userAccounts[0].linuxUserConfiguration.gid',
      [{ ...account, linuxUserConfiguration: { uid: 1 } }],
    ],
  ])('%s at %s', (code, path, userAccounts) => {
    const refusal = refusalOf(() => pool({ userAccounts }));
    expect(refusal).toMatchObject({ code, path });
    expect(refusal.message).not.toContain('secret');
  });

  it('need a place for what is secret', () => {
    expect(refusalOf(() => pool({ userAccounts: [account] }, false))).toMatchObject({
      code: 'UnsupportedProperty',
      path: 'userAccounts[0].password',
    });
  });

  it('may stand in the pool of a job', () => {
    kept = [];
    const autoPool = { vmSize: 'A1', targetDedicatedNodes: 0, userAccounts: [account] };
    const autoPoolSpecification = { poolLifetimeOption: 'job', pool: autoPool };
    const { poolInfo } = parseJob(
      { id: 'j', poolInfo: { autoPoolSpecification } },
      { seal },
      { seal },
    );
    expect(JSON.stringify(poolInfo)).toContain('<secret:h.0>');
    expect(kept).toEqual(['secret']);
  });
});

describe('the mounts of a pool', () => {
  const nfs = { source: 'server:/data', relativeMountPath: 'data/in' };

  it('are one of four kinds each, with marks in place of what is secret', () => {
    const blob = { accountName: 'a', containerName: 'c', sasKey: '?sig=1', relativeMountPath: 'b' };
    const cifs = { userName: 'u', password: 'p', source: '//s', relativeMountPath: 'c' };
    const share = {
      accountName: 'a',
      azureFileUrl: 'https://a/s',
      accountKey: 'k',
      relativeMountPath: 'd',
      mountOptions: '-o ro',
    };
    const { mountConfiguration } = pool({
      mountConfiguration: [
        { nfsMountConfiguration: nfs },
        { azureBlobFileSystemConfiguration: blob },
        { cifsMountConfiguration: cifs },
        { azureFileShareConfiguration: share },
      ],
    });
    expect(mountConfiguration).toEqual([
      { nfsMountConfiguration: nfs },
      { azureBlobFileSystemConfiguration: { ...blob, sasKey: '<secret:h.0>' } },
      { cifsMountConfiguration: { ...cifs, password: '<secret:h.1>' } },
      { azureFileShareConfiguration: { ...share, accountKey: '<secret:h.2>' } },
    ]);
  });

  const at = 'mountConfiguration[0]';
  it.each([
    [at, [{}]],
    [
      at,
      [
        {
          nfsMountConfiguration: nfs,
          cifsMountConfiguration: { ...nfs, userName: 'u', password: 'p' },
        },
      ],
    ],
    [
      `${at}.nfsMountConfiguration.relativeMountPath`,
      [{ nfsMountConfiguration: { ...nfs, relativeMountPath: '../x' } }],
    ],
    [
      `${at}.nfsMountConfiguration.relativeMountPath`,
      [{ nfsMountConfiguration: { ...nfs, relativeMountPath: '/x' } }],
    ],
    [
      `${at}.azureBlobFileSystemConfiguration`,
      [
        {
          azureBlobFileSystemConfiguration: {
            accountName: 'a',
            containerName: 'c',
            relativeMountPath: 'b',
          },
        },
      ],
    ],
    [
      'mountConfiguration[1].nfsMountConfiguration.relativeMountPath',
      [{ nfsMountConfiguration: nfs }, { nfsMountConfiguration: nfs }],
    ],
  ])('%s is refused in %j', (path, mountConfiguration) => {
    expect(refusalOf(() => pool({ mountConfiguration }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path,
    });
  });
});

describe('the network of a pool', () => {
  const nat = {
    name: 'web',
    protocol: 'tcp',
    backendPort: 80,
    frontendPortRangeStart: 10_000,
    frontendPortRangeEnd: 10_039,
  };
  const rule = { priority: 150, access: 'allow', sourceAddressPrefix: '*' };
  const withPools = (...inboundNATPools: object[]): ReturnType<typeof parsePool> =>
    pool({ networkConfiguration: { endpointConfiguration: { inboundNATPools } } });

  it('is kept as it is given, with enums in lower case', () => {
    const rules = [{ ...rule, access: 'Deny', sourcePortRanges: ['*', '80', '1000-2000'] }];
    const { networkConfiguration } = pool({
      networkConfiguration: {
        subnetId: 's',
        dynamicVNetAssignmentScope: 'Job',
        publicIPAddressConfiguration: { provision: 'NoPublicIPAddresses' },
        enableAcceleratedNetworking: true,
        endpointConfiguration: { inboundNATPools: [{ ...nat, networkSecurityGroupRules: rules }] },
      },
    });
    expect(networkConfiguration).toEqual({
      subnetId: 's',
      dynamicVNetAssignmentScope: 'job',
      publicIPAddressConfiguration: { provision: 'nopublicipaddresses' },
      enableAcceleratedNetworking: true,
      endpointConfiguration: {
        inboundNATPools: [{ ...nat, networkSecurityGroupRules: [{ ...rules[0], access: 'deny' }] }],
      },
    });
  });

  it.each([
    ['[0].backendPort', [{ ...nat, backendPort: 22 }]],
    ['[0].backendPort', [{ ...nat, backendPort: 65_536 }]],
    ['[0].frontendPortRangeStart', [{ ...nat, frontendPortRangeStart: 0 }]],
    ['[0].frontendPortRangeEnd', [{ ...nat, frontendPortRangeEnd: 50_000 }]],
    ['[0].frontendPortRangeEnd', [{ ...nat, frontendPortRangeEnd: 65_000 }]],
    ['[0].frontendPortRangeEnd', [{ ...nat, frontendPortRangeEnd: 10_038 }]],
    ['[0].name', [{ ...nat, name: 'a.' }]],
    [
      '[1].name',
      [
        nat,
        { ...nat, backendPort: 81, frontendPortRangeStart: 20_000, frontendPortRangeEnd: 20_039 },
      ],
    ],
    [
      '[1].backendPort',
      [nat, { ...nat, name: 'b', frontendPortRangeStart: 20_000, frontendPortRangeEnd: 20_039 }],
    ],
    ['[1].frontendPortRangeStart', [nat, { ...nat, name: 'b', backendPort: 81 }]],
    [
      '[0].networkSecurityGroupRules[0].priority',
      [{ ...nat, networkSecurityGroupRules: [{ ...rule, priority: 149 }] }],
    ],
    [
      '[0].networkSecurityGroupRules[1].priority',
      [{ ...nat, networkSecurityGroupRules: [rule, rule] }],
    ],
    [
      '[0].networkSecurityGroupRules[0].sourcePortRanges[0]',
      [{ ...nat, networkSecurityGroupRules: [{ ...rule, sourcePortRanges: ['9-8'] }] }],
    ],
    ['', []],
  ])('inboundNATPools%s is refused in %j', (path, pools) => {
    expect(refusalOf(() => withPools(...pools))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: `networkConfiguration.endpointConfiguration.inboundNATPools${path}`,
    });
  });
});

describe('the network of a job', () => {
  it('is a subnet', () => {
    const job = (networkConfiguration: object): ReturnType<typeof parseJob> =>
      parseJob({ id: 'j', poolInfo: { poolId: 'p' }, networkConfiguration });
    expect(job({ subnetId: 's' }).networkConfiguration).toEqual({ subnetId: 's' });
    expect(refusalOf(() => job({}))).toMatchObject({
      code: 'MissingRequiredProperty',
      path: 'networkConfiguration.subnetId',
    });
  });
});
