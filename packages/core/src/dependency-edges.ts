import type { ByteReader, ByteWriter } from './bytes.ts';
import { bitCount } from './integer-ids.ts';
import { IntegerList } from './integer-list.ts';
import { IntegerTable } from './integer-table.ts';

export const noEdge = 0;

/** What a group counts in its byte; from here on in a table. */
const manyMissing = 0xff;

/** Rows that wait together. */
export interface RowRange {
  row: number;
  count: number;
}

/**
 * Edges from what is waited for to who waits, readable both ways, at 8 bytes and 2 bits.
 *
 * Who waits is a *group*: the rows of one specification. It is made with all its edges at once, so they lie
 * side by side: a bit marks the first edge of each group, and counting the bits before an edge gives its
 * group. The edges of one target are a linked list whose head belongs to the target. An edge that is
 * satisfied has its link stored inverted; new edges go in front and all are satisfied together, so that in
 * a list those that are open come first.
 */
export class DependencyEdges {
  /** Target and link, by edge; edge 0 is none. */
  readonly #edges = new IntegerList();
  /** By 32 edges: bits of those that begin a group, and the groups before them. */
  readonly #begins = new IntegerList();
  /** First row, by group: ascending. */
  readonly #groupRow = new IntegerList();
  /** Open edges, by group, a byte each. */
  readonly #groupMissing = new IntegerList();
  readonly #manyMissing = new IntegerTable();
  /** Of groups that are more than one row. */
  readonly #groupCount = new IntegerTable();

  /** Groups that became free; sorted by {@link sortReleased}. */
  #released = new Int32Array(16);
  #releasedCount = 0;

  /** The group that is being made. */
  #row = 0;
  #count = 0;
  #firstEdge = 0;
  #missing = 0;

  constructor() {
    this.#pushEdge(0, 0);
  }

  /** The edges of these rows come now. Later groups have higher rows. */
  begin(row: number, count: number): void {
    this.#row = row;
    this.#count = count;
    this.#firstEdge = this.#edgeCount;
    this.#missing = 0;
  }

