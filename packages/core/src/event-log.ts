/**
 * A change of state, for watchers. Ids are those of the REST API. What a command adds has no event; what the engine
 * makes by itself (the jobs of a schedule) comes from `none`.
 */
export type EngineEvent =
  | { entity: 'pool'; at: number; accountName: string; poolId: string; from: string; to: string }
  | {
      entity: 'node';
      at: number;
      accountName: string;
      poolId: string;
      nodeId: string;
      from: string;
      to: string;
    }
  | { entity: 'job'; at: number; accountName: string; jobId: string; from: string; to: string }
  | {
      entity: 'jobSchedule';
      at: number;
      accountName: string;
      jobScheduleId: string;
      from: string;
      to: string;
    }
  | {
      entity: 'applicationPackage';
      at: number;
      accountName: string;
      applicationId: string;
      version: string;
      from: string;
      to: string;
    }
  | {
      entity: 'certificate';
      at: number;
      accountName: string;
      thumbprintAlgorithm: string;
      thumbprint: string;
      from: string;
      to: string;
    }
  | {
      entity: 'task';
      at: number;
      accountName: string;
      jobId: string;
      taskId: string;
      from: string;
      to: string;
      /** On completion. */
      result?: 'success' | 'failure';
    };
