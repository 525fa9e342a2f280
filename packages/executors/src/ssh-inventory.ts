import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

interface Written {
  id: string;
  nodes: Record<string, string>;
  left: Record<string, string[]>;
}

/** Which host is which node: written down, so that a later engine finds its nodes where they are. */
export class SshInventory {
  /** Tells the nodes of this engine from those of others on the same host. */
  readonly id: string;
  readonly #file: string;
  readonly #hosts: readonly string[];
  readonly #nodes: Map<string, string>;
  readonly #left: Map<string, string[]>;
  /** Hosts that could not be used, the last one last: they are tried after all others. */
  #unusable: string[] = [];

  constructor(file: string, hosts: readonly string[]) {
    this.#file = file;
    this.#hosts = hosts;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    const known = text === undefined ? undefined : (JSON.parse(text) as Written);
    this.id = known?.id ?? randomBytes(6).toString('hex');
    this.#nodes = new Map(Object.entries(known?.nodes ?? {}));
    this.#left = new Map(Object.entries(known?.left ?? {}));
    if (known === undefined) this.#write();
  }

  hostOf(node: string): string | undefined {
    return this.#nodes.get(node);
  }

  /** Hosts that are no node, those first that have given no trouble. */
  free(): string[] {
    const taken = new Set(this.#nodes.values());
    const free = this.#hosts.filter((host) => !taken.has(host));
    const rank = (host: string): number => this.#unusable.indexOf(host);
    return free.sort((a, b) => rank(a) - rank(b));
  }

  assign(node: string, host: string): void {
    this.#nodes.set(node, host);
    this.#write();
  }

  /** `because`: the host could not be used. */
  unassign(node: string, because?: 'unusable'): void {
    const host = this.#nodes.get(node);
    if (host === undefined) return;
    this.#nodes.delete(node);
    this.#unusable = this.#unusable.filter((other) => other !== host);
    if (because === 'unusable') this.#unusable.push(host);
    this.#write();
  }

  /** The node is given up, its host could not be reached: its directory and what runs there are still there. */
  leave(node: string): void {
    const host = this.#nodes.get(node);
    if (host === undefined) return;
    this.#left.set(host, [...(this.#left.get(host) ?? []), node]);
    this.unassign(node, 'unusable');
  }

  leftOn(host: string): readonly string[] {
    return this.#left.get(host) ?? [];
  }

  cleaned(host: string): void {
    if (this.#left.delete(host)) this.#write();
  }

  #write(): void {
    const written: Written = {
      id: this.id,
      nodes: Object.fromEntries(this.#nodes),
      left: Object.fromEntries(this.#left),
    };
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(written, undefined, 1)}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
