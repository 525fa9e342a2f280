import { ByteReader, ByteWriter } from './bytes.ts';
import type { TaskDependencies } from './specification.ts';

/** What a task given one by one has of its own; the rest of its specification is interned. */
export interface TaskTextEntry {
  id: string;
  commandLine: string;
  /** Place of the interned rest in the job's `templates`. */
  template: number;
  creationTime: number;
  dependsOn: TaskDependencies | undefined;
}

const chunkBits = 18;
const firstChunkBits = 10;
const alignment = 4;
/** Of a place: the high 16 bits name the chunk, the low 16 the unit in it. */
const unitBits = 16;
/** Of the id's length in an entry: template and creation time are before it. */
const idOffset = 12;

/** One for all: it is empty between two entries. */
const writer = new ByteWriter(1024);

/**
 * The texts of a job's tasks that were given one by one, packed into append-only chunks of 65,536 units of 4
 * bytes (the first ones are smaller). An entry is named by chunk and unit, plus one, so that 0 names none. No
 * entry crosses a chunk; one that is larger than a chunk has one of its own.
 */
export class TaskText {
  readonly chunks: Uint8Array<ArrayBuffer>[] = [];
  /** One to a chunk, made when it is first read. */
  readonly #readers: ByteReader[] = [];
  #used = 0;

  add(entry: TaskTextEntry): number {
    writer.clear();
    writer.int32(entry.template);
    writer.float64(entry.creationTime);
    writer.uint8(entry.id.length);
    writer.utf8(entry.id);
    writer.text(entry.commandLine);
    if (entry.dependsOn !== undefined) writer.json(entry.dependsOn);
    else writer.int32(0);
    writer.padTo(alignment);
    const bytes = writer.bytes();
    let chunk = this.chunks.at(-1);
    if (chunk === undefined || this.#used + bytes.length > chunk.length) {
      // They start small, for the job of a single task, and double.
      const size = 1 << Math.min(chunkBits, firstChunkBits + this.chunks.length);
      chunk = new Uint8Array(Math.max(size, bytes.length));
      this.chunks.push(chunk);
      this.#used = 0;
    }
    chunk.set(bytes, this.#used);
    const unit = this.#used / alignment;
    this.#used += bytes.length;
    return (((this.chunks.length - 1) << unitBits) | unit) + 1;
  }

  get(place: number): TaskTextEntry {
    const reader = this.#at(place);
    const template = reader.int32();
    const creationTime = reader.float64();
    const id = reader.utf8(reader.uint8());
    const commandLine = reader.text();
    const dependsOn = reader.text();
    return {
      template,
      creationTime,
      id,
      commandLine,
      dependsOn: dependsOn === '' ? undefined : (JSON.parse(dependsOn) as TaskDependencies),
    };
  }

  id(place: number): string {
    const reader = this.#at(place);
    reader.at += idOffset;
    return reader.utf8(reader.uint8());
  }

  /** Whether the id is the key in other cases of letters; no text is made for that. */
  hasId(place: number, key: string): boolean {
    const chunk = this.chunks[(place - 1) >>> unitBits]!;
    let at = ((place - 1) & ((1 << unitBits) - 1)) * alignment + idOffset;
    if (chunk[at++] !== key.length) return false;
    for (let index = 0; index < key.length; index++) {
      const byte = chunk[at + index]!;
      // Ids are ASCII.
      const lower = byte >= 65 && byte <= 90 ? byte + 32 : byte;
      if (lower !== key.charCodeAt(index)) return false;
    }
    return true;
  }

  template(place: number): number {
    return this.#at(place).int32();
  }

  /** The chunks as they are now, whatever is added later: how many bytes each has room for, and what is in it. */
  *parts(): IterableIterator<{ room: number; words: Int32Array }> {
    const last = this.chunks.length - 1;
    for (const [index, { buffer, length: room }] of this.chunks.entries()) {
      const words = new Int32Array(buffer, 0, (index === last ? this.#used : room) >>> 2);
      yield { room, words: index === last ? words.slice() : words };
    }
  }

  /** The next of the {@link parts}, of other texts. */
  addPart(room: number, words: Int32Array): void {
    const chunk = new Int32Array(room >>> 2);
    chunk.set(words);
    this.chunks.push(new Uint8Array(chunk.buffer));
    this.#used = 4 * words.length;
  }

  #at(place: number): ByteReader {
    const chunk = (place - 1) >>> unitBits;
    let reader = this.#readers[chunk];
    if (reader === undefined) {
      reader = new ByteReader(this.chunks[chunk]!);
      this.#readers[chunk] = reader;
    }
    reader.at = ((place - 1) & ((1 << unitBits) - 1)) * alignment;
    return reader;
  }
}

/** Ids compare without regard to case (semantics §0). */
export function idKey(id: string): string {
  return id.toLowerCase();
}

const none = new Int32Array(1);

/** Row by task id, for tasks given one by one: open addressing over rows, the ids themselves stay in the text. */
export class TaskIdIndex {
  /** Row + 1; 0: empty; −1: was taken. The first to be added makes it grow. */
  #slots = none;
  #used = 0;
  readonly #idOf: (row: number) => string;
  readonly #hasId: (row: number, key: string) => boolean;

  /** `hasId`: whether the row's id is the key, compared where it lies. */
  constructor(idOf: (row: number) => string, hasId: (row: number, key: string) => boolean) {
    this.#idOf = idOf;
    this.#hasId = hasId;
  }

  /** −1 if no task has the id. */
  find(id: string): number {
    const key = idKey(id);
    const mask = this.#slots.length - 1;
    for (let at = hashOf(key) & mask; ; at = (at + 1) & mask) {
      const slot = this.#slots[at]!;
      if (slot === 0) return -1;
      if (slot > 0 && this.#hasId(slot - 1, key)) return slot - 1;
    }
  }

  /** The id must not be there yet. */
  add(id: string, row: number): void {
    if (4 * (this.#used + 1) > 3 * this.#slots.length) this.#grow();
    this.#put(hashOf(idKey(id)), row);
    this.#used++;
  }

  delete(id: string): void {
    const key = idKey(id);
    const mask = this.#slots.length - 1;
    for (let at = hashOf(key) & mask; this.#slots[at] !== 0; at = (at + 1) & mask) {
      const slot = this.#slots[at]!;
      if (slot > 0 && this.#hasId(slot - 1, key)) {
        this.#slots[at] = -1;
        return;
      }
    }
  }

  get bytes(): number {
    return this.#slots.byteLength;
  }

  #put(hash: number, row: number): void {
    const mask = this.#slots.length - 1;
    let at = hash & mask;
    while (this.#slots[at]! > 0) at = (at + 1) & mask;
    this.#slots[at] = row + 1;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(Math.max(16, before.length * 2));
    this.#used = 0;
    for (const slot of before) {
      if (slot <= 0) continue;
      this.#put(hashOf(idKey(this.#idOf(slot - 1))), slot - 1);
      this.#used++;
    }
  }
}

/** Ids are often numbered: without the last steps neighbours would crowd together. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}
