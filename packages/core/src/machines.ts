import { Machine } from './machine.ts';

/** semantics §1.1; `gone` stands for an account that is no more. */
export type AccountState = 'enabled' | 'disabled' | 'gone';
export type AccountTrigger = 'disable' | 'enable' | 'delete';
export const accountMachine: Machine<AccountState, AccountTrigger> = new Machine(
  'account',
  ['enabled', 'disabled', 'gone'],
  ['disable', 'enable', 'delete'],
  [
    { from: 'enabled', trigger: 'disable', to: 'disabled' },
    { from: 'disabled', trigger: 'enable', to: 'enabled' },
    { from: 'enabled', trigger: 'delete', to: 'gone' },
    { from: 'disabled', trigger: 'delete', to: 'gone' },
  ],
);

/** semantics §2.1; `gone` stands for a pool that is no more. */
export type PoolState = 'active' | 'upgrading' | 'deleting' | 'gone';
export type PoolTrigger = 'upgrade' | 'upgraded' | 'delete' | 'lastNodeGone';
export const poolMachine: Machine<PoolState, PoolTrigger> = new Machine(
  'pool',
  ['active', 'upgrading', 'deleting', 'gone'],
  ['upgrade', 'upgraded', 'delete', 'lastNodeGone'],
  [
    { from: 'active', trigger: 'upgrade', to: 'upgrading' },
    { from: 'upgrading', trigger: 'upgraded', to: 'active' },
    { from: 'active', trigger: 'delete', to: 'deleting' },
    { from: 'upgrading', trigger: 'delete', to: 'deleting' },
    { from: 'deleting', trigger: 'lastNodeGone', to: 'gone' },
  ],
);

/** semantics §2.1, the machine beside it. */
export type AllocationState = 'steady' | 'resizing' | 'stopping';
export type AllocationTrigger =
  | 'resize'
  | 'targetReached'
  | 'quotaReached'
  | 'timeout'
  | 'allocationFailed'
  | 'stop'
  | 'stopped';
