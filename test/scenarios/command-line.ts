/** What a command is given: words in order and options, each taken once; what is left over is an error. */
export class CommandLine {
  readonly name: string;
  readonly #words: string[];
  readonly #options: Map<string, string>;

  constructor(name: string, words: string[], options: Map<string, string>) {
    this.name = name;
    this.#words = words;
    this.#options = options;
  }

  /** The next word. */
  word(meaning: string): string {
    const word = this.#words.shift();
    if (word === undefined) throw new Error(`${this.name}: ${meaning} is missing`);
    return word;
  }

  /** The next word if it is one of these. */
  optionalWord(...expected: string[]): string | undefined {
    return expected.includes(this.#words[0] ?? '') ? this.#words.shift() : undefined;
  }

  /** The next word, `j/a`, as its two halves. */
  pair(meaning: string): [string, string] {
    const word = this.word(meaning);
    const [owner, id, ...rest] = word.split('/');
    if (owner === undefined || owner === '' || id === undefined || id === '' || rest.length > 0) {
      throw new Error(`${this.name}: ${meaning} is written owner/id, not "${word}"`);
    }
    return [owner, id];
  }

  option(name: string): string | undefined {
    const value = this.#options.get(name);
    this.#options.delete(name);
    return value;
  }

  /** To be called when a command has taken all that it knows. */
  end(): void {
    const [word] = this.#words;
    if (word !== undefined) throw new Error(`${this.name}: "${word}" is one word too many`);
    const [option] = this.#options.keys();
    if (option !== undefined) throw new Error(`${this.name}: unknown option "${option}"`);
  }
}

/** Words and `name=value` or `name="some words"`, up to a ` # remark`. An option must stand after the words. */
export function splitCommand(text: string): { words: string[]; options: Map<string, string> } {
  const words: string[] = [];
  const options = new Map<string, string>();
  const pieces = text.match(/[^\s"]+"[^"]*"|\S+/g) ?? [];
  for (const piece of pieces) {
    if (piece.startsWith('#')) break;
    const [, name, quoted, plain] = /^(\w+)=(?:"([^"]*)"|(.*))$/.exec(piece) ?? [];
    if (name === undefined) words.push(piece);
    else if (options.has(name)) throw new Error(`the option "${name}" is given twice`);
    else options.set(name, quoted ?? plain ?? '');
  }
  return { words, options };
}
