export {
  type AccountView,
  type ApplicationView,
  BatchError,
  type CertificateView,
  type DiagnosticEvent,
  type EngineEvent,
  type EventCause,
  type ExplainOptions,
  type ExplanationReason,
  explanationSentences,
  type JobScheduleView,
  type JobView,
  type NodeView,
  type PoolView,
  serviceQuotas,
  type TaskCounts,
  type TaskExplanation,
  type TaskRefusal,
  type TaskView,
} from '@berth/core';
export { type Executor, localExecutor, perRun } from '@berth/executors';
export { AzureBlobStore, type AzureStorageAccount, DirectoryBlobStore } from '@berth/storage';
export { AccountClient, AccountsClient } from './account-client.ts';
export { ApplicationsClient } from './application-client.ts';
export { Batch, JobsClient, PoolClient } from './batch.ts';
export { CertificatesClient } from './certificate-client.ts';
export type { Condition, Force } from './condition.ts';
export { JobClient, TaskClient, type TaskFilter } from './job-client.ts';
export type {
  DependencyAttributes,
  JobGraph,
  JobGraphOptions,
  TaskNodeAttributes,
} from './job-graph.ts';
export { JobScheduleClient, JobSchedulesClient } from './job-schedule-client.ts';
export { type BatchOptions, openBatch } from './open-batch.ts';
export type * from './parameters.ts';
export {
  type DownloadOptions,
  StorageClient,
  type TransferProgress,
  type UploadOptions,
} from './storage-client.ts';