export const allocationMachine: Machine<AllocationState, AllocationTrigger> = new Machine(
  'allocation',
  ['steady', 'resizing', 'stopping'],
  ['resize', 'targetReached', 'quotaReached', 'timeout', 'allocationFailed', 'stop', 'stopped'],
  [
    { from: 'steady', trigger: 'resize', to: 'resizing' },
    { from: 'resizing', trigger: 'resize', to: 'resizing' },
    { from: 'resizing', trigger: 'targetReached', to: 'steady' },
    { from: 'resizing', trigger: 'quotaReached', to: 'steady' },
    { from: 'resizing', trigger: 'timeout', to: 'steady' },
    { from: 'resizing', trigger: 'allocationFailed', to: 'steady' },
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
  | 'waitingforstarttask'
  | 'starttaskfailed'
  | 'idle'
  | 'running'
  | 'offline'
  | 'rebooting'
  | 'reimaging'
  | 'unknown'
  | 'unusable'
  | 'preempted'
  | 'deallocating'
  | 'deallocated'
  | 'leavingpool'
  | 'gone';
export type NodeTrigger =
  | 'booted'
  | 'startTask'
  | 'ready'
  | 'readyDisabled'
  | 'startTaskFailed'
  | 'firstTask'
  | 'lastTaskGone'
  | 'drained'
  | 'disable'
  | 'enable'
  | 'reboot'
  | 'reimage'
  | 'upgrade'
  | 'deallocate'
  | 'deallocated'
  | 'start'
  | 'lost'
  | 'returned'
  | 'returnedRunning'
  | 'returnedDisabled'
  | 'returnedWaiting'
  | 'returnedFailed'
  | 'unusable'
  | 'preempt'
  | 'capacityBack'
  | 'remove'
  | 'freed';
export const nodeMachine: Machine<NodeState, NodeTrigger> = new Machine(
  'node',
  [
    'creating',
    'starting',
    'waitingforstarttask',
    'starttaskfailed',
    'idle',
    'running',
    'offline',
    'rebooting',
    'reimaging',
    'unknown',
    'unusable',
    'preempted',
    'deallocating',
    'deallocated',
    'leavingpool',
    'gone',
  ],
  [
    'booted',
    'startTask',
    'ready',
    'readyDisabled',
    'startTaskFailed',
    'firstTask',
    'lastTaskGone',
    'drained',
    'disable',
    'enable',
    'reboot',
    'reimage',
    'upgrade',
    'deallocate',
    'deallocated',
    'start',
    'lost',
    'returned',
    'returnedRunning',
    'returnedDisabled',
    'returnedWaiting',
    'returnedFailed',
    'unusable',
    'preempt',
    'capacityBack',
    'remove',
    'freed',
  ],
  [
    { from: 'creating', trigger: 'booted', to: 'starting' },
    { from: 'rebooting', trigger: 'booted', to: 'starting' },
    { from: 'reimaging', trigger: 'booted', to: 'starting' },
    { from: 'unusable', trigger: 'booted', to: 'starting' },
    { from: 'starting', trigger: 'startTask', to: 'waitingforstarttask' },
    { from: 'starting', trigger: 'ready', to: 'idle' },
    { from: 'starting', trigger: 'readyDisabled', to: 'offline' },
    { from: 'waitingforstarttask', trigger: 'ready', to: 'idle' },
    { from: 'waitingforstarttask', trigger: 'readyDisabled', to: 'offline' },
    { from: 'waitingforstarttask', trigger: 'startTaskFailed', to: 'starttaskfailed' },
    { from: 'idle', trigger: 'firstTask', to: 'running' },
    { from: 'running', trigger: 'lastTaskGone', to: 'idle' },
    { from: 'running', trigger: 'drained', to: 'offline' },
    { from: 'idle', trigger: 'disable', to: 'offline' },
    { from: 'offline', trigger: 'enable', to: 'idle' },
    { from: 'idle', trigger: 'reboot', to: 'rebooting' },
    { from: 'running', trigger: 'reboot', to: 'rebooting' },
    { from: 'offline', trigger: 'reboot', to: 'rebooting' },
    { from: 'starttaskfailed', trigger: 'reboot', to: 'rebooting' },
    { from: 'unusable', trigger: 'reboot', to: 'rebooting' },
    { from: 'idle', trigger: 'reimage', to: 'reimaging' },
    { from: 'running', trigger: 'reimage', to: 'reimaging' },
    { from: 'offline', trigger: 'reimage', to: 'reimaging' },
    { from: 'starttaskfailed', trigger: 'reimage', to: 'reimaging' },
    { from: 'unusable', trigger: 'reimage', to: 'reimaging' },
    { from: 'starting', trigger: 'upgrade', to: 'reimaging' },
    { from: 'waitingforstarttask', trigger: 'upgrade', to: 'reimaging' },
    { from: 'starttaskfailed', trigger: 'upgrade', to: 'reimaging' },
    { from: 'idle', trigger: 'upgrade', to: 'reimaging' },
    { from: 'running', trigger: 'upgrade', to: 'reimaging' },
    { from: 'offline', trigger: 'upgrade', to: 'reimaging' },
    { from: 'rebooting', trigger: 'upgrade', to: 'reimaging' },
    // What it was asked for before is asked for anew, with the new version.
    { from: 'reimaging', trigger: 'upgrade', to: 'reimaging' },
    { from: 'unusable', trigger: 'upgrade', to: 'reimaging' },
    // It was away while the version of its pool changed.
    { from: 'unknown', trigger: 'upgrade', to: 'reimaging' },
    { from: 'idle', trigger: 'deallocate', to: 'deallocating' },
    { from: 'running', trigger: 'deallocate', to: 'deallocating' },
    { from: 'deallocating', trigger: 'deallocated', to: 'deallocated' },
    { from: 'deallocated', trigger: 'start', to: 'starting' },
    { from: 'waitingforstarttask', trigger: 'lost', to: 'unknown' },
    { from: 'starttaskfailed', trigger: 'lost', to: 'unknown' },
    { from: 'idle', trigger: 'lost', to: 'unknown' },
    { from: 'running', trigger: 'lost', to: 'unknown' },
    { from: 'offline', trigger: 'lost', to: 'unknown' },
    { from: 'unknown', trigger: 'returned', to: 'idle' },
    { from: 'unknown', trigger: 'returnedRunning', to: 'running' },
    { from: 'unknown', trigger: 'returnedDisabled', to: 'offline' },
    { from: 'unknown', trigger: 'returnedWaiting', to: 'waitingforstarttask' },
    { from: 'unknown', trigger: 'returnedFailed', to: 'starttaskfailed' },
    { from: 'creating', trigger: 'unusable', to: 'unusable' },
    { from: 'starting', trigger: 'unusable', to: 'unusable' },
    { from: 'waitingforstarttask', trigger: 'unusable', to: 'unusable' },
    { from: 'starttaskfailed', trigger: 'unusable', to: 'unusable' },
    { from: 'idle', trigger: 'unusable', to: 'unusable' },
    { from: 'running', trigger: 'unusable', to: 'unusable' },
    { from: 'offline', trigger: 'unusable', to: 'unusable' },
    { from: 'rebooting', trigger: 'unusable', to: 'unusable' },
    { from: 'reimaging', trigger: 'unusable', to: 'unusable' },
    { from: 'unknown', trigger: 'unusable', to: 'unusable' },
    { from: 'creating', trigger: 'preempt', to: 'preempted' },
    { from: 'starting', trigger: 'preempt', to: 'preempted' },
    { from: 'waitingforstarttask', trigger: 'preempt', to: 'preempted' },
    { from: 'starttaskfailed', trigger: 'preempt', to: 'preempted' },
    { from: 'idle', trigger: 'preempt', to: 'preempted' },
    { from: 'running', trigger: 'preempt', to: 'preempted' },
    { from: 'offline', trigger: 'preempt', to: 'preempted' },
    { from: 'rebooting', trigger: 'preempt', to: 'preempted' },
    { from: 'reimaging', trigger: 'preempt', to: 'preempted' },
    { from: 'unknown', trigger: 'preempt', to: 'preempted' },
    { from: 'unusable', trigger: 'preempt', to: 'preempted' },
    { from: 'preempted', trigger: 'capacityBack', to: 'creating' },
    { from: 'creating', trigger: 'remove', to: 'leavingpool' },
    { from: 'starting', trigger: 'remove', to: 'leavingpool' },
    { from: 'waitingforstarttask', trigger: 'remove', to: 'leavingpool' },
    { from: 'starttaskfailed', trigger: 'remove', to: 'leavingpool' },
    { from: 'idle', trigger: 'remove', to: 'leavingpool' },
    { from: 'running', trigger: 'remove', to: 'leavingpool' },
    { from: 'offline', trigger: 'remove', to: 'leavingpool' },
    { from: 'rebooting', trigger: 'remove', to: 'leavingpool' },
    { from: 'reimaging', trigger: 'remove', to: 'leavingpool' },
    { from: 'unknown', trigger: 'remove', to: 'leavingpool' },
    { from: 'unusable', trigger: 'remove', to: 'leavingpool' },
    { from: 'preempted', trigger: 'remove', to: 'leavingpool' },
    { from: 'deallocating', trigger: 'remove', to: 'leavingpool' },
    { from: 'deallocated', trigger: 'remove', to: 'leavingpool' },
    { from: 'leavingpool', trigger: 'freed', to: 'gone' },
  ],
);

/** semantics §10; `gone` stands for a version that is no more. */
export type ApplicationPackageState = 'pending' | 'active' | 'gone';
export type ApplicationPackageTrigger = 'activate' | 'update' | 'delete';
export const applicationPackageMachine: Machine<
  ApplicationPackageState,
  ApplicationPackageTrigger
> = new Machine(
  'applicationPackage',
  ['pending', 'active', 'gone'],
  ['activate', 'update', 'delete'],
  [
    { from: 'pending', trigger: 'activate', to: 'active' },
    { from: 'active', trigger: 'activate', to: 'active' },
    { from: 'pending', trigger: 'update', to: 'pending' },
    { from: 'active', trigger: 'update', to: 'pending' },
    { from: 'pending', trigger: 'delete', to: 'gone' },
    { from: 'active', trigger: 'delete', to: 'gone' },
  ],
);

/** semantics §11; `gone` stands for a certificate that is no more. Nothing rests in `deleting`. */
export type CertificateState = 'active' | 'deleting' | 'deletefailed' | 'gone';
export type CertificateTrigger = 'delete' | 'unused' | 'inUse' | 'cancelDelete';
export const certificateMachine: Machine<CertificateState, CertificateTrigger> = new Machine(
  'certificate',
  ['active', 'deleting', 'deletefailed', 'gone'],
  ['delete', 'unused', 'inUse', 'cancelDelete'],
  [
    { from: 'active', trigger: 'delete', to: 'deleting' },
    { from: 'deleting', trigger: 'inUse', to: 'deletefailed' },
    { from: 'deletefailed', trigger: 'delete', to: 'deleting' },
    { from: 'deletefailed', trigger: 'cancelDelete', to: 'active' },
    { from: 'deleting', trigger: 'unused', to: 'gone' },
  ],
);

/** semantics §2.2, the machine beside it. */
export type SchedulingState = 'enabled' | 'disabled';
export type SchedulingTrigger = 'disable' | 'enable';
export const schedulingMachine: Machine<SchedulingState, SchedulingTrigger> = new Machine(
  'scheduling',
  ['enabled', 'disabled'],
  ['disable', 'enable'],
  [
    { from: 'enabled', trigger: 'disable', to: 'disabled' },
    { from: 'disabled', trigger: 'enable', to: 'enabled' },
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
  | 'autoPoolFailed'
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
  [
    'autoPoolFailed',
    'disable',
    'nothingRuns',
    'enable',
    'enabled',
    'terminate',
    'allEnded',
    'delete',
  ],
  [
    { from: 'active', trigger: 'autoPoolFailed', to: 'completed' },
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

/** semantics §2.6; `gone` stands for a schedule that is no more. */
export type JobScheduleState =
  | 'active'
  | 'disabled'
  | 'terminating'
  | 'completed'
  | 'deleting'
  | 'gone';
export type JobScheduleTrigger =
  | 'disable'
  | 'enable'
  | 'terminate'
  | 'over'
  | 'jobEnded'
  | 'delete'
  | 'jobsGone';
export const jobScheduleMachine: Machine<JobScheduleState, JobScheduleTrigger> = new Machine(
  'jobSchedule',
  ['active', 'disabled', 'terminating', 'completed', 'deleting', 'gone'],
  ['disable', 'enable', 'terminate', 'over', 'jobEnded', 'delete', 'jobsGone'],
  [
    { from: 'active', trigger: 'disable', to: 'disabled' },
    { from: 'disabled', trigger: 'enable', to: 'active' },
    { from: 'active', trigger: 'terminate', to: 'terminating' },
    { from: 'disabled', trigger: 'terminate', to: 'terminating' },
    { from: 'active', trigger: 'over', to: 'terminating' },
    { from: 'disabled', trigger: 'over', to: 'terminating' },
    { from: 'terminating', trigger: 'jobEnded', to: 'completed' },
    { from: 'active', trigger: 'delete', to: 'deleting' },
    { from: 'disabled', trigger: 'delete', to: 'deleting' },
    { from: 'terminating', trigger: 'delete', to: 'deleting' },
    { from: 'completed', trigger: 'delete', to: 'deleting' },
    { from: 'deleting', trigger: 'jobsGone', to: 'gone' },
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
  | 'delete'
  | 'prepare'
  | 'begin';
export const taskMachine: Machine<TaskStateName, TaskTriggerName> = new Machine(
  'task',
  ['active', 'preparing', 'running', 'completed', 'gone'],
  [
    'place',
    'succeed',
    'fail',
    'retry',
    'requeue',
    'end',
    'reactivate',
    'delete',
    'prepare',
    'begin',
  ],
  [
    { from: 'active', trigger: 'place', to: 'running' },
    { from: 'active', trigger: 'prepare', to: 'preparing' },
    { from: 'preparing', trigger: 'begin', to: 'running' },
    { from: 'preparing', trigger: 'requeue', to: 'active' },
    { from: 'preparing', trigger: 'end', to: 'completed' },
    { from: 'preparing', trigger: 'delete', to: 'gone' },
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
  prepare: 8,
  begin: 9,
} as const;
export type TaskTrigger = (typeof TaskTrigger)[keyof typeof TaskTrigger];
