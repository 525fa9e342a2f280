/**
 * A change of state, for watchers. Ids are those of the REST API. What a command adds has no event; what the engine
 * makes by itself (the jobs of a schedule) comes from `none`.
 */
export type EngineEvent =
  | { entity: 'pool'; at: number; poolId: string; from: string; to: string }
  | { entity: 'node'; at: number; poolId: string; nodeId: string; from: string; to: string }
  | { entity: 'job'; at: number; jobId: string; from: string; to: string }
  | { entity: 'jobSchedule'; at: number; jobScheduleId: string; from: string; to: string }
  | {
      entity: 'applicationPackage';
      at: number;
      applicationId: string;
      version: string;
      from: string;
      to: string;
    }
  | {
      entity: 'certificate';
      at: number;
      thumbprintAlgorithm: string;
      thumbprint: string;
      from: string;
      to: string;
    }
  | {
      entity: 'task';
      at: number;
      jobId: string;
      taskId: string;
      from: string;
      to: string;
      /** On completion. */
      result?: 'success' | 'failure';
    };
