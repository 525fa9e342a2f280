/**
 * For tests of users: random histories of a small world, engines that live through them, and what must hold of each.
 * Needs fast-check.
 */
export { Audit, drain } from './audit.ts';
export { describeInput } from './describe-input.ts';
export { formulas } from './formulas.ts';
export {
  factory,
  firstTime,
  histories,
  history,
  job,
  pool,
  resolve,
  type Step,
  task,
} from './history.ts';
export { type CountedReport, type Input, type KnownNode, type KnownRun, Ledger } from './ledger.ts';
export { must } from './must.ts';
export { namedPool } from './named-pool.ts';
export {
  applyTo,
  batchOf,
  begin,
  play,
  playWithTicks,
  type Recording,
  record,
  rowsOf,
  tell,
  type Watcher,
} from './recording.ts';
export { VirtualWorld } from './virtual-world.ts';
