import { randomBytes } from 'node:crypto';
import { HostLostError } from './host.ts';
import type { ChannelOpener, ShellChannel } from './shell-channel.ts';

export interface Output {
  status: number;
  /** What it wrote to its standard output. */
  output: Buffer;
}

/**
 * A POSIX shell somewhere else, at the other end of a channel: it takes scripts from its standard input, one after the
 * other, and answers on its standard output; its standard error is whatever the caller lets write there.
 */
export class RemoteShell {
  readonly #onError: (text: string) => void;
  /** Nobody there can know it, so it ends an answer whatever that contains. */
  readonly #nonce = randomBytes(12).toString('hex');
  readonly #waiting: { resolve(output: Output): void; reject(error: Error): void }[] = [];
  #channel: ShellChannel | undefined;
  #unread: Buffer = Buffer.alloc(0);
  #searched = 0;
  /** The last that was said on standard error before anybody answered: why it did not come up. */
  #complaint = '';
  #isUp = false;
  #over: HostLostError | undefined;
  #end: (error: HostLostError) => void = () => {};
  /** Resolves when the connection has ended, with the reason. */
  readonly ended: Promise<HostLostError> = new Promise((resolve) => {
    this.#end = resolve;
  });

  constructor(onError: (text: string) => void) {
    this.#onError = onError;
  }

  /**
   * Opens the channel and waits until a shell answers at its other end.
   * @throws HostLostError with what was complained of there
   */
  async open(opener: ChannelOpener): Promise<void> {
    const channel = await opener(
      (data) => this.#read(data),
      (data) => this.#hear(data),
    );
    this.#channel = channel;
    void channel.ended.then((how) => {
      const last = this.#complaint.trim().split('\n').at(-1) ?? '';
      const what = this.#isUp ? 'has ended' : 'could not be made';
      this.#lose(`The connection ${what} (${how})`, last);
    });
    await this.exec(':');
    this.#isUp = true;
    this.#complaint = '';
  }

  /** All that was said before it was up; the reason may be on any line. */
  get complaint(): string {
    return this.#complaint;
  }

  /** Runs a script there, after those before it. */
  exec(script: string): Promise<Output> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) {
        reject(this.#over);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#channel?.write(
        `{\n${script}\n} </dev/null\nprintf '\\n=%s %s\\n' ${this.#nonce} "$?"\n`,
      );
    });
  }

  /** The same without an answer. */
  send(script: string): void {
    if (this.#over === undefined) this.#channel?.write(`{\n${script}\n} </dev/null\n`);
  }

  /** Lets go. What runs there apart from it stays. */
  async close(): Promise<void> {
    if (this.#over === undefined) {
      const late = setTimeout(() => this.kill(), 3_000);
      // The end of its input is the end of the shell, when it has read what is there.
      this.send('exit');
      const written = new Promise<void>((resolve) => this.#channel?.write('\n', resolve));
      await Promise.race([written, this.ended]);
      this.#channel?.end();
      await this.ended;
      clearTimeout(late);
    }
  }

  /** Ends the process at this end, whatever is at the other. */
  kill(): void {
    this.#channel?.kill();
  }

  #hear(data: Buffer): void {
    const text = data.toString('latin1');
    if (!this.#isUp) this.#complaint = `${this.#complaint}${text}`.slice(-4_000);
    this.#onError(text);
  }

  #read(data: Buffer): void {
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    const mark = `\n=${this.#nonce} `;
    for (;;) {
      const at = this.#unread.indexOf(mark, this.#searched);
      const end = at < 0 ? -1 : this.#unread.indexOf('\n', at + mark.length);
      if (end < 0) {
        this.#searched = at < 0 ? Math.max(0, this.#unread.length - mark.length) : at;
        return;
      }
      const output = this.#unread.subarray(0, at);
      const status = Number(this.#unread.toString('latin1', at + mark.length, end));
      this.#unread = this.#unread.subarray(end + 1);
      this.#searched = 0;
      this.#waiting.shift()?.resolve({ status, output });
    }
  }

  #lose(what: string, why: string): void {
    if (this.#over !== undefined) return;
    const error = new HostLostError(why === '' ? `${what}.` : `${what}: ${why.trim()}`);
    this.#over = error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    this.#channel?.dispose();
    this.#end(error);
  }
}
