import type { ByteReader, ByteWriter } from './bytes.ts';
import { bitCount } from './integer-ids.ts';
import { IntegerList, pageMask } from './integer-list.ts';
import { IntegerTable } from './integer-table.ts';

export const noEdge = 0;

/** What a group counts in its byte; from here on in a table. */
const manyMissing = 0xff;

/** Edges come in blocks that begin with a header in place of an edge. */
const blockEdges = 16;
const blockMask = blockEdges - 1;

/** Rows that wait together. */
export interface RowRange {
  row: number;
  count: number;
}

/**
 * Edges from what is waited for to who waits, readable both ways, at 8.5 bytes.
 *
 * Who waits is a *group*: the rows of one specification. It is made with all its edges at once, so they lie
 * side by side: in the header of each block a bit marks the first edge of each group, and counting the bits
 * before an edge gives its group. The edges of one target are a linked list whose head belongs to the target.
 * An edge that is satisfied has its link stored inverted; new edges go in front and all are satisfied
 * together, so that in a list those that are open come first.
 */
export class DependencyEdges {
  /** Two words by edge: target and link. Of a block's header: bits of those that begin a group, groups before. */
  readonly #edges = new IntegerList();
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
    this.#pushHeader();
  }

  /** The edges of these rows come now. Later groups have higher rows. */
  begin(row: number, count: number): void {
    this.#row = row;
    this.#count = count;
    this.#firstEdge = this.next;
    this.#missing = 0;
  }

  /** The number that the next edge will have. */
  get next(): number {
    return this.#edges.length >>> 1;
  }

  /**
   * Makes {@link next} an edge to a target, in front of the list that begins with `head`. False if the group
   * has one already, which is then the head: it is not added again.
   */
  add(target: number, head: number, isOpen: boolean): boolean {
    if (head >= this.#firstEdge) return false;
    if (this.next === this.#firstEdge) {
      this.#groupRow.push(this.#row);
      const group = this.#groupRow.length - 1;
      if ((group & 3) === 0) this.#groupMissing.push(0);
      if (this.#count !== 1) this.#groupCount.set(group, this.#count);
    }
    if (isOpen) this.#missing++;
    this.#pushEdge(target, isOpen ? head : ~head);
    return true;
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
      const page = this.#edges.page(2 * edge);
      const link = (2 * edge + 1) & pageMask;
      const next = page[link]!;
      if (next < 0) return;
      page[link] = ~next;
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
    if (count > 1) sort(this.#released, count);
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
    do {
      if ((edge & blockMask) !== 0) yield edge;
      edge++;
    } while (edge < this.next && !this.#isFirst(edge));
  }

  /** −1: the row waits and has waited for nothing. */
  firstRowOfGroup(row: number): number {
    const group = this.#groupAt(row);
    return group === -1 ? -1 : this.#groupRow.get(group);
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
    return [this.#edges, this.#groupRow, this.#groupMissing, this.#manyMissing, this.#groupCount];
  }

  #pushEdge(target: number, link: number): void {
    const edge = this.next;
    if (edge === this.#firstEdge) {
      const header = 2 * (edge & ~blockMask);
      this.#edges.set(header, this.#edges.get(header) | (1 << (edge & blockMask)));
    }
    this.#edges.push(target);
    this.#edges.push(link);
    // The next edge is never a header, so that its number is known.
    if ((this.next & blockMask) === 0) this.#pushHeader();
  }

  #pushHeader(): void {
    this.#edges.push(0);
    this.#edges.push(this.#groupRow.length);
  }

  #groupOf(edge: number): number {
    const header = 2 * (edge & ~blockMask);
    const page = this.#edges.page(header);
    const bits = page[header & pageMask]! & ((2 << (edge & blockMask)) - 1);
    return page[(header & pageMask) + 1]! + bitCount(bits) - 1;
  }

  /** Never of a header. */
  #isFirst(edge: number): boolean {
    return (this.#edges.get(2 * (edge & ~blockMask)) & (1 << (edge & blockMask))) !== 0;
  }

  /** In the last block with no more groups before it than there are before this one. */
  #firstEdgeOf(group: number): number {
    let low = 0;
    let high = Math.floor((this.next - 1) / blockEdges);
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#edges.get(2 * blockEdges * middle + 1) <= group) low = middle;
      else high = middle - 1;
    }
    const header = 2 * blockEdges * low;
    let bits = this.#edges.get(header);
    for (let before = group - this.#edges.get(header + 1); before > 0; before--) bits &= bits - 1;
    return blockEdges * low + 31 - Math.clz32(bits & -bits);
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
    const page = this.#groupMissing.page(group >>> 2);
    const at = (group >>> 2) & pageMask;
    const word = page[at]!;
    const missing = (word >>> shift) & 0xff;
    if (missing === manyMissing) {
      this.#setMissing(group, this.#manyMissing.take(group) - 1);
      return;
    }
    page[at] = word - (1 << shift);
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

const fewToSort = 32;

/** Ascending. Lists give the latest first, so that few are mostly the other way round. */
function sort(values: Int32Array, count: number): void {
  if (count > fewToSort) {
    values.subarray(0, count).sort();
    return;
  }
  for (let low = 0, high = count - 1; low < high; low++, high--) {
    const value = values[low]!;
    values[low] = values[high]!;
    values[high] = value;
  }
  for (let sorted = 1; sorted < count; sorted++) {
    const value = values[sorted]!;
    let at = sorted;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
}
