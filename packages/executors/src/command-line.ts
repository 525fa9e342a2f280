/** A command line that cannot be read. */
export class CommandLineError extends Error {}

/**
 * Splits a command line into program and arguments. Batch runs no shell: nothing is expanded, and `;`,
 * `|`, `>`, `*`, `$` are ordinary characters. The rule is the quoting of the POSIX shell and no more:
 *
 * - white space separates arguments;
 * - `'…'` is taken literally;
 * - inside `"…"` a backslash takes `"`, `\`, `$`, `` ` `` literally and joins lines; before others it stays;
 * - elsewhere a backslash takes the next character literally;
 * - `''` and `""` are an empty argument.
 */
export function splitCommandLine(commandLine: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < commandLine.length; i++) {
    const c = commandLine.charAt(i);
    if (c === ' ' || c === '\t' || c === '\n' || c === '\r') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (c === "'") {
      const end = commandLine.indexOf("'", i + 1);
      if (end < 0) throw new CommandLineError(`The quote ' at character ${i + 1} is not closed.`);
      word = (word ?? '') + commandLine.slice(i + 1, end);
      i = end;
    } else if (c === '"') {
      const start = i;
      word ??= '';
      for (i++; commandLine.charAt(i) !== '"'; i++) {
        if (i >= commandLine.length) {
          throw new CommandLineError(`The quote " at character ${start + 1} is not closed.`);
        }
        if (commandLine.charAt(i) !== '\\') {
          word += commandLine.charAt(i);
          continue;
        }
        const next = commandLine.charAt(i + 1);
        if (next === '\n') i++;
        else if (next !== '' && '"\\$`'.includes(next)) {
          word += next;
          i++;
        } else word += '\\';
      }
    } else if (c === '\\') {
      i++;
      if (i >= commandLine.length) {
        throw new CommandLineError('The command line ends with a backslash.');
      }
      if (commandLine.charAt(i) !== '\n') word = (word ?? '') + commandLine.charAt(i);
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== undefined) words.push(word);
  if (words[0] === undefined || words[0] === '') {
    throw new CommandLineError('The command line names no program.');
  }
  if (commandLine.includes('\0')) {
    throw new CommandLineError('The command line contains the character NUL.');
  }
  return words;
}

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** One word of a shell script that stands for exactly this text. */
export function quote(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
