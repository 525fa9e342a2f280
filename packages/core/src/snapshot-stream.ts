import { ByteReader, ByteWriter } from './bytes.ts';
import { Hash } from './hash.ts';
import type { Job } from './job.ts';
import type { PolicySet } from './policy-set.ts';
import { damagedSnapshot, derive, readHead, writeHead } from './snapshot.ts';
import { firstRowOf, rowsOf, wordsPerRow } from './task-rows.ts';
import { World } from './world.ts';

/*
 * A snapshot as a stream of chunks: the head, cut into pieces, then records of the texts and of the rows of tasks, as many
 * to a chunk as fit. The state hash is taken over the same: what is not in a snapshot cannot matter later.
 */

/** Of the whole, head and records. */
const formatVersion = 5;
const magic = 0x48545242;

/** A chunk ends when it has so many bytes; the longest record, a page of rows, has 1.8 MB. */
const chunkBytes = 1 << 20;

/** A part of a job's texts, which has room for so many bytes. */
interface TextRecord {
  kind: 0;
  job: number;
  room: number;
  words: Int32Array;
}

/** A page of a job's rows, frozen at its address until it is written. */
interface PageRecord {
  kind: 1;
  job: number;
  page: number;
  words: Int32Array;
  address: number;
}

/** 16 hexadecimal digits over the whole model. */
export function stateHash(world: World): string {
  const hash = new Hash();
  hash.bytes(writeHead(world, 0));
  for (const job of jobsOf(world)) {
    for (const { words } of textsOf(job)) for (const word of words) hash.word(word);
    for (const { page } of job.rows.pages()) {
      // Equal rows in other pages are another state.
      hash.word(job.number);
      hash.word(page);
      hash.word(job.rows.hashOf(page));
    }
  }
  world.arena.settle();
  return hash.digest();
}

/** Taken at this moment, whatever the world does between two chunks. */
export function writeSnapshot(world: World): IterableIterator<Uint8Array> {
  const head = writeHead(world, world.inputCount);
  const texts = [...jobsOf(world)].flatMap((job) => [...textsOf(job)]);
  const pages = [...jobsOf(world)].flatMap((job) => [...frozenPagesOf(world, job)]);
  return chunks(world, head, texts, pages);
}

function* chunks(
  world: World,
  head: Uint8Array,
  texts: readonly TextRecord[],
  pages: readonly PageRecord[],
): IterableIterator<Uint8Array> {
  const writer = new ByteWriter(1 << 16);
  writer.int32(magic);
  writer.int32(formatVersion);
  writer.int32(head.length);
  writer.int32(texts.length + pages.length);
  for (let at = 0; at < head.length; at += chunkBytes) {
    writer.raw(head.subarray(at, at + chunkBytes));
    yield take(writer);
  }
  for (const { kind, job, room, words } of texts) {
    writer.int32(kind);
    writer.int32(job);
    writer.int32(room);
    writer.int32s(words);
    if (writer.length >= chunkBytes) yield take(writer);
  }
  // Small pages share the memory that is frozen: it is let go with the last of them.
  const left = new Map<ArrayBufferLike, number>();
  for (const { words } of pages) left.set(words.buffer, (left.get(words.buffer) ?? 0) + 1);
  for (const { kind, job, page, address, words } of pages) {
    writer.int32(kind);
    writer.int32(job);
    writer.int32(page);
    writer.int32s(words);
    const others = left.get(words.buffer)! - 1;
    left.set(words.buffer, others);
    if (others === 0) world.arena.thaw(address, words);
    if (writer.length >= chunkBytes) yield take(writer);
  }
  if (writer.length > 0) yield take(writer);
}

function take(writer: ByteWriter): Uint8Array {
  const chunk = writer.bytes().slice();
  writer.clear();
  return chunk;
}

function* jobsOf({ jobs }: World): IterableIterator<Job> {
  for (const job of jobs) if (job !== undefined) yield job;
}

function* textsOf({ number: job, given }: Job): IterableIterator<TextRecord> {
  for (const part of given?.text.parts() ?? []) yield { kind: 0, job, ...part };
}

function* frozenPagesOf(world: World, { number: job, rows }: Job): IterableIterator<PageRecord> {
  for (const { page, address, bits } of rows.pages()) {
    world.arena.freeze(address);
    yield { kind: 1, job, page, address, words: world.arena.page(address, bits) };
  }
}

/**
 * Makes a world of the chunks of a snapshot, which come in order.
 * @throws BatchError `InvalidInput`, or `PoliciesDiffer` if it was made under others
 */
export class SnapshotReader {
  readonly #world: World;
  /** The head so far: some of it is missing while this is there. */
  #head: ByteWriter | undefined = new ByteWriter(1 << 12);
  #headLength = 0;
  /** Records that come after it; −1: nothing has come yet. */
  #recordsLeft = -1;

  constructor(policies: PolicySet) {
    this.#world = new World(policies);
  }

  chunk(bytes: Uint8Array): void {
    try {
      const reader = new ByteReader(bytes);
      if (this.#recordsLeft === -1) this.#begin(reader);
      if (this.#head !== undefined) this.#readHead(this.#head, reader);
      while (!reader.done) this.#readRecord(reader);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
      throw damagedSnapshot(error.message);
    }
  }

  /** After the last chunk. */
  end(): World {
    if (this.#recordsLeft !== 0 || this.#head !== undefined) {
      throw damagedSnapshot('it ends before its last chunk');
    }
    derive(this.#world);
    return this.#world;
  }

  #begin(reader: ByteReader): void {
    if (reader.int32() !== magic) throw damagedSnapshot('it does not begin as one');
    const version = reader.int32();
    if (version !== formatVersion) {
      throw damagedSnapshot(
        `it has format version ${version}, this version of Berth reads ${formatVersion}`,
      );
    }
    this.#headLength = reader.int32();
    this.#recordsLeft = reader.int32();
    if (this.#recordsLeft < 0) throw damagedSnapshot('it does not begin as one');
  }

  #readHead(head: ByteWriter, reader: ByteReader): void {
    head.raw(reader.raw(Math.min(reader.left, this.#headLength - head.length)));
    if (head.length < this.#headLength) return;
    readHead(this.#world, new ByteReader(head.bytes()));
    this.#head = undefined;
  }

  #readRecord(reader: ByteReader): void {
    const kind = reader.int32();
    const job = this.#world.jobs[reader.int32()];
    const number = reader.int32();
    const words = reader.int32s();
    if (this.#recordsLeft-- <= 0) throw damagedSnapshot('something comes after its last chunk');
    if (kind === 0 && job?.given !== undefined && 4 * words.length <= number) {
      job.given.text.addPart(number, words);
    } else if (kind === 1 && job !== undefined && words.length === rowsOf(number) * wordsPerRow) {
      const row = firstRowOf(number);
      job.rows.touch(row).set(words, job.rows.offset(row));
    } else throw damagedSnapshot('a part of it fits no job');
  }
}
