/** As many random histories as are usual, or as many times that as BERTH_RUNS says. */
const times = Number(process.env['BERTH_RUNS'] ?? 1);

export function numRuns(usual: number): number {
  return Math.ceil(usual * times);
}

/** Milliseconds, generous: shrinking takes its time. */
export const timeout: number = 120_000 * Math.max(1, times);

export const thorough: boolean = times > 1;
