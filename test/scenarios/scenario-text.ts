import { ScenarioError } from './scenario-error.ts';

/** One command and the output that stands under it. */
export interface Step {
  readonly line: number;
  readonly command: string;
  /** Without the indentation. */
  readonly output: readonly string[];
}

/** A scenario file: its steps, and between them comments and blank lines as they were written. */
export interface ScenarioText {
  /** The first comment, which says what the scenario shows. */
  readonly title: string;
  readonly parts: readonly (Step | string)[];
}

const indentation = '  ';

/** Lines that begin a line are commands, indented ones the output of the command above them. */
export function parseScenario(text: string): ScenarioText {
  const parts: (Step | string)[] = [];
  let output: string[] | undefined;
  for (const [index, written] of text.trimEnd().split('\n').entries()) {
    const line = index + 1;
    if (written.startsWith(' ')) {
      if (output === undefined) throw new ScenarioError(line, 'an output without a command above');
      output.push(written.trim());
    } else if (written === '' || written.startsWith('#')) {
      parts.push(written);
      output = undefined;
    } else {
      output = [];
      parts.push({ line, command: written, output });
    }
  }
  const [first] = parts;
  if (typeof first !== 'string' || !first.startsWith('# ')) {
    throw new ScenarioError(1, 'a scenario begins with a comment that says what it shows');
  }
  return { title: first.slice(2), parts };
}

export function formatScenario(parts: readonly (Step | string)[]): string {
  const lines = parts.flatMap((part) =>
    typeof part === 'string'
      ? [part]
      : [part.command, ...part.output.map((line) => indentation + line)],
  );
  return `${lines.join('\n')}\n`;
}
