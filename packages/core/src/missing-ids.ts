import type { ByteReader, ByteWriter } from './bytes.ts';
import { IntegerList } from './integer-list.ts';
import { IntegerTable } from './integer-table.ts';

const Field = {
  /** Where the name is in use: head of its edges. Where it is free: the next free one of its length. */
  edge: 0,
  /** The next name whose hash is the same. */
  sameHash: 1,
  length: 2,
  text: 3,
} as const;
const none = 0;

/**
 * The ids that tasks wait for and no task has, with the head of the edges out of each. Integers are found by
 * their value. Other ids are *names*: their characters lie in one list, two to a word, and the room of those
 * that are not missing any more is used again.
 */
export class MissingIds {
  readonly #integers = new IntegerTable();
  /** Words of the names; a name is the place of its first, 0 is none. */
  readonly #words = new IntegerList();
  /** First name by hash. */
  readonly #byHash = new IntegerTable();
  /** First free name by length. */
  readonly #free = new IntegerTable();

  /** Sets the head, and gives the one before. */
  exchangeIntegerHead(integer: number, edge: number): number {
    return this.#integers.exchange(integer, edge);
  }

  takeInteger(integer: number): number {
    return this.#integers.take(integer);
  }

  /** Takes those from `first` on: by looking for each of them or at each there is, whichever are fewer. */
  takeIntegers(first: number, count: number, taken: (integer: number, head: number) => void): void {
    if (count <= this.#integers.size) {
      for (let integer = first; integer < first + count; integer++) {
        const head = this.#integers.take(integer);
        if (head !== none) taken(integer, head);
      }
      return;
    }
    for (const integer of this.#integers.size === 0 ? [] : this.#integers.keys()) {
      if (integer < first || integer >= first + count) continue;
      taken(integer, this.#integers.take(integer));
    }
  }

  /** The name that is the id, made if there is none. */
  name(key: string): number {
    const hash = hashOf(key);
    const first = this.#byHash.get(hash);
    const found = this.#find(key, first);
    if (found !== none) return found;
    const name = this.#room(key.length);
    this.#words.set(name + Field.edge, none);
    this.#words.set(name + Field.sameHash, first);
    this.#words.set(name + Field.length, key.length);
    for (let index = 0; index < key.length; index += 2) {
      const high = index + 1 < key.length ? key.charCodeAt(index + 1) : 0;
      this.#words.set(name + Field.text + (index >>> 1), key.charCodeAt(index) | (high << 16));
    }
    this.#byHash.set(hash, name);
    return name;
  }

  nameHead(name: number): number {
    return this.#words.get(name + Field.edge);
  }

  setNameHead(name: number, edge: number): void {
    this.#words.set(name + Field.edge, edge);
  }

  /** The head of the edges out of the id, 0 if nothing waits for it. It is no name any more. */
  takeName(key: string): number {
    if (this.#byHash.size === 0) return none;
    const hash = hashOf(key);
    const first = this.#byHash.get(hash);
    const name = this.#find(key, first);
    if (name === none) return none;
    const next = this.#words.get(name + Field.sameHash);
    if (name !== first) {
      let before = first;
      while (this.#words.get(before + Field.sameHash) !== name) {
        before = this.#words.get(before + Field.sameHash);
      }
      this.#words.set(before + Field.sameHash, next);
    } else if (next !== none) this.#byHash.set(hash, next);
    else this.#byHash.take(hash);
    const head = this.nameHead(name);
    this.#words.set(name + Field.edge, this.#free.get(key.length));
    this.#free.set(key.length, name);
    return head;
  }

  text(name: number): string {
    let text = '';
    for (let index = 0; index < this.#words.get(name + Field.length); index++) {
      text += String.fromCharCode(this.#character(name, index));
    }
    return text;
  }

  get hasNames(): boolean {
    return this.#byHash.size > 0;
  }

  get bytes(): number {
    return this.#integers.bytes + this.#words.bytes + this.#byHash.bytes + this.#free.bytes;
  }

  write(writer: ByteWriter): void {
    for (const part of this.#parts()) part.write(writer);
  }

  read(reader: ByteReader): void {
    for (const part of this.#parts()) part.read(reader);
  }

  #parts(): (IntegerList | IntegerTable)[] {
    return [this.#integers, this.#words, this.#byHash, this.#free];
  }

  #find(key: string, first: number): number {
    for (let name = first; name !== none; name = this.#words.get(name + Field.sameHash)) {
      if (this.#words.get(name + Field.length) !== key.length) continue;
      let same = 0;
      while (same < key.length && this.#character(name, same) === key.charCodeAt(same)) same++;
      if (same === key.length) return name;
    }
    return none;
  }

  #room(length: number): number {
    const free = this.#free.get(length);
    if (free !== none) {
      const next = this.#words.get(free + Field.edge);
      if (next === none) this.#free.take(length);
      else this.#free.set(length, next);
      return free;
    }
    // Place 0 is none.
    if (this.#words.length === 0) this.#words.push(none);
    const name = this.#words.length;
    for (let words = Field.text + ((length + 1) >>> 1); words > 0; words--) this.#words.push(none);
    return name;
  }

  #character(name: number, index: number): number {
    return (this.#words.get(name + Field.text + (index >>> 1)) >>> (16 * (index & 1))) & 0xffff;
  }
}

/** 32 bits, ≥ 0. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
