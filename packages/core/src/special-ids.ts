import type { BatchErrorBody } from './errors.ts';
import { spelledInteger } from './integer-ids.ts';
import { refuse } from './refusal.ts';
import type { JobSpecification } from './specification.ts';
import { idKey } from './task-text.ts';

/** The directory of a task is named by its id, and these have theirs already (semantics §1.5, §8). */
export function refuseSpecialId(job: JobSpecification, id: string): BatchErrorBody | undefined {
  return specialIds(job).find((special) => idKey(special.id) === idKey(id))?.refusal;
}

/** The same for ids that are integers. */
export function refuseSpecialIdIn(
  job: JobSpecification,
  first: number,
  count: number,
): BatchErrorBody | undefined {
  return specialIds(job).find(({ id }) => {
    const integer = spelledInteger(id);
    return integer >= first && integer < first + count;
  })?.refusal;
}

function specialIds({ id, jobPreparationTask, jobReleaseTask }: JobSpecification): {
  id: string;
  refusal: BatchErrorBody;
}[] {
  const refusal = (code: string, name: string, taskId: string): BatchErrorBody =>
    refuse(code, `"${taskId}" is the id of the ${name} of job "${id}": give the task another.`);
  return [
    ...(jobPreparationTask === undefined
      ? []
      : [
          {
            id: jobPreparationTask.id,
            refusal: refusal(
              'TaskIdSameAsJobPreparationTask',
              'jobPreparationTask',
              jobPreparationTask.id,
            ),
          },
        ]),
    ...(jobReleaseTask === undefined
      ? []
      : [
          {
            id: jobReleaseTask.id,
            refusal: refusal('TaskIdSameAsJobReleaseTask', 'jobReleaseTask', jobReleaseTask.id),
          },
        ]),
  ];
}
