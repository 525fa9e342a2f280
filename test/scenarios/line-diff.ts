/** Both texts in one, line by line: `- ` expected and missing, `+ ` there and not expected. */
export function lineDiff(expected: string, actual: string, context = 3): string {
  const changes = changedLines(expected.split('\n'), actual.split('\n'));
  const shown = new Set<number>();
  for (const [index, { mark }] of changes.entries()) {
    if (mark === ' ') continue;
    for (let near = index - context; near <= index + context; near++) shown.add(near);
  }
  const lines: string[] = [];
  for (const [index, { mark, text, line }] of changes.entries()) {
    if (!shown.has(index)) continue;
    if (lines.length > 0 && !shown.has(index - 1)) lines.push('  …');
    lines.push(`${mark} ${String(line).padStart(4)} ${text}`);
  }
  return lines.join('\n');
}

interface Change {
  mark: ' ' | '-' | '+';
  text: string;
  /** In the file as it is written; of an addition the line before which it belongs. */
  line: number;
}

/** By the longest common subsequence: scenario files are short. */
function changedLines(expected: readonly string[], actual: readonly string[]): Change[] {
  const common = expected.map(() => new Int32Array(actual.length + 1));
  common.push(new Int32Array(actual.length + 1));
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      common[i]![j] =
        expected[i] === actual[j]
          ? common[i + 1]![j + 1]! + 1
          : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const changes: Change[] = [];
  let i = 0;
  let j = 0;
  while (i < expected.length || j < actual.length) {
    const line = i + 1;
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      changes.push({ mark: ' ', text: expected[i++]!, line });
      j++;
    } else if (
      j === actual.length ||
      (i < expected.length && common[i + 1]![j]! >= common[i]![j + 1]!)
    ) {
      changes.push({ mark: '-', text: expected[i++]!, line });
    } else {
      changes.push({ mark: '+', text: actual[j++]!, line });
    }
  }
  return changes;
}
