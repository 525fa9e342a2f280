import type { AccountSpecification } from './account-specification.ts';
import type { ApplicationRecord } from './application.ts';
import { Application } from './application.ts';
import type { Certificate, CertificateRecord } from './certificate.ts';
import { certificateKey } from './certificate.ts';
import type { Job } from './job.ts';
import type { JobSchedule } from './job-schedule.ts';
import type { Pool } from './pool.ts';
import { idKey } from './task-text.ts';

/** Those of a disabled account are refused what they ask for; what runs goes on (semantics §1.1). */
export type AccountState = 'enabled' | 'disabled';

/** An account in snapshots. */
export interface AccountRecord {
  readonly number: number;
  specification: AccountSpecification;
  readonly creationTime: number;
  state: AccountState;
  applications: ApplicationRecord[];
  certificates: CertificateRecord[];
}

/** An account: what pools, jobs and job schedules belong to, and what their ids are unique in (semantics §1.1). */
export class Account {
  readonly number: number;
  specification: AccountSpecification;
  readonly creationTime: number;
  state: AccountState;
  /** By their keys ({@link idKey}). */
  readonly poolById: Map<string, Pool> = new Map();
  readonly jobById: Map<string, Job> = new Map();
  readonly jobScheduleById: Map<string, JobSchedule> = new Map();
  /** By id in lower case, by creation. */
  readonly applications: Map<string, Application>;
  /** By algorithm and thumbprint, by creation. */
  readonly certificates: Map<string, Certificate>;

  constructor(record: AccountRecord) {
    const { number, specification, creationTime, state } = record;
    this.number = number;
    this.specification = specification;
    this.creationTime = creationTime;
    this.state = state;
    this.applications = new Map(
      record.applications.map((one) => [idKey(one.specification.id), new Application(one)]),
    );
    this.certificates = new Map(
      record.certificates.map((one) => [certificateKey(one.specification), one]),
    );
  }

  get name(): string {
    return this.specification.accountName;
  }

  get isEmpty(): boolean {
    const { poolById, jobById, jobScheduleById, applications, certificates } = this;
    const all = [poolById, jobById, jobScheduleById, applications, certificates];
    return all.every(({ size }) => size === 0);
  }

  pool(id: string): Pool | undefined {
    return this.poolById.get(idKey(id));
  }

  job(id: string): Job | undefined {
    return this.jobById.get(idKey(id));
  }

  jobSchedule(id: string): JobSchedule | undefined {
    return this.jobScheduleById.get(idKey(id));
  }

  record(): AccountRecord {
    const { number, specification, creationTime, state } = this;
    return {
      number,
      specification,
      creationTime,
      state,
      applications: [...this.applications.values()].map((one) => one.record()),
      certificates: [...this.certificates.values()],
    };
  }
}
