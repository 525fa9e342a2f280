import { Machine } from './machine.ts';

/** semantics §2.1; `gone` stands for a pool that is no more. */
export type PoolState = 'active' | 'deleting' | 'gone';
export type PoolTrigger = 'delete' | 'lastNodeGone';
export const poolMachine: Machine<PoolState, PoolTrigger> = new Machine(
  'pool',
  ['active', 'deleting', 'gone'],
  ['delete', 'lastNodeGone'],
  [
    { from: 'active', trigger: 'delete', to: 'deleting' },
    { from: 'deleting', trigger: 'lastNodeGone', to: 'gone' },
  ],
);

/** semantics §2.1, the machine beside it. */
export type AllocationState = 'steady' | 'resizing' | 'stopping';
export type AllocationTrigger = 'resize' | 'targetReached' | 'timeout' | 'stop' | 'stopped';
export const allocationMachine: Machine<AllocationState, AllocationTrigger> = new Machine(
  'allocation',
  ['steady', 'resizing', 'stopping'],
  ['resize', 'targetReached', 'timeout', 'stop', 'stopped'],
  [
    { from: 'steady', trigger: 'resize', to: 'resizing' },
    { from: 'resizing', trigger: 'resize', to: 'resizing' },
    { from: 'resizing', trigger: 'targetReached', to: 'steady' },
    { from: 'resizing', trigger: 'timeout', to: 'steady' },
    { from: 'resizing', trigger: 'stop', to: 'stopping' },
    { from: 'stopping', trigger: 'stopped', to: 'steady' },
    // The pool is deleted.
    { from: 'stopping', trigger: 'resize', to: 'resizing' },
  ],
);

/** semantics §2.2; `gone` stands for a node that has left. */
export type NodeState =
  | 'creating'
  | 'starting'
  | 'idle'
  | 'running'
  | 'unknown'
  | 'leavingpool'
  | 'gone';
export type NodeTrigger =
  | 'booted'
  | 'ready'
  | 'firstTask'
  | 'lastTaskGone'
  | 'lost'
  | 'returned'
  | 'remove'
  | 'freed';
export const nodeMachine: Machine<NodeState, NodeTrigger> = new Machine(
  'node',
  ['creating', 'starting', 'idle', 'running', 'unknown', 'leavingpool', 'gone'],
  ['booted', 'ready', 'firstTask', 'lastTaskGone', 'lost', 'returned', 'remove', 'freed'],
  [
    { from: 'creating', trigger: 'booted', to: 'starting' },
    { from: 'starting', trigger: 'ready', to: 'idle' },
    { from: 'idle', trigger: 'firstTask', to: 'running' },
    { from: 'running', trigger: 'lastTaskGone', to: 'idle' },
    { from: 'idle', trigger: 'lost', to: 'unknown' },
    { from: 'running', trigger: 'lost', to: 'unknown' },
    { from: 'unknown', trigger: 'returned', to: 'idle' },
    { from: 'creating', trigger: 'remove', to: 'leavingpool' },
    { from: 'starting', trigger: 'remove', to: 'leavingpool' },
    { from: 'idle', trigger: 'remove', to: 'leavingpool' },
    { from: 'running', trigger: 'remove', to: 'leavingpool' },
    { from: 'unknown', trigger: 'remove', to: 'leavingpool' },
    { from: 'leavingpool', trigger: 'freed', to: 'gone' },
  ],
);

/** semantics §2.4; `gone` stands for a job that is no more. */
export type JobState =
  | 'active'
  | 'disabling'
  | 'disabled'
  | 'enabling'
  | 'terminating'
  | 'completed'
  | 'deleting'
  | 'gone';
export type JobTrigger =
  | 'disable'
  | 'nothingRuns'
  | 'enable'
  | 'enabled'
  | 'terminate'
  | 'allEnded'
  | 'delete';
export const jobMachine: Machine<JobState, JobTrigger> = new Machine(
  'job',
  ['active', 'disabling', 'disabled', 'enabling', 'terminating', 'completed', 'deleting', 'gone'],
  ['disable', 'nothingRuns', 'enable', 'enabled', 'terminate', 'allEnded', 'delete'],
  [
    { from: 'active', trigger: 'disable', to: 'disabling' },
    { from: 'disabling', trigger: 'disable', to: 'disabling' },
    { from: 'disabled', trigger: 'disable', to: 'disabling' },
    { from: 'disabling', trigger: 'nothingRuns', to: 'disabled' },
    { from: 'disabling', trigger: 'enable', to: 'enabling' },
    { from: 'disabled', trigger: 'enable', to: 'enabling' },
    { from: 'enabling', trigger: 'enabled', to: 'active' },
    { from: 'active', trigger: 'terminate', to: 'terminating' },
    { from: 'disabling', trigger: 'terminate', to: 'terminating' },
    { from: 'disabled', trigger: 'terminate', to: 'terminating' },
    { from: 'terminating', trigger: 'allEnded', to: 'completed' },
    { from: 'active', trigger: 'delete', to: 'deleting' },
    { from: 'disabling', trigger: 'delete', to: 'deleting' },
    { from: 'disabled', trigger: 'delete', to: 'deleting' },
    { from: 'terminating', trigger: 'delete', to: 'deleting' },
    { from: 'completed', trigger: 'delete', to: 'deleting' },
    { from: 'deleting', trigger: 'allEnded', to: 'gone' },
  ],
);

/** semantics §2.5; `gone` stands for a task that is no more. The order of states is that of packed rows. */
export type TaskStateName = 'active' | 'preparing' | 'running' | 'completed' | 'gone';
type TaskTriggerName =
  | 'place'
  | 'succeed'
  | 'fail'
  | 'retry'
  | 'requeue'
  | 'end'
  | 'reactivate'
  | 'delete';
export const taskMachine: Machine<TaskStateName, TaskTriggerName> = new Machine(
  'task',
  ['active', 'preparing', 'running', 'completed', 'gone'],
  ['place', 'succeed', 'fail', 'retry', 'requeue', 'end', 'reactivate', 'delete'],
  [
    { from: 'active', trigger: 'place', to: 'running' },
    { from: 'running', trigger: 'succeed', to: 'completed' },
    { from: 'running', trigger: 'fail', to: 'completed' },
    { from: 'running', trigger: 'retry', to: 'active' },
    { from: 'running', trigger: 'requeue', to: 'active' },
    { from: 'active', trigger: 'end', to: 'completed' },
    { from: 'running', trigger: 'end', to: 'completed' },
    { from: 'completed', trigger: 'reactivate', to: 'active' },
    { from: 'active', trigger: 'delete', to: 'gone' },
    { from: 'running', trigger: 'delete', to: 'gone' },
    { from: 'completed', trigger: 'delete', to: 'gone' },
  ],
);
export const TaskTrigger = {
  place: 0,
  succeed: 1,
  fail: 2,
  retry: 3,
  requeue: 4,
  end: 5,
  reactivate: 6,
  delete: 7,
} as const;
export type TaskTrigger = (typeof TaskTrigger)[keyof typeof TaskTrigger];
