import { chmod, mkdir, open, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { quote } from './command-line.ts';
import type { TreeFile } from './file-tree.ts';
import { writeTar } from './file-tree.ts';
import type { DirectoryEntry, HostFiles, Prepared } from './host.ts';
import { EscapeError } from './host.ts';
import type { Output, RemoteShell } from './remote-shell.ts';

/** Runs a script at the host beside the shell, its standard input and output being local files. */
export type Transfer = (
  script: string,
  ends: { input?: string; output?: string; errors: string },
) => Promise<number>;

/** Starts are that recent: nothing is deleted beside them. */
const quietMs = 250;
/** Exit statuses of scripts that say what the system does not. */
const escapes = 75;

/** System errors as a shell's programs say them in the C locale. */
const systemErrors: readonly (readonly [string, string])[] = [
  ['No space left on device', 'ENOSPC'],
  ['Disk quota exceeded', 'EDQUOT'],
  ['Permission denied', 'EACCES'],
  ['Read-only file system', 'EROFS'],
  ['Not a directory', 'ENOTDIR'],
  ['Is a directory', 'EISDIR'],
  ['File exists', 'EEXIST'],
  ['File name too long', 'ENAMETOOLONG'],
  ['No such file', 'ENOENT'],
];

interface Preparation {
  directory: string;
  claim: string;
  resolve(prepared: Prepared): void;
  reject(error: unknown): void;
}

/** The files of a node at the other end of a shell. */
export class RemoteFiles implements HostFiles {
  readonly #root: string;
  readonly #shell: RemoteShell;
  readonly #transfer: Transfer;
  /** For files on their way. */
  readonly #local: string;
  readonly #life = Date.now().toString(36);
  #serial = 0;
  readonly #made = new Set<string>();
  #preparing: Preparation[] = [];
  #isPreparing = false;
  #lastStart = 0;
  #hasTrash = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: { root: string; shell: RemoteShell; transfer: Transfer; local: string }) {
    this.#root = options.root;
    this.#shell = options.shell;
    this.#transfer = options.transfer;
    this.#local = options.local;
    this.#arm();
    void this.#shell.ended.then(() => clearTimeout(this.#timer));
  }

  /** Those that come while others are under way are made in one step: a process each would halve the rate. */
  prepareTask(directory: string, claim: string): Promise<Prepared> {
    this.#lastStart = performance.now();
    return new Promise((resolve, reject) => {
      this.#preparing.push({ directory, claim, resolve, reject });
      if (!this.#isPreparing) {
        this.#isPreparing = true;
        queueMicrotask(() => void this.#prepareAll());
      }
    });
  }

  async #prepareAll(): Promise<void> {
    while (this.#preparing.length > 0) {
      const batch = this.#preparing;
      this.#preparing = [];
      const directories = batch.flatMap(({ directory }) => [directory, `${directory}/wd`]);
      const parents = new Set(batch.map(({ directory }) => posix.dirname(directory)));
      const unknown = [...parents].filter((parent) => !this.#made.has(parent));
      const steps = [`mkdir ${directories.map(quote).join(' ')} 2>/dev/null`];
      if (unknown.length > 0) steps.unshift(`mkdir -p ${unknown.map(quote).join(' ')}`);
      try {
        const { status } = await this.#shell.exec(steps.join(' && '));
        for (const parent of unknown) if (status === 0) this.#made.add(parent);
        for (const one of batch) {
          if (status === 0) one.resolve('ready');
          else this.#prepareAgain(one).then(one.resolve, one.reject);
        }
      } catch (error) {
        for (const one of batch) one.reject(error);
      }
    }
    this.#isPreparing = false;
  }

  /** One that may be there from an earlier try, claimed or not, or that a task has replaced by something else. */
  async #prepareAgain({ directory, claim }: Preparation): Promise<Prepared> {
    const [d, wd] = [quote(directory), quote(`${directory}/wd`)];
    const away = (path: string): string => `mv -f -- ${path} ${quote(this.#newTrash())}`;
    const output =
      await this.#do(`if [ -L ${d} ] || { [ -e ${d} ] && [ ! -d ${d} ]; }; then ${away(d)}; fi
if [ -e ${quote(`${directory}/${claim}.run`)} ]; then echo claimed
else
  if [ -L ${wd} ] || [ -e ${wd} ]; then ${away(wd)}; fi
  mkdir -p ${d} && mkdir ${wd} && echo ready
fi 2>&1`);
    return output.toString('latin1').includes('claimed') ? 'claimed' : 'ready';
  }

  async makeDirectory(directory: string): Promise<void> {
    await this.#do(`mkdir -p -- ${quote(directory)} 2>&1`);
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#shell.exec(`[ -e ${quote(path)} ]`)).status === 0;
  }

  async list(directory: string): Promise<DirectoryEntry[]> {
    const { output } = await this.#shell.exec(`d=${quote(directory)}
if [ -d "$d" ]; then
  for f in "$d"/* "$d"/.[!.]* "$d"/..?*; do
    if [ -f "$f" ]; then t=f; elif [ -L "$f" ]; then t=o; elif [ -d "$f" ]; then t=d
    elif [ -e "$f" ]; then t=o; else continue; fi
    printf '%s\\0' "$t\${f#"$d"/}"
  done
fi`);
    const entries = output.toString('utf8').split('\0').slice(0, -1);
    const types: Record<string, DirectoryEntry['type']> = { f: 'file', d: 'directory' };
    return entries.map((entry) => ({
      name: entry.slice(1),
      type: types[entry.charAt(0)] ?? 'other',
    }));
  }

  async read(file: string, offset = 0): Promise<Buffer | undefined> {
    const f = quote(file);
    const take = offset === 0 ? `cat -- ${f}` : `tail -c +${offset + 1} -- ${f}`;
    const script = `if [ -e ${f} ]; then ${take}; else (exit 44); fi 2>/dev/null`;
    const { status, output } = await this.#shell.exec(script);
    if (status === 44) return undefined;
    if (status !== 0) throw new Error(`${file} cannot be read (status ${status}).`);
    return Buffer.from(output);
  }

  async write(file: string, content: string | Uint8Array): Promise<void> {
    const fresh = quote(`${file}.new`);
    const printed = typeof content === 'string' ? `%s ${quote(content)}` : octal(content);
    await this.#do(
      `( umask 077; printf ${printed} >|${fresh} ) 2>&1 && mv -f -- ${fresh} ${quote(file)} 2>&1`,
    );
  }

  async create(file: string, content: string): Promise<boolean> {
    const f = quote(file);
    const script = `( set -C; printf %s ${quote(content)} >${f} ) 2>&1 || { [ -e ${f} ] && (exit 17); }`;
    const answer = await this.#shell.exec(script);
    if (answer.status === 17) return false;
    if (answer.status !== 0) throw failure(answer);
    return true;
  }

  async remove(file: string): Promise<void> {
    await this.#do(`rm -f -- ${quote(file)} 2>&1`);
  }

  discard(path: string): void {
    const p = quote(path);
    this.#made.clear();
    this.#hasTrash = true;
    this.#shell.send(
      `if [ -e ${p} ] || [ -L ${p} ]; then mv -f -- ${p} ${quote(this.#newTrash())}; fi >/dev/null 2>&1`,
    );
  }

  async put(path: string, fill: (localFile: string) => Promise<void>): Promise<void> {
    await this.#locally(async (local, errors) => {
      await fill(local);
      const mode = ((await stat(local)).mode & 0o7777).toString(8);
      const [p, fresh] = [quote(path), quote(`${path}.${this.#life}-${this.#serial++}`)];
      const script = `${this.#makeWay(path)}
if [ -d ${p} ] && [ ! -L ${p} ]; then echo 'Is a directory' >&2; exit 1; fi
cat >${fresh} && chmod ${mode} ${fresh} && mv -f -- ${fresh} ${p} || { rm -f -- ${fresh}; exit 1; }`;
      const status = await this.#transfer(script, { input: local, errors });
      if (status === escapes) throw new EscapeError(`Not a directory, or a symbolic link: ${path}`);
      if (status !== 0) throw failure({ status, output: await contentOf(errors) });
    });
  }

  async copy(from: string, to: string, mode: number): Promise<void> {
    const [p, fresh] = [quote(to), quote(`${to}.${this.#life}-${this.#serial++}`)];
    const script = `( ${this.#makeWay(to)}
if [ -d ${p} ] && [ ! -L ${p} ]; then echo 'Is a directory'; exit 1; fi
cp -- ${quote(from)} ${fresh} && chmod ${mode.toString(8)} ${fresh} && mv -f -- ${fresh} ${p} || { rm -f -- ${fresh}; exit 1; } ) 2>&1`;
    const answer = await this.#shell.exec(script);
    if (answer.status === escapes)
      throw new EscapeError(`Not a directory, or a symbolic link: ${to}`);
    if (answer.status !== 0) throw failure(answer);
  }

  async putTree(path: string, files: readonly TreeFile[], signal: AbortSignal): Promise<void> {
    await this.#locally(async (local, errors) => {
      await writeTar(local, files, signal);
      const [p, fresh] = [quote(path), quote(`${path}@new`)];
      const script = `${this.#makeWay(path)}
command -v tar >/dev/null || { echo 'The host has no tar: install it.' >&2; exit 1; }
rm -rf -- ${fresh} && mkdir -- ${fresh} && cd ${fresh} && tar -xpof - && cd / || { rm -rf -- ${fresh}; exit 1; }
if [ -e ${p} ] || [ -L ${p} ]; then mv -f -- ${p} ${quote(this.#newTrash())} || exit 1; fi
mv -- ${fresh} ${p}`;
      const status = await this.#transfer(script, { input: local, errors });
      if (status === escapes) throw new EscapeError(`Not a directory, or a symbolic link: ${path}`);
      if (status !== 0) throw failure({ status, output: await contentOf(errors) });
    });
  }

  /** Makes the directories above a path. Each is looked at: an earlier task may have put a symbolic link there. */
  #makeWay(path: string): string {
    const parts = posix.relative(this.#root, posix.dirname(path)).split('/');
    return `d=${quote(this.#root)}
for p in ${parts.map(quote).join(' ')}; do
  d=$d/$p
  if [ -L "$d" ]; then exit ${escapes}
  elif [ ! -d "$d" ]; then [ -e "$d" ] && exit ${escapes}; mkdir -- "$d" || exit 1; fi
done`;
  }

  async get<T>(path: string, use: (localFile: string) => Promise<T>): Promise<T> {
    return await this.#locally(async (local, errors) => {
      const script = `r=$(readlink -f -- ${quote(this.#root)}) && f=$(readlink -f -- ${quote(path)}) || exit 1
case $f in "$r"/*) cat -- "$f";; *) exit ${escapes};; esac`;
      const status = await this.#transfer(script, { output: local, errors });
      if (status === escapes) {
        throw new EscapeError(`A symbolic link leads out of the node: ${path}`);
      }
      if (status !== 0) throw failure({ status, output: await contentOf(errors) });
      await chmod(local, 0o600);
      return await use(local);
    });
  }

  async #locally<T>(act: (local: string, errors: string) => Promise<T>): Promise<T> {
    await mkdir(this.#local, { recursive: true, mode: 0o700 });
    const name = join(this.#local, `${this.#life}-${this.#serial++}`);
    try {
      return await act(name, `${name}.errors`);
    } finally {
      await rm(name, { force: true });
      await rm(`${name}.errors`, { force: true });
    }
  }

  async #do(script: string): Promise<Buffer> {
    const answer = await this.#shell.exec(script);
    if (answer.status !== 0) throw failure(answer);
    return answer.output;
  }

  #newTrash(): string {
    this.#hasTrash = true;
    return `${this.#root}/volatile/trash/${this.#life}-${this.#serial++}`;
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      if (this.#hasTrash && performance.now() - this.#lastStart > quietMs) {
        this.#hasTrash = false;
        const trash = quote(`${this.#root}/volatile/trash`);
        this.#shell.send(`( rm -rf -- ${trash}/* >/dev/null 2>&1 4>&- & )`);
      }
      this.#arm();
    }, quietMs).unref();
  }
}

/** As printf has any byte. */
function octal(bytes: Uint8Array): string {
  return `'${Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`;
}

async function contentOf(file: string): Promise<Buffer> {
  const handle = await open(file).catch(() => undefined);
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_000), 0, 4_000, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** With the code that the same error has on this machine. */
function failure({ status, output }: Output): Error {
  const said = output.toString('utf8').trim().split('\n').at(-1) ?? '';
  const error = new Error(said === '' ? `a script of the host ended with status ${status}` : said);
  const code = systemErrors.find(([text]) => said.includes(text))?.[1];
  return code === undefined ? error : Object.assign(error, { code });
}
