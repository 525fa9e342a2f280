export {
  type AccountKeys,
  type AccountPatch,
  type AccountQuotas,
  type AccountSpecification,
  type PoolAllocationMode,
  serviceQuotas,
} from './account-specification.ts';
export type { AccountView } from './account-view.ts';
export type { PackageInstall, ResolvedPackage } from './application-references.ts';
export { applicationPackageVariable } from './application-variables.ts';
export type { ApplicationPackageView, ApplicationView } from './application-view.ts';
export type { Evaluation, FormulaInputs } from './autoscale/evaluator.ts';
export { Formula, parseFormula } from './autoscale/formula.ts';
export {
  type FormulaError,
  type FormulaErrorCode,
  formulaErrorText,
  type Position,
} from './autoscale/formula-error.ts';
export { historyLength, notSampled, SampleHistory, samplePeriodMs } from './autoscale/samples.ts';
export { type SampledVariable, sampledVariables } from './autoscale/variables.ts';
export type { CertificateName, DeleteCertificateError } from './certificate.ts';
export type { CertificateView } from './certificate-view.ts';
export * from './command.ts';
export type { TaskDependency } from './dependency-list.ts';
export type { DiagnosticEvent } from './diagnostics.ts';
export * from './effect.ts';
export {
  type Applied,
  type CommandResult,
  Engine,
  type EngineOptions,
  type Restoring,
} from './engine.ts';
export * from './errors.ts';
export type { EngineEvent, EventCause, StateChange } from './event-log.ts';
export type { ExplainOptions } from './explain.ts';
export {
  type CompletedReason,
  type CycleReason,
  defaultSearchLimit,
  type ExplanationReason,
  type FreeingEvent,
  freeingEvents,
  type JobManagerReason,
  type JobOrderReason,
  type JobStateReason,
  type LifetimeReason,
  type MaxParallelTasksReason,
  type MoreParentsReason,
  type MultiInstancePoolReason,
  type NodesByState,
  type NodesNotReadyReason,
  type NoFreeSlotsReason,
  type NoNodesReason,
  type NoPoolReason,
  type OlderJobsReason,
  type OtherNodeCountsReason,
  type OtherSizesReason,
  type ParentRangeReason,
  type ParentReason,
  type ParentState,
  type PoolDeletingReason,
  type PreparingReason,
  type PriorityReason,
  type QueueReason,
  type RootCauseReason,
  type RunningReason,
  type TaskExplanation,
  type TooFewFreeNodesReason,
  type TooManySlotsReason,
  type TurnReason,
} from './explanation.ts';
export { explanationSentences, reasonSentence } from './explanation-text.ts';
export { InputBatch } from './input-batch.ts';
export * from './limits.ts';
export type { Machine, Transition } from './machine.ts';
export {
  accountMachine,
  allocationMachine,
  applicationPackageMachine,
  certificateMachine,
  jobMachine,
  jobScheduleMachine,
  nodeMachine,
  poolMachine,
  schedulingMachine,
  taskMachine,
} from './machines.ts';
export type { NodeError } from './node.ts';
export type { CertificateInstall } from './node-install.ts';
export { type NodeMeasures, nodeMeasureNames } from './node-sample.ts';
export type { NodeSize } from './node-size.ts';
export type {
  FailureView,
  JobPreparationAndReleaseTaskStatus,
  NodeTaskInfo,
} from './node-task-view.ts';
export type { NodeUser } from './node-user.ts';
export type { OSVersions } from './os-version.ts';
export * from './policy.ts';
export type { ResizeError } from './pool.ts';
export type { AutoScaleRunError } from './pool-autoscale.ts';
export type { MountConfigurationView, PoolInfoView, UserAccountView } from './pool-secrets.ts';
export type {
  AutoScaleRunView,
  JobScheduleView,
  JobView,
  NodeCounts,
  NodeRoots,
  NodeUserView,
  NodeView,
  PoolNodeCounts,
  PoolView,
  Queries,
  RecentTaskView,
  StateView,
  TaskCounts,
  TaskList,
  TaskView,
} from './queries.ts';
export { Replay, type ReplayEnd, type ReplayedInput } from './replay.ts';
export * from './report.ts';
export { defaultRuleOptions, type RuleOptions } from './rule-options.ts';
export { secretHandlesIn, withSecrets } from './secret-mark.ts';
export type { SimulatedRun } from './simulated-run.ts';
export { Simulation, type SimulationOptions } from './simulation.ts';
export type { SimulationResult } from './simulation-tally.ts';
export * from './specification.ts';
export type {
  JobScheduleStatistics,
  JobStatistics,
  PoolStatistics,
  TaskStatistics,
} from './statistics.ts';
export type { SubtaskView } from './subtasks.ts';
export * from './system-environment.ts';
export { bytesPerRow } from './task-rows.ts';
export type { TaskRefusal } from './task-rules.ts';
export type { RunUser } from './user-identity.ts';
export { currentRulesVersion } from './world.ts';
