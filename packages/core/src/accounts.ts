import type { AccountRecord } from './account.ts';
import { Account } from './account.ts';
import { idKey } from './task-text.ts';

/** What belongs to an account names it by its number. */
export interface Owned {
  readonly account: number;
}

/** The number of the account that inputs without a name mean: that of `configure`. */
export const defaultAccount = 0;

/**
 * The accounts of an engine. Ids are looked up in the one that is acted in: that of the command, or of what falls
 * due or has ended. Outside of these nothing is acted in, and whoever looks up an id has to say where.
 */
export class Accounts {
  readonly #accounts: (Account | undefined)[] = [];
  readonly #byName = new Map<string, Account>();
  #current: Account | undefined;

  /** Numbers that have been given. */
  get length(): number {
    return this.#accounts.length;
  }

  /** The one that is acted in. */
  get current(): Account {
    if (this.#current === undefined) throw new RangeError('no account is acted in');
    return this.#current;
  }

  /** Acts in an account from now on. */
  enter(account: Account): void {
    this.#current = account;
  }

  leave(): void {
    this.#current = undefined;
  }

  get(number: number): Account {
    const account = this.#accounts[number];
    if (account === undefined) throw new RangeError(`no account ${number}`);
    return account;
  }

  /** In any case; without a name the default one. */
  named(name: string | undefined): Account | undefined {
    return name === undefined ? this.get(defaultAccount) : this.#byName.get(idKey(name));
  }

  of({ account }: Owned): Account {
    return this.get(account);
  }

  nameOf(owned: Owned): string {
    return this.of(owned).name;
  }

  add(record: AccountRecord): void {
    const account = new Account(record);
    while (this.#accounts.length <= record.number) this.#accounts.push(undefined);
    this.#accounts[record.number] = account;
    this.#byName.set(idKey(account.name), account);
  }

  delete(account: Account): void {
    this.#accounts[account.number] = undefined;
    this.#byName.delete(idKey(account.name));
  }

  rename(account: Account, accountName: string): void {
    this.#byName.delete(idKey(account.name));
    account.specification = { ...account.specification, accountName };
    this.#byName.set(idKey(accountName), account);
  }

  *[Symbol.iterator](): IterableIterator<Account> {
    for (const account of this.#accounts) if (account !== undefined) yield account;
  }

  /** As after a snapshot: these, and numbers up to `length` are given. */
  restore(records: readonly AccountRecord[], length: number): void {
    this.#accounts.length = 0;
    this.#byName.clear();
    for (const record of records) this.add(record);
    while (this.#accounts.length < length) this.#accounts.push(undefined);
  }
}
