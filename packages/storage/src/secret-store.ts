import { randomBytes } from 'node:crypto';

/** Reads what handles stand for. */
export interface Secrets {
  /** @throws BatchError `SecretNotFound`, or that the store cannot be read. */
  get(handle: string): Promise<string>;
}

/**
 * Keeps secrets, so that everything else has their handles only. What it holds survives this process; whoever names
 * a handle in a journal waits for `put` first.
 */
export interface SecretStore extends Secrets {
  /**
   * Called once, before anything else, with every handle that is in use: the other secrets are removed, and these
   * can be read, or it throws.
   */
  open(inUse: Iterable<string>): Promise<void>;
  /** Durable when it resolves. What the group's handles stood for before is replaced. */
  put(group: SecretGroup): Promise<void>;
  /**
   * Removes what none of the handles needs, which are asked for at once and only if there is something. It waits
   * for `durable`, until one of the others cannot be in use again, and leaves what is put again meanwhile.
   */
  retain(inUse: () => Iterable<string>, durable: Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/**
 * The secrets of one call. Equal ones share a handle, so that equal tasks stay equal; those of different calls never
 * do, or whoever may add tasks could find out a password by guessing.
 */
export class SecretGroup {
  /** What all its handles begin with. */
  readonly name: string;
  readonly #handles = new Map<string, string>();

  /** Default: a random name. A group of the same name takes the place of the earlier one. */
  constructor(name: string = randomBytes(16).toString('hex')) {
    if (!/^[a-z0-9]{1,64}$/.test(name)) throw new RangeError(`${name} cannot be a group's name`);
    this.name = name;
  }

  /** Gives back the handle, NAME.NUMBER, that stands for a secret once the group is put into a store. */
  readonly seal = (secret: string): string => {
    const known = this.#handles.get(secret);
    if (known !== undefined) return known;
    const handle = `${this.name}.${this.#handles.size}`;
    this.#handles.set(secret, handle);
    return handle;
  };

  /** By the numbers of their handles. */
  get secrets(): string[] {
    return [...this.#handles.keys()];
  }

  get handles(): string[] {
    return [...this.#handles.values()];
  }
}
