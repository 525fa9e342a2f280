/** The name of the account that scenarios begin in. */
export const defaultAccountName = 'scenario';

/** What stands before a line about another account. */
export function accountPrefix(accountName: string): string {
  return accountName === defaultAccountName ? '' : `${accountName}: `;
}
