interface Appointment {
  atMs: number;
  order: number;
  act: () => void;
}

/** Time that passes when a test says so. */
export class VirtualClock {
  /** Milliseconds since the clock was made. */
  nowMs = 0;
  #appointments: Appointment[] = [];
  #order = 0;

  /** Calls `act` when so much time has passed, never at once. Returns what takes it back. */
  after(delayMs: number, act: () => void): () => void {
    const appointment = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, act };
    if (appointment.atMs < Number.POSITIVE_INFINITY) this.#appointments.push(appointment);
    return () => {
      this.#appointments = this.#appointments.filter((other) => other !== appointment);
    };
  }

  /** When the next thing happens; `undefined`: nothing is to come. */
  get nextMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /**
   * Lets time pass. All that falls into it happens in its order, and before time goes on, whoever hears of it has
   * had his turn: what he starts then is started then.
   */
  async advance(byMs: number): Promise<void> {
    const endMs = this.nowMs + byMs;
    for (let next = this.#next(); next !== undefined && next.atMs <= endMs; next = this.#next()) {
      this.nowMs = next.atMs;
      this.#appointments.splice(this.#appointments.indexOf(next), 1);
      next.act();
      if (this.#next()?.atMs !== next.atMs) await turn();
    }
    this.nowMs = endMs;
  }

  #next(): Appointment | undefined {
    let first: Appointment | undefined;
    for (const appointment of this.#appointments) {
      if (first === undefined || isBefore(appointment, first)) first = appointment;
    }
    return first;
  }
}

function isBefore(a: Appointment, b: Appointment): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** A runtime gathers what it is told, writes it down and applies it: some turns of the event loop. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
