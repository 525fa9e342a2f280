/** How many random histories to try: `usual`, or as many times that as BERTH_RUNS says. */
export function numRuns(usual: number): number {
  return Math.ceil(usual * Number(process.env['BERTH_RUNS'] ?? 1));
}
