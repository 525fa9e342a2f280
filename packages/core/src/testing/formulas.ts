/** Formulas of random pools. What each means is said once more, by hand, in the tests of this repository. */
export const formulas = {
  two: '$TargetDedicatedNodes = 2',
  pending:
    'p = $PendingTasks.GetSamplePercent(TimeInterval_Minute); $TargetDedicatedNodes = p < 50 ? 1 : min(3, max($PendingTasks.GetSample(TimeInterval_Minute))); $NodeDeallocationOption = taskcompletion',
  active:
    '$TargetDedicatedNodes = min(2, $ActiveTasks.GetSample(1)); $TargetLowPriorityNodes = $RunningTasks > 0 ? 1 : 0.9; $NodeDeallocationOption = terminate',
  completed:
    '$TargetDedicatedNodes = $FailedTasks - $SucceededTasks + $TargetDedicatedNodes / 2; $TargetDedicatedNodes = min(3, $TargetDedicatedNodes)',
} as const;
