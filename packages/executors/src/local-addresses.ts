import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const perBlock = 254;
const blocks = 255 * 254;

/**
 * An address of its own for each local node, out of 127.0.0.0/8, which needs no interface and no privilege on Linux. It
 * stays the node's over restarts: it is noted in the node's directory. Another engine on this machine most likely has
 * another block, since the block goes by the executor's directory.
 * On macOS only 127.0.0.1 is there without being asked for, so all nodes have that.
 */
export class LocalAddresses {
  readonly #byRoot = new Map<string, string>();
  readonly #used = new Set<string>();
  #next = 0;

  /** `directory`: of the executor, with the nodes of an earlier life in `nodes/<account>/<pool>/<node>`. */
  open(directory: string): void {
    const hash = createHash('sha256').update(directory).digest();
    this.#next = (hash.readUInt32BE(0) % blocks) * perBlock;
    for (const account of below(join(directory, 'nodes'))) {
      for (const pool of below(account)) for (const root of below(pool)) this.#adopt(root);
    }
  }

  /** Of the node whose directory is `root`, with a directory `volatile`. */
  of(root: string): string {
    if (process.platform !== 'linux') return '127.0.0.1';
    const known = this.#byRoot.get(root);
    if (known !== undefined) return known;
    let address: string;
    do address = addressAt(this.#next++);
    while (this.#used.has(address));
    writeFileSync(noteOf(root), address);
    this.#take(root, address);
    return address;
  }

  /** The node is gone. */
  release(root: string): void {
    const address = this.#byRoot.get(root);
    if (address === undefined) return;
    this.#byRoot.delete(root);
    this.#used.delete(address);
  }

  #adopt(root: string): void {
    if (!existsSync(noteOf(root))) return;
    const address = readFileSync(noteOf(root), 'latin1');
    if (/^127(\.\d{1,3}){3}$/.test(address) && !this.#used.has(address)) this.#take(root, address);
  }

  #take(root: string, address: string): void {
    this.#byRoot.set(root, address);
    this.#used.add(address);
  }
}

/** From 127.1.0.1 on, without those that end with 0 or 255, round and round. */
function addressAt(n: number): string {
  const block = Math.floor(n / perBlock) % blocks;
  return `127.${1 + Math.floor(block / 255)}.${block % 255}.${1 + (n % perBlock)}`;
}

function noteOf(root: string): string {
  return join(root, 'volatile', 'address');
}

function below(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}