  /** An edge to a target whose list begins with `head`; the list's new head. One that is there already is not added again. */
  add(target: number, head: number, isOpen: boolean): number {
    if (head >= this.#firstEdge) return head;
    if (this.#edgeCount === this.#firstEdge) {
      this.#groupRow.push(this.#row);
      const group = this.#groupRow.length - 1;
      if ((group & 3) === 0) this.#groupMissing.push(0);
      if (this.#count !== 1) this.#groupCount.set(group, this.#count);
    }
    if (isOpen) this.#missing++;
    return this.#pushEdge(target, isOpen ? head : ~head);
  }

  /** Whether the group has open edges. */
  end(): boolean {
    if (this.#missing > 0) this.#setMissing(this.#groupRow.length - 1, this.#missing);
    return this.#missing > 0;
  }

  isOpen(edge: number): boolean {
    return edge !== noEdge && this.#edges.get(2 * edge + 1) >= 0;
  }

  target(edge: number): number {
    return this.#edges.get(2 * edge);
  }

  /** Satisfies the open edges of a list. */
  satisfy(head: number): void {
    for (let edge = head; edge !== noEdge; ) {
      const next = this.#edges.get(2 * edge + 1);
      if (next < 0) return;
      this.#edges.set(2 * edge + 1, ~next);
      this.#countDown(this.#groupOf(edge));
      edge = next;
    }
  }

  /** Gives the open edges of a list another target and cuts them off from the satisfied ones; the head of those. */
  retarget(head: number, target: number): number {
    for (let edge = head; this.isOpen(edge); ) {
      this.#edges.set(2 * edge, target);
      const next = this.#edges.get(2 * edge + 1);
      if (next !== noEdge && !this.isOpen(next)) {
        this.#edges.set(2 * edge + 1, noEdge);
        return next;
      }
      edge = next;
    }
    return this.isOpen(head) ? noEdge : head;
  }

  get hasReleased(): boolean {
    return this.#releasedCount > 0;
  }

  /** Brings what was released in the order of creation; how many groups they are. */
  sortReleased(): number {
    const count = this.#releasedCount;
    if (count > 1) this.#released.subarray(0, count).sort();
    return count;
  }

  releasedRow(place: number): number {
    return this.#groupRow.get(this.#released[place]!);
  }

  releasedCount(place: number): number {
    return this.#countOf(this.#released[place]!);
  }

  clearReleased(): void {
    this.#releasedCount = 0;
    if (this.#released.length > 1 << 12) this.#released = new Int32Array(16);
  }

  /** The edges of the group that the row belongs to, in the order in which they were added. */
  *ofRow(row: number): IterableIterator<number> {
    const group = this.#groupAt(row);
    if (group === -1) return;
    let edge = this.#firstEdgeOf(group);
    do yield edge++;
    while (edge < this.#edgeCount && !this.#isFirst(edge));
  }

  /** Who waits or has waited by the edges of a list, the latest first. */
  *rowsOf(head: number): IterableIterator<RowRange> {
    for (let edge = head; edge !== noEdge; ) {
      const group = this.#groupOf(edge);
      yield { row: this.#groupRow.get(group), count: this.#countOf(group) };
      const next = this.#edges.get(2 * edge + 1);
      edge = next < 0 ? ~next : next;
    }
  }

  get bytes(): number {
    return (
      this.#edges.bytes +
      this.#begins.bytes +
      this.#groupRow.bytes +
      this.#groupMissing.bytes +
      this.#manyMissing.bytes +
      this.#groupCount.bytes +
      this.#released.byteLength
    );
  }

  write(writer: ByteWriter): void {
    for (const part of this.#parts()) part.write(writer);
  }

  read(reader: ByteReader): void {
    for (const part of this.#parts()) part.read(reader);
  }

  #parts(): (IntegerList | IntegerTable)[] {
    return [
      this.#edges,
      this.#begins,
      this.#groupRow,
      this.#groupMissing,
      this.#manyMissing,
      this.#groupCount,
    ];
  }

  /** With the one that is none. */
  get #edgeCount(): number {
    return this.#edges.length >>> 1;
  }

  #pushEdge(target: number, link: number): number {
    const edge = this.#edgeCount;
    this.#edges.push(target);
    this.#edges.push(link);
    if ((edge & 31) === 0) {
      const isFirst = edge === this.#firstEdge && edge !== noEdge;
      this.#begins.push(0);
      this.#begins.push(this.#groupRow.length - (isFirst ? 1 : 0));
    }
    if (edge === this.#firstEdge && edge !== noEdge) {
      const word = 2 * (edge >>> 5);
      this.#begins.set(word, this.#begins.get(word) | (1 << (edge & 31)));
    }
    return edge;
  }

  #groupOf(edge: number): number {
    const word = 2 * (edge >>> 5);
    // Bit 31 is shifted out where all bits up to the edge's own are meant.
    const upTo = this.#begins.get(word) & ((2 << (edge & 31)) - 1);
    return this.#begins.get(word + 1) + bitCount(upTo) - 1;
  }

  #isFirst(edge: number): boolean {
    return (this.#begins.get(2 * (edge >>> 5)) & (1 << (edge & 31))) !== 0;
  }

  /** The last word with fewer groups before it than the group's number has it, or a part of it. */
  #firstEdgeOf(group: number): number {
    let low = 0;
    let high = (this.#begins.length >>> 1) - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#begins.get(2 * middle + 1) <= group) low = middle;
      else high = middle - 1;
    }
    let bits = this.#begins.get(2 * low);
    for (let before = group - this.#begins.get(2 * low + 1); before > 0; before--) bits &= bits - 1;
    return 32 * low + 31 - Math.clz32(bits & -bits);
  }

  /** −1: the row waits and has waited for nothing. */
  #groupAt(row: number): number {
    let low = 0;
    let high = this.#groupRow.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#groupRow.get(middle) <= row) low = middle;
      else high = middle - 1;
    }
    if (high < 0) return -1;
    const index = row - this.#groupRow.get(low);
    return index >= 0 && index < this.#countOf(low) ? low : -1;
  }

  #countOf(group: number): number {
    return this.#groupCount.get(group) || 1;
  }

  #setMissing(group: number, missing: number): void {
    if (missing >= manyMissing) this.#manyMissing.set(group, missing);
    const shift = 8 * (group & 3);
    const others = this.#groupMissing.get(group >>> 2) & ~(0xff << shift);
    this.#groupMissing.set(group >>> 2, others | (Math.min(missing, manyMissing) << shift));
  }

  #countDown(group: number): void {
    const shift = 8 * (group & 3);
    const word = this.#groupMissing.get(group >>> 2);
    const missing = (word >>> shift) & 0xff;
    if (missing === manyMissing) {
      this.#setMissing(group, this.#manyMissing.take(group) - 1);
      return;
    }
    this.#groupMissing.set(group >>> 2, word - (1 << shift));
    if (missing === 1) this.#release(group);
  }

  #release(group: number): void {
    if (this.#releasedCount === this.#released.length) {
      const larger = new Int32Array(2 * this.#releasedCount);
      larger.set(this.#released);
      this.#released = larger;
    }
    this.#released[this.#releasedCount++] = group;
  }
}
