import type { AccountKeys, AccountView } from '@berth/core';
import { BatchError } from '@berth/core';
import { parseAccount, parseAccountPatch } from '@berth/core/spec';
import { SecretGroup } from '@berth/storage';
import { AccountRuntime } from './account-runtime.ts';
import { ApplicationsClient } from './application-client.ts';
import { JobsClient, PoolClient } from './batch.ts';
import { CertificatesClient } from './certificate-client.ts';
import { JobSchedulesClient } from './job-schedule-client.ts';
import type { AccountParameters, AccountPatchParameters } from './parameters.ts';
import type { Runtime } from './runtime.ts';

/** The accounts of an engine (semantics §1.1). */
export class AccountsClient {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** @throws BatchError `ResourceAlreadyExists`, or what is wrong with the account. */
  async add(account: AccountParameters): Promise<AccountClient> {
    const secrets = new SecretGroup();
    const parsed = parseAccount(account, secrets);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'addAccount', account: parsed }),
    );
    return new AccountClient(this.#runtime, parsed.accountName);
  }

  /** By creation; the first is the default one. */
  list(): AccountView[] {
    return this.#runtime.queries.accounts();
  }
}

/** One account with what is in it. It may not exist: then what asks for it throws `ResourceNotFound`. */
export class AccountClient {
  readonly pools: PoolClient;
  readonly jobs: JobsClient;
  readonly jobSchedules: JobSchedulesClient;
  readonly applications: ApplicationsClient;
  readonly certificates: CertificatesClient;
  readonly #runtime: AccountRuntime;
  readonly #accountName: string | undefined;

  /** @internal */
  constructor(runtime: Runtime, accountName: string | undefined) {
    this.#accountName = accountName;
    this.#runtime = new AccountRuntime(runtime, accountName);
    this.pools = new PoolClient(this.#runtime);
    this.jobs = new JobsClient(this.#runtime);
    this.jobSchedules = new JobSchedulesClient(this.#runtime);
    this.applications = new ApplicationsClient(this.#runtime);
    this.certificates = new CertificatesClient(this.#runtime);
  }

  /** With its quotas and what counts against them. @throws BatchError `ResourceNotFound` */
  get(): AccountView {
    const account = this.#runtime.queries.account();
    if (account === undefined) throw this.#notFound();
    return account;
  }

  /**
   * The values of its keys, from the secret store: what a server checks signatures with. Absent: it has no such key.
   * @throws BatchError `ResourceNotFound`
   */
  async keys(): Promise<AccountKeys> {
    const marks = this.#runtime.queries.accountKeys();
    if (marks === undefined) throw this.#notFound();
    const { primary, secondary } = marks;
    return {
      ...(primary !== undefined && { primary: await this.#runtime.reveal(primary) }),
      ...(secondary !== undefined && { secondary: await this.#runtime.reveal(secondary) }),
    };
  }

  /**
   * Changes quotas (−1: no limit any more), keys, sizes, or whether it is enabled. While it is disabled everything
   * else that is asked of it is refused with `AccountIsDisabled`; what runs goes on. semantics §1.1
   * @throws BatchError `ResourceNotFound`, or what is wrong with the patch.
   */
  async patch(patch: AccountPatchParameters): Promise<void> {
    const secrets = new SecretGroup();
    const parsed = parseAccountPatch(patch, secrets);
    await this.#runtime.keeping(secrets, () =>
      this.#runtime.submit({ type: 'patchAccount', patch: parsed }),
    );
  }

  /**
   * Only of an empty account, and never of the default one.
   * @throws BatchError `OperationInvalidForCurrentState`, `ResourceNotFound`
   */
  async delete(): Promise<void> {
    await this.#runtime.submit({ type: 'deleteAccount' });
  }

  #notFound(): BatchError {
    const message = `There is no account "${this.#accountName}".`;
    return new BatchError({ code: 'ResourceNotFound', message });
  }
}
