import type { ByteReader, ByteWriter } from '../bytes.ts';
import { sampledVariables } from './variables.ts';

/** How often a pool is sampled. semantics §6.6 */
export const samplePeriodMs = 30_000;
/** How long after it was taken formulas see a sample. */
export const sampleLagMs = 30_000;
/** As many samples are kept: those of 24 hours. */
export const historyLength = 2_880;

/** In a sample: nobody has reported the variable. Everything that is sampled is 0 or more. */
export const notSampled = -1;

/** All samples of a variable that has always been the same take no more than the value. */
type Column = { same: number } | { ring: Float64Array };

/**
 * The samples of a pool, one every {@link samplePeriodMs} from the first on, each with a value per sampled variable.
 * It keeps the last {@link historyLength}. No sample is ever left out, so that times are counted, not stored.
 */
export class SampleHistory {
  #firstTime = 0;
  /** Taken so far, those included that are not kept any more. */
  #taken = 0;
  /** `undefined`: nothing was taken. */
  #columns: Column[] | undefined;

  /** Kept. */
  get length(): number {
    return Math.min(this.#taken, historyLength);
  }

  /** When the next is due; `undefined` before the first, which is due when there is a reason. */
  get nextTime(): number | undefined {
    return this.#taken === 0 ? undefined : this.#timeOf(this.#taken);
  }

  /** One value per variable, in the order of {@link sampledVariables}; all but the first at {@link nextTime}. */
  take(at: number, values: ArrayLike<number>): void {
    if (this.#taken === 0) this.#firstTime = at;
    else if (at !== this.nextTime) throw new RangeError(`no sample is due at ${at}`);
    this.#columns ??= sampledVariables.map((_, index) => ({ same: values[index]! }));
    for (const [index, column] of this.#columns.entries()) {
      const value = values[index]!;
      if ('ring' in column) this.#put(column, value);
      else if (value !== column.same) {
        const grown = { ring: new Float64Array(roomFor(this.#taken + 1)).fill(column.same) };
        this.#columns[index] = grown;
        this.#put(grown, value);
      }
    }
    this.#taken++;
  }

  clear(): void {
    this.#taken = 0;
    this.#columns = undefined;
  }

  /** Of how many samples `now` shows a value of the variable. */
  count(variable: number, now: number): number {
    return this.window(variable, -Infinity, Infinity, now).length;
  }

  /** Time of the oldest sample that `now` shows; `undefined`: it shows none. */
  beginTime(variable: number, now: number): number | undefined {
    for (let sample = this.#oldest; sample <= this.#newestVisible(now); sample++) {
      if (this.#value(variable, sample) !== notSampled) return this.#timeOf(sample);
    }
    return undefined;
  }

  /** The newest `count` that `now` shows, oldest first. */
  newest(variable: number, count: number, now: number): number[] {
    const values: number[] = [];
    for (let sample = this.#newestVisible(now); sample >= this.#oldest; sample--) {
      // A count that is no number is of none.
      if (!(values.length + 1 <= count)) break;
      const value = this.#value(variable, sample);
      if (value !== notSampled) values.push(value);
    }
    return values.reverse();
  }

  /** Those that were taken in (start, end] and that `now` shows, oldest first; times in ms since the epoch. */
  window(variable: number, start: number, end: number, now: number): number[] {
    const after = Math.floor((start - this.#firstTime) / samplePeriodMs) + 1;
    const until = Math.floor((end - this.#firstTime) / samplePeriodMs);
    const last = Math.min(until, this.#newestVisible(now));
    const values: number[] = [];
    for (let sample = Math.max(after, this.#oldest); sample <= last; sample++) {
      const value = this.#value(variable, sample);
      if (value !== notSampled) values.push(value);
    }
    return values;
  }

  /** The same for the same samples, whatever came before them. */
  write(writer: ByteWriter): void {
    writer.int32(this.length);
    if (this.#columns === undefined) return;
    writer.float64(this.#timeOf(this.#oldest));
    writer.int32(this.#columns.length);
    for (const variable of this.#columns.keys()) {
      const values: number[] = [];
      for (let sample = this.#oldest; sample < this.#taken; sample++) {
        values.push(this.#value(variable, sample));
      }
      const kept = values.every((value) => value === values[0]) ? values.slice(0, 1) : values;
      writer.int32(kept.length);
      for (const value of kept) writer.float64(value);
    }
  }

  static read(reader: ByteReader): SampleHistory {
    const history = new SampleHistory();
    history.#taken = reader.int32();
    if (history.#taken === 0) return history;
    history.#firstTime = reader.float64();
    const columns: Column[] = [];
    for (let count = reader.int32(); columns.length < count; ) {
      const kept = reader.int32();
      if (kept === 1) columns.push({ same: reader.float64() });
      else {
        const ring = new Float64Array(roomFor(kept));
        for (let sample = 0; sample < kept; sample++) ring[sample] = reader.float64();
        columns.push({ ring });
      }
    }
    // Of a version that knew fewer variables.
    while (columns.length < sampledVariables.length) columns.push({ same: notSampled });
    history.#columns = columns;
    return history;
  }

  get #oldest(): number {
    return this.#taken - this.length;
  }

  #newestVisible(now: number): number {
    const last = Math.floor((now - sampleLagMs - this.#firstTime) / samplePeriodMs);
    return Math.min(last, this.#taken - 1);
  }

  #timeOf(sample: number): number {
    return this.#firstTime + sample * samplePeriodMs;
  }

  #value(variable: number, sample: number): number {
    const column = this.#columns?.[variable];
    if (column === undefined) return notSampled;
    return 'same' in column ? column.same : column.ring[sample % historyLength]!;
  }

  /** Of the sample that is being taken. */
  #put(column: { ring: Float64Array }, value: number): void {
    const place = this.#taken % historyLength;
    if (place >= column.ring.length) {
      const larger = new Float64Array(roomFor(place + 1));
      larger.set(column.ring);
      column.ring = larger;
    }
    column.ring[place] = value;
  }
}

function roomFor(samples: number): number {
  let room = 32;
  while (room < samples) room *= 2;
  return Math.min(room, historyLength);
}
