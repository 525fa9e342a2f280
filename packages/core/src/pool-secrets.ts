import type {
  AutoPoolSpecification,
  MountConfiguration,
  PoolInfo,
  PoolSpecification,
  UserAccount,
} from './specification.ts';

/*
 * What is secret of a pool: passwords and keys of its user accounts and of what its nodes mount. The core has marks in
 * their places, and whoever reads the pool back sees not even those, as with the service.
 */

/** What others see of a user account. */
export interface UserAccountView extends Omit<UserAccount, 'password' | 'linuxUserConfiguration'> {
  linuxUserConfiguration?: { uid?: number; gid?: number };
}

type Kinds<Mount> = Mount extends unknown
  ? { [Kind in keyof Mount]: Omit<Mount[Kind], 'accountKey' | 'sasKey' | 'password'> }
  : never;

/** What others see of a mount. */
export type MountConfigurationView = Kinds<MountConfiguration>;

type WithSecrets = Pick<PoolSpecification, 'userAccounts' | 'mountConfiguration'>;

export type WithoutSecrets<Specification extends WithSecrets> = Omit<
  Specification,
  keyof WithSecrets
> & {
  userAccounts?: UserAccountView[];
  mountConfiguration?: MountConfigurationView[];
};

/** What others see of the pool of a job. */
export type PoolInfoView =
  | { poolId: string }
  | {
      autoPoolSpecification: Omit<AutoPoolSpecification, 'pool'> & {
        pool: WithoutSecrets<AutoPoolSpecification['pool']>;
      };
    };

export function poolInfoView(poolInfo: PoolInfo): PoolInfoView {
  if ('poolId' in poolInfo) return poolInfo;
  const { pool, ...rest } = poolInfo.autoPoolSpecification;
  return { autoPoolSpecification: { ...rest, pool: poolWithoutSecrets(pool) } };
}

/** The pool without them. */
export function poolWithoutSecrets<Specification extends WithSecrets>(
  specification: Specification,
): WithoutSecrets<Specification> {
  const { userAccounts, mountConfiguration, ...rest } = specification;
  return {
    ...rest,
    ...(userAccounts && { userAccounts: userAccounts.map(accountView) }),
    ...(mountConfiguration && { mountConfiguration: mountConfiguration.map(mountView) }),
  };
}

function accountView({
  password: _password,
  linuxUserConfiguration: linux,
  ...account
}: UserAccount): UserAccountView {
  if (linux === undefined) return account;
  const { sshPrivateKey: _key, ...linuxUserConfiguration } = linux;
  return { ...account, linuxUserConfiguration };
}

function mountView(mount: MountConfiguration): MountConfigurationView {
  const kinds = Object.entries(mount).map(([kind, given]: [string, Record<string, unknown>]) => {
    const { accountKey: _account, sasKey: _sas, password: _password, ...shown } = given;
    return [kind, shown];
  });
  // One kind, with all of its properties but these.
  return Object.fromEntries(kinds) as MountConfigurationView;
}
