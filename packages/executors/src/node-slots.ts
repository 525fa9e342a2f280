import type { Host } from './host.ts';
import { NodeShell } from './node-shell.ts';
import type { ReportLog } from './report-log.ts';
import type { Running } from './running.ts';

/** A slot shell, and what it is on. */
export interface Slot {
  readonly index: number;
  readonly shell: NodeShell;
  /** What it was told to run and has not answered for. */
  run: Running | undefined;
  /** Id of the kill of its run that is not answered; until then it gets no other run. */
  ending: string | undefined;
  /** Left by an earlier engine and not heard of since. */
  asked: string | undefined;
  /** Number of the report log that it appends to. */
  log: number;
}

/** The slot shells of a node: one per slot in use, started when first needed. */
export class NodeSlots {
  readonly #host: Host;
  readonly #log: ReportLog;
  readonly #start: (shell: NodeShell, index: number) => Promise<void>;
  readonly #onFailure: (slot: Slot, error: unknown) => void;
  readonly #slots = new Map<number, Slot>();
  readonly #idle: Slot[] = [];

  constructor(options: {
    host: Host;
    log: ReportLog;
    start: (shell: NodeShell, index: number) => Promise<void>;
    onFailure: (slot: Slot, error: unknown) => void;
  }) {
    this.#host = options.host;
    this.#log = options.log;
    this.#start = options.start;
    this.#onFailure = options.onFailure;
  }

  /** Finds the slot shells of an earlier life; whether they are idle they say when they are asked. */
  async reopen(nextId: () => string): Promise<void> {
    for (const { name } of await this.#host.files.list(`${this.#host.root}/volatile`)) {
      const index = /^slot-(\d+)\.pid$/.exec(name)?.[1];
      if (index !== undefined) await this.find(Number(index), nextId);
    }
  }

  /** One of them: it may have come up only after it was looked for. */
  async find(index: number, nextId: () => string): Promise<Slot | undefined> {
    const known = this.#slots.get(index);
    if (known !== undefined) return known;
    const slot = this.#add(index, this.#log.oldest);
    if (await slot.shell.reopen()) {
      slot.asked = nextId();
      return slot;
    }
    this.#slots.delete(index);
    return undefined;
  }

  ask(): void {
    for (const { asked, shell } of this.#slots.values()) {
      if (asked !== undefined) shell.send(`ask ${asked}\n`);
    }
  }

  get(index: number): Slot | undefined {
    return this.#slots.get(index);
  }

  all(): Slot[] {
    return [...this.#slots.values()];
  }

  /** A slot for a run, with a shell or one that is being started. */
  take(running: Running): Slot {
    const slot = this.#idle.pop() ?? this.#startOne();
    slot.run = running;
    running.slot = slot;
    if (slot.log !== this.#log.number) this.#tellLog(slot);
    return slot;
  }

  /** It has answered for its run; if a kill is under way it waits for that answer too. */
  free(slot: Slot): void {
    slot.run = undefined;
    slot.asked = undefined;
    if (slot.ending === undefined && this.#slots.get(slot.index) === slot) this.#idle.push(slot);
  }

  /** The kill `id` is answered. */
  endAnswered(slot: Slot, id: string): void {
    if (slot.ending !== id) return;
    slot.ending = undefined;
    if (slot.run === undefined && slot.asked === undefined) this.free(slot);
  }

  /** Its shell is dead. False if that is known. */
  remove(slot: Slot): boolean {
    if (this.#slots.get(slot.index) !== slot) return false;
    this.#slots.delete(slot.index);
    const idle = this.#idle.indexOf(slot);
    if (idle >= 0) this.#idle.splice(idle, 1);
    slot.shell.close();
    return true;
  }

  /** The oldest log that a shell may append to. */
  logInUse(): number {
    let oldest = this.#log.number;
    for (const { log } of this.#slots.values()) oldest = Math.min(oldest, log);
    return oldest;
  }

  /** A new report log was begun; busy shells learn it with their next run. */
  tellLog(): void {
    for (const slot of this.#idle) this.#tellLog(slot);
  }

  close(): void {
    for (const { shell } of this.#slots.values()) shell.close();
  }

  #tellLog(slot: Slot): void {
    slot.log = this.#log.number;
    slot.shell.send(`log ${slot.log}\n`);
  }

  #add(index: number, log: number): Slot {
    const shell = new NodeShell(this.#host, `slot-${index}`);
    const slot: Slot = { index, shell, run: undefined, ending: undefined, asked: undefined, log };
    this.#slots.set(index, slot);
    return slot;
  }

  #startOne(): Slot {
    let index = 0;
    while (this.#slots.has(index)) index++;
    const slot = this.#add(index, this.#log.number);
    this.#start(slot.shell, index).catch((error: unknown) => this.#onFailure(slot, error));
    return slot;
  }
}
