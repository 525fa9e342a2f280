/**
 * A state machine as data: the rows of a table of semantics §2. What a transition does stands in one named
 * function elsewhere; that it may happen stands here, and nothing moves outside the table.
 */
export interface Transition<State extends string, Trigger extends string> {
  from: State;
  trigger: Trigger;
  to: State;
}

export class Machine<State extends string, Trigger extends string> {
  readonly name: string;
  readonly states: readonly State[];
  readonly triggers: readonly Trigger[];
  readonly transitions: readonly Transition<State, Trigger>[];
  readonly #byName = new Map<State, Map<Trigger, State>>();
  /** For packed rows: state × trigger → state, −1: no such transition. Numbers are places in `states` and `triggers`. */
  readonly byNumber: Int8Array;

  constructor(
    name: string,
    states: readonly State[],
    triggers: readonly Trigger[],
    transitions: readonly Transition<State, Trigger>[],
  ) {
    this.name = name;
    this.states = states;
    this.triggers = triggers;
    this.transitions = transitions;
    for (const state of states) this.#byName.set(state, new Map());
    this.byNumber = new Int8Array(states.length * triggers.length).fill(-1);
    for (const { from, trigger, to } of transitions) {
      this.#byName.get(from)?.set(trigger, to);
      this.byNumber[states.indexOf(from) * triggers.length + triggers.indexOf(trigger)] =
        states.indexOf(to);
    }
  }

  /** The state after `trigger`, `undefined` where the table has no row. */
  next(from: State, trigger: Trigger): State | undefined {
    return this.#byName.get(from)?.get(trigger);
  }
}

/** A transition outside its table: always a defect of the engine, never of its input. */
export class InvalidTransition extends Error {
  override readonly name = 'InvalidTransition';
  constructor(machine: string, subject: string, from: string, trigger: string) {
    super(`${machine} ${subject}: no transition from "${from}" on "${trigger}"`);
  }
}
