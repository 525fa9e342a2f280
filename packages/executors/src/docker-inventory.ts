import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

export interface DockerNode {
  /** Name of its container, and of its volume. */
  container: string;
  /** It has been there: if it is not, somebody has removed it. */
  isMade: boolean;
  /** That of its pool, if it has one of its own. */
  network?: string;
}

interface Written {
  id: string;
  nodes: Record<string, DockerNode>;
}

/** Which containers are nodes: written down before they are made, so that nothing is left over of an engine that is killed. */
export class DockerInventory {
  /** Tells the containers of this state directory from those of others on the same engine. */
  readonly id: string;
  readonly #file: string;
  readonly #nodes: Map<string, DockerNode>;

  constructor(file: string) {
    this.#file = file;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    const known = text === undefined ? undefined : (JSON.parse(text) as Written);
    this.id = known?.id ?? randomBytes(4).toString('hex');
    // One that is still wanted is made anew, whatever there is of it.
    const made = Object.entries(known?.nodes ?? {}).filter(([, { isMade }]) => isMade);
    this.#nodes = new Map(made);
    if (known === undefined) this.#write();
  }

  get(node: string): DockerNode | undefined {
    return this.#nodes.get(node);
  }

  set(node: string, known: DockerNode): void {
    this.#nodes.set(node, known);
    this.#write();
  }

  delete(node: string): void {
    if (this.#nodes.delete(node)) this.#write();
  }

  /** Of all nodes. */
  containers(): Set<string> {
    return new Set([...this.#nodes.values()].map(({ container }) => container));
  }

  /** Of pools that have nodes. */
  networks(): Set<string> {
    return new Set([...this.#nodes.values()].flatMap(({ network }) => network ?? []));
  }

  #write(): void {
    const written: Written = { id: this.id, nodes: Object.fromEntries(this.#nodes) };
    writeFileSync(`${this.#file}.new`, `${JSON.stringify(written, undefined, 1)}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }
}
