/*
 * Each code of docs/errors.md that the core or the door gives, and the least that leads to it: a scenario (test/scenarios)
 * with one command per line. Its output must have the code.
 */

const p = 'add pool p\nnodes ready\n';
const running = `${p}add job j\nadd task j/a\n`;
const versioned = 'os versions 4 1,2\nadd pool p osFamily=4 osVersion=1\nnodes ready\n';
const scheduled = 'add schedule s\n';

/** What executors report of a task, and what it fails with then. */
const failures = [
  'BlobNotFound',
  'BlobAccessDenied',
  'BlobDownloadTimedOut',
  'BlobDownloadMiscError',
  'ResourceDirectoryCreateFailed',
  'ResourceFileCreateFailed',
  'ResourceFileWriteFailed',
  'DiskFull',
  'CommandProgramNotFound',
  'CommandLaunchFailed',
  'FileUploadContainerNotFound',
  'FileUploadAccessDenied',
  'FileUploadMiscError',
  'ResourceContainerAccessDenied',
  'ResourceContainerListMiscError',
  'Unknown',
  'ApplicationPackageError',
];

export const cases: Record<string, string> = {
  // What is wrong with a specification.
  MissingRequiredProperty: 'add pool p nodes=0\nenable autoscale p',
  InvalidPropertyValue: 'add pool p slots=1000',
  OutOfRangePriority: 'add job j priority=1001',
  InvalidConstraintValue: 'add job j retries=-2',
  InvalidAutoScalingSettings: 'add pool p nodes=1 formula="$TargetDedicatedNodes=1"',
  TaskDependenciesNotSpecifiedOnJob: 'add job j\nadd task j/a dependsOn=b',

  // What an account does not allow.
  ResourceNotFound: 'account y\nadd pool p',
  ResourceAlreadyExists: 'add account y\nadd account y',
  AccountIsDisabled: 'patch account state=disabled\nadd pool p',
  PoolQuotaReached: 'patch account pools=0\nadd pool p',
  ActiveJobAndScheduleQuotaReached: 'patch account jobs=0\nadd job j',

  // What the host does not allow.
  MaxInternalRetryCountReached: `set options internalRetries=0\n${running}node p/node-1 lost\nshow task j/a`,

  // What the state does not allow.
  PoolExists: 'add pool p\nadd pool p',
  PoolNotFound: 'delete pool p',
  PoolBeingDeleted: 'add pool p\ndelete pool p\ndelete pool p',
  PoolBeingResized: 'add pool p\nresize pool p nodes=2',
  OperationNotValidOnPool: 'add pool p nodes=0\nevaluate autoscale p formula="a=1"',
  TooManyEnableAutoScaleRequests:
    'add pool p nodes=0\nenable autoscale p formula="a=1"\nenable autoscale p formula="a=1"',
  OperationInvalidForCurrentState: 'add pool p nodes=0\nstop resize p',
  PoolNotEligibleForOSVersionUpgrade: `${p}upgrade os p version=2`,
  PoolVersionEqualsUpgradeVersion: `${versioned}upgrade os p version=1`,
  OSVersionNotFound: `${versioned}upgrade os p version=3`,
  UpgradePoolVersionConflict: `${versioned}upgrade os p version=2\nupgrade os p version=1`,
  NodeNotFound: `${p}reboot node p/node-9`,
  NodeAlreadyInTargetSchedulingState: `${p}enable node p/node-1`,
  NodeBeingCreated: 'add pool p\nreboot node p/node-1',
  NodeBeingStarted: 'add pool p startTask=x\nnodes ready\nreboot node p/node-1',
  NodeBeingRebooted: `${p}reboot node p/node-1\nreboot node p/node-1`,
  NodeBeingReimaged: `${p}reimage node p/node-1\nreboot node p/node-1`,
  NodeStateUnusable: `${p}node p/node-1 lost\nreboot node p/node-1`,
  NodeUserExists: `${p}add user p/node-1 name=u\nadd user p/node-1 name=u`,
  NodeUserNotFound: `${p}delete user p/node-1 name=u`,
  JobExists: 'add job j\nadd job j',
  JobNotFound: 'terminate job j',
  JobCompleted: 'add job j\nterminate job j\nadd task j/a',
  JobBeingTerminated: `${running}terminate job j\nadd task j/b`,
  JobBeingDeleted: `${running}delete job j\ndelete job j`,
  JobScheduleExists: `${scheduled}add schedule s`,
  JobWithSameIdExists: 'add job s\nadd schedule s',
  JobScheduleWithSameIdExists: `${scheduled}add job s`,
  JobScheduleNotFound: 'disable schedule s',
  JobScheduleCompleted: `${scheduled}terminate schedule s\nterminate job s:job-1\ndisable schedule s`,
  JobScheduleBeingTerminated: `${p}${scheduled}terminate schedule s\ndisable schedule s`,
  JobScheduleBeingDeleted: `${p}${scheduled}delete schedule s\ndelete schedule s`,
  TaskExists: 'add job j\nadd task j/a\nadd task j/a',
  TaskNotFound: 'add job j\nterminate task j/a',
  TaskCompleted: `${running}task j/a exits 1\nterminate task j/a`,
  TaskNotCompleted: `${running}reactivate task j/a`,
  TaskSucceeded: `${running}task j/a exits 0\nreactivate task j/a`,

  // Applications and certificates.
  ApplicationNotFound: 'delete application a',
  ApplicationPackageNotFound: 'add application a\nactivate package a@1',
  ApplicationQuotaReached: Array.from({ length: 21 }, (_, n) => `add application a${n}`).join('\n'),
  ApplicationPackageQuotaReached: `add application a\n${Array.from({ length: 41 }, (_, n) => `add package a@${n}`).join('\n')}`,
  InvalidApplicationPackageReferences: 'add pool p packages=a@1',
  InvalidCertificateReferences: 'add pool p certificates=ab12',
  CertificateExists: 'add certificate ab12\nadd certificate ab12',
  CertificateNotFound: 'delete certificate ab12',
  CertificateStateActive: 'add certificate ab12\ncancel deletion ab12',
  CertificateInUse:
    'add certificate ab12\nadd pool p certificates=ab12\ndelete certificate ab12\nshow certificate ab12',
  CertificateStateDeleteFailed:
    'add certificate ab12\nadd pool p certificates=ab12\ndelete certificate ab12\nadd certificate ab12',

  // Why a job has no pool.
  InvalidApplicationPackageReferencesInAutoPool: 'add job j autoPool=job packages=a@1\nshow job j',
  InvalidCertificatesInAutoPool: 'add job j autoPool=job certificates=ab12\nshow job j',
  AutoPoolCreationFailedWithQuotaReached:
    'patch account pools=0\nadd job j autoPool=job\nshow job j',

  // How a resize fails.
  AllocationTimedout: 'add pool p timeout=PT5M\nat 5m\nshow pool p',
  RemoveNodesFailed: `${running}resize pool p nodes=0 timeout=PT5M option=taskcompletion\nat 5m\nshow pool p`,
  ResizeStopped: 'add pool p\nstop resize p\nnodes ready\nshow pool p',
  AccountCoreQuotaReached: 'patch account cores=0\nadd pool p\nshow pool p',
  AccountLowPriorityCoreQuotaReached:
    'patch account lowPriorityCores=0\nadd pool p nodes=0 lowPriority=1\nshow pool p',

  // What is wrong with a formula.
  AutoScalingFormulaSyntaxError: 'add pool p formula="a="',
  AutoScaleFormulaTooLong: `add pool p formula="${'a=1;'.repeat(2049)}"`,
  InsufficientSampleData:
    'add pool p formula="$TargetDedicatedNodes = $PendingTasks.GetSample(1)"\nshow autoscale p',
  EvaluationError: 'add pool p formula="$TargetDedicatedNodes=1/0"\nshow autoscale p',

  // How tasks fail.
  FailureExitCode: `${running}task j/a exits 1\nshow task j/a`,
  TaskEnded: `${running}terminate task j/a\ntask j/a exits 1\nshow task j/a`,
  ...Object.fromEntries(
    failures.map((code) => [code, `${running}task j/a fails ${code}\nshow task j/a`]),
  ),

  // What is wrong with a node.
  ContainerSetupError: `${p}node p/node-1 unusable error=ContainerSetupError\nshow node p/node-1`,
  NodePreparationError: `${p}node p/node-1 unusable error=NodePreparationError\nshow node p/node-1`,
  NetworkBlocked: `${p}node p/node-1 unusable error=NetworkBlocked\nshow node p/node-1`,
};

/** Those of docs/errors.md that no test leads to, and why. */
export const neverShown: Readonly<Record<string, string>> = {
  InvalidAutoPoolSettings:
    'for what refuses pools in later versions: today every refusal has a code of its own',
  InternalError: 'for what nobody has foreseen',
  JournalReadFailed: 'the system refuses to read a file that it has opened',
  PolicyFailed: 'a policy of the user throws',
};
