/** The codes of semantics §13.2 to §13.6. */
export const serviceCodes: readonly string[] = `
ConditionNotMet MissingRequiredHeader UnsupportedHeader InvalidHeaderValue MissingRequiredProperty UnsupportedProperty
InvalidPropertyValue MissingRequiredQueryParameter UnsupportedQueryParameter InvalidQueryParameterValue
OutOfRangeQueryParameterValue RequestUrlFailedToParse InvalidUri InvalidHttpVerb InvalidRequestBody InvalidInput
OutOfRangeInput EmptyMetadataKey InvalidMetadata MetadataTooLarge MultipleConditionHeadersNotSupported
InvalidAuthenticationInfo HostInformationNotPresent AuthenticationFailed InsufficientAccountPermissions AccountIsDisabled
ResourceNotFound UnsupportedHttpVerb ResourceAlreadyExists MissingContentLengthHeader RequestBodyTooLarge
ResourceTypeMismatch InvalidRange InternalError OperationTimedOut NotImplemented ServerBusy UnsupportedHttpVersion
UnsupportedRequestVersion InvalidRestAPIForAccountSetting InvalidAutoScalingSettings AutoScalingFormulaSyntaxError
AutoScaleFormulaTooLong InvalidConstraintValue UnsupportedConstraint OutOfRangePriority OSVersionNotFound OSVersionDisabled
OSVersionExpired PoolVersionEqualsUpgradeVersion PoolNotEligibleForOSVersionUpgrade TaskDependenciesNotSpecifiedOnJob
TaskDependencyListTooLong TaskDependencyRangesTooLong IOError PoolNotFound NodeNotFound JobScheduleNotFound JobNotFound
TaskNotFound FileNotFound PathNotFound NodeUserNotFound CertificateNotFound ApplicationNotFound NodeAgentSKUNotFound
StorageAccountNotFound JobPreparationTaskNotRunOnNode JobReleaseTaskNotRunOnNode OperationInvalidForCurrentState
PoolBeingDeleted PoolBeingResized PoolBeingCreated NodeBeingCreated NodeBeingStarted NodeBeingReimaged NodeBeingRebooted
NodeStateUnusable NodeCountsMismatch NodeAlreadyInTargetSchedulingState OperationNotValidOnNode OperationNotValidOnPool
JobScheduleBeingTerminated JobScheduleBeingDeleted JobScheduleDisabled JobScheduleCompleted JobScheduleExists
JobBeingTerminated JobBeingDeleted JobDisabled JobCompleted JobNotActive JobExists JobWithSameIdExists
JobScheduleWithSameIdExists TaskExists TaskCompleted TaskNotCompleted TaskSucceeded TaskIdSameAsJobPreparationTask
TaskIdSameAsJobReleaseTask TaskFilesUnavailable TaskFilesCleanedup JobPreparationTaskNotSpecified
JobReleaseTaskNotSpecified PoolExists NodeUserExists CertificateExists CertificateBeingDeleted CertificateStateActive
CertificateStateDeleteFailed ActiveJobAndScheduleQuotaReached PoolQuotaReached InvalidApplicationPackageReferences
InvalidCertificateReferences UpgradePoolVersionConflict TooManyEnableAutoScaleRequests
FailureExitCode TaskEnded BlobNotFound BlobAccessDenied BlobDownloadTimedOut BlobDownloadMiscError
ResourceDirectoryCreateFailed ResourceFileCreateFailed ResourceFileWriteFailed DiskFull CommandProgramNotFound
CommandLaunchFailed ApplicationPackageError MaxInternalRetryCountReached TaskSchedulingConstraintFailed
ContainerInvalidImage ContainerInvalidRegistry ContainerInvalidSettings ContainerMiscError FileUploadContainerNotFound
FileUploadAccessDenied FileUploadMiscError ResourceContainerAccessDenied ResourceContainerListMiscError Unknown
InvalidCertificatesInAutoPool AutoPoolCreationFailedWithQuotaReached InvalidApplicationPackageReferencesInAutoPool
InvalidAutoScaleFormulaInAutoPool InvalidAutoPoolSettings
AccountCoreQuotaReached AllocationFailed AllocationTimedout RemoveNodesFailed ResizeStopped
AccountLowPriorityCoreQuotaReached AccountSpotCoreQuotaReached AccountVMSeriesCoreQuotaReached
CommunicationEnabledPoolReachedMaxVMCount UnsupportedVMSize IncompatibleVMSize OverconstrainedAllocationRequestError
DependentResourceNotFound DiskEncryptionFailure FailedIdentityOperation
`
  .trim()
  .split(/\s+/);

const wire = 'of requests over HTTP, which a server answers';
const notBuilt = 'what it is about is not built yet';

function all(codes: string, why: string): Record<string, string> {
  return Object.fromEntries(
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [code, why]),
  );
}

/** Those that this engine does not give, and why. */
export const notGiven: Readonly<Record<string, string>> = {
  ...all(
    `ConditionNotMet MissingRequiredHeader UnsupportedHeader InvalidHeaderValue MissingRequiredQueryParameter
    UnsupportedQueryParameter InvalidQueryParameterValue OutOfRangeQueryParameterValue RequestUrlFailedToParse InvalidUri
    InvalidHttpVerb OutOfRangeInput MultipleConditionHeadersNotSupported InvalidAuthenticationInfo
    HostInformationNotPresent AuthenticationFailed InsufficientAccountPermissions UnsupportedHttpVerb
    MissingContentLengthHeader OperationTimedOut NotImplemented ServerBusy UnsupportedHttpVersion
    UnsupportedRequestVersion InvalidRestAPIForAccountSetting`,
    wire,
  ),
  ...all(
    `TaskFilesUnavailable TaskFilesCleanedup
    ContainerInvalidImage ContainerInvalidRegistry ContainerInvalidSettings ContainerMiscError
    NodeAgentSKUNotFound DiskEncryptionFailure FailedIdentityOperation`,
    notBuilt,
  ),
  OSVersionDisabled: 'an executor has a version, or has it not',
  OSVersionExpired: 'an executor has a version, or has it not',
  InvalidMetadata: 'EmptyMetadataKey and MetadataTooLarge say what is wrong with it',
  ResourceTypeMismatch: 'commands name what they are about, so that nothing else can be meant',
  UnsupportedConstraint: 'a constraint that there is not is an UnsupportedProperty',
  IOError: 'stores say what has failed',
  PathNotFound: 'FileNotFound names the path',
  StorageAccountNotFound: 'there is one store, which is always there',
  PoolBeingCreated: 'a pool is there at once',
  NodeCountsMismatch: 'counts are exact',
  JobScheduleDisabled: 'everything that an active schedule allows a disabled one allows',
  JobDisabled: 'everything that an active job allows a disabled one allows',
  JobNotActive: 'the codes of its state are given',
  CertificateBeingDeleted: 'a certificate is deleted in one step',
  AccountSpotCoreQuotaReached: 'today’s name of AccountLowPriorityCoreQuotaReached',
  AccountVMSeriesCoreQuotaReached: 'quotas are not by series of sizes',
  IncompatibleVMSize: 'a pool keeps its size',
  OverconstrainedAllocationRequestError: 'executors say AllocationFailed, with a message',
  DependentResourceNotFound: 'executors say AllocationFailed, with a message',
};
