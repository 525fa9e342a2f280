import type { Account, AccountState } from './account.ts';
import type { AccountQuotas, PoolAllocationMode } from './account-specification.ts';
import { usageOf } from './account-usage.ts';
import { formatTime } from './calendar.ts';
import type { NodeSize } from './node-size.ts';

/** semantics §1.1; keys are not shown. */
export interface AccountView extends AccountQuotas {
  accountName: string;
  state: AccountState;
  creationTime: string;
  poolAllocationMode: PoolAllocationMode;
  /** Of its own; the built-in ones come behind. */
  nodeSizes: readonly NodeSize[];
  /** (extension) what counts against each quota now. */
  usage: Required<AccountQuotas>;
}

export function accountView(account: Account): AccountView {
  const { keys: _keys, ...shown } = account.specification;
  return {
    ...shown,
    state: account.state,
    creationTime: formatTime(account.creationTime),
    usage: usageOf(account),
  };
}
