/** One `{key, value}` of the service's error body (semantics §13.1). */
export interface ErrorValue {
  key: string;
  value: string;
}

/** A refusal as data: what a command's result carries and the REST body is made of. */
export interface BatchErrorBody {
  /** A code of semantics §13, e.g. `JobNotFound`. */
  code: string;
  /** One sentence: what is wrong, where, and what to do. */
  message: string;
  values?: ErrorValue[];
}

/** Thrown at the edges (door, client); inside the core refusals are data. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly code: string;
  readonly values: readonly ErrorValue[];
  constructor(body: BatchErrorBody) {
    super(body.message);
    this.code = body.code;
    this.values = body.values ?? [];
  }
}
