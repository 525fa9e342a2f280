/**
 * Which of many things falls due first: a binary heap over small integer keys, each with at most one
 * deadline. Equal deadlines leave in the order of their keys, so that the order never depends on history.
 */
export class DeadlineHeap {
  #keys = new Int32Array(16);
  #times = new Float64Array(16);
  /** Place of a key in the heap + 1; 0: not in it. */
  #places = new Int32Array(16);
  #size = 0;
  #firstTime = Infinity;

  get size(): number {
    return this.#size;
  }

  /** Deadline of the first, `Infinity` if there is none: asked with every input, so it is kept. */
  get firstTime(): number {
    return this.#firstTime;
  }

  get firstKey(): number {
    return this.#size === 0 ? -1 : this.#keys[0]!;
  }

  timeOf(key: number): number | undefined {
    const place = (this.#places[key] ?? 0) - 1;
    return place < 0 ? undefined : this.#times[place]!;
  }

  /** Sets or moves the deadline of `key`. */
  set(key: number, time: number): void {
    if (key >= this.#places.length) this.#places = grown(this.#places, key + 1);
    let place = this.#places[key]! - 1;
    if (place < 0) {
      place = this.#size++;
      if (place >= this.#keys.length) {
        this.#keys = grown(this.#keys, this.#size);
        const times = new Float64Array(this.#keys.length);
        times.set(this.#times);
        this.#times = times;
      }
    }
    this.#put(place, key, time);
    this.#sink(this.#rise(place));
    this.#firstTime = this.#times[0]!;
  }

  delete(key: number): void {
    const place = (this.#places[key] ?? 0) - 1;
    if (place < 0) return;
    this.#places[key] = 0;
    const last = --this.#size;
    if (place !== last) {
      this.#put(place, this.#keys[last]!, this.#times[last]!);
      this.#sink(this.#rise(place));
    }
    this.#firstTime = this.#size === 0 ? Infinity : this.#times[0]!;
  }

  #put(place: number, key: number, time: number): void {
    this.#keys[place] = key;
    this.#times[place] = time;
    this.#places[key] = place + 1;
  }

  #before(a: number, b: number): boolean {
    const earlier = this.#times[a]! - this.#times[b]!;
    return earlier < 0 || (earlier === 0 && this.#keys[a]! < this.#keys[b]!);
  }

  #swap(a: number, b: number): void {
    const key = this.#keys[a]!;
    const time = this.#times[a]!;
    this.#put(a, this.#keys[b]!, this.#times[b]!);
    this.#put(b, key, time);
  }

  #rise(place: number): number {
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      if (!this.#before(place, parent)) break;
      this.#swap(place, parent);
      place = parent;
    }
    return place;
  }

  #sink(place: number): void {
    for (;;) {
      let least = place;
      const left = 2 * place + 1;
      if (left < this.#size && this.#before(left, least)) least = left;
      if (left + 1 < this.#size && this.#before(left + 1, least)) least = left + 1;
      if (least === place) return;
      this.#swap(place, least);
      place = least;
    }
  }
}

function grown(array: Int32Array, atLeast: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(atLeast, array.length * 2));
  larger.set(array);
  return larger;
}
