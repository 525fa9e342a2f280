import { parseRange } from './id-list.ts';

const others: Record<string, string> = {
  default: 'default',
  preProcessing: 'preProcessingError',
  upload: 'fileUploadError',
};

/**
 * `5=none/satisfy,10..20=disable,default=/satisfy`: for exit code 5 no job action and satisfy, for those from 10 to
 * 20 disable, for every other failure satisfy; also `preProcessing=` and `upload=`.
 */
export function exitConditions(text: string): unknown {
  const exitCodes: object[] = [];
  const exitCodeRanges: object[] = [];
  const conditions: Record<string, unknown> = {};
  for (const item of text.split(',')) {
    const [when = '', actions = ''] = item.split('=');
    const [jobAction, dependencyAction] = actions.split('/');
    const exitOptions = {
      ...(jobAction && { jobAction }),
      ...(dependencyAction && { dependencyAction }),
    };
    const range = parseRange(when);
    if (range !== undefined) exitCodeRanges.push({ ...range, exitOptions });
    else if (when in others) conditions[others[when] ?? when] = exitOptions;
    else exitCodes.push({ code: Number(when), exitOptions });
  }
  if (exitCodes.length > 0) conditions['exitCodes'] = exitCodes;
  if (exitCodeRanges.length > 0) conditions['exitCodeRanges'] = exitCodeRanges;
  return conditions;
}
