/** Something is wrong with a scenario file or with what happened in it: always at a line. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';

  constructor(line: number, problem: string, options?: ErrorOptions) {
    super(`line ${line}: ${problem}`, options);
  }
}
