import type { Applied, Command, Queries, Report } from '@berth/core';
import { Engine, InputBatch } from '@berth/core';
import { defaultAccountName } from './account-words.ts';
import { EffectWords } from './effect-words.ts';
import { eventLines } from './event-lines.ts';
import { foldNodes } from './fold-nodes.ts';
import { ShadowEngine } from './shadow-engine.ts';
import { formatSpan } from './time-span.ts';

/** When every scenario begins; times in scenarios count from here. */
export const scenarioStart: number = Date.UTC(2016, 4, 12);

/** With more tasks than this, what costs the whole state is checked at the end only. */
const largeTaskCount = 100_000;
const mostTicks = 10_000;

/** A line of output, and when what it tells happened. */
interface Line {
  at: number;
  text: string;
}

/** The engine of one scenario with the world around it: a clock, and executors that do only what they are told. */
export class ScenarioWorld {
  readonly engine: Engine = new Engine();
  readonly effects: EffectWords = new EffectWords();
  /** That commands act in and queries ask about; `undefined`: the default one. */
  accountName: string | undefined;
  /** The host's clock, which inputs carry: milliseconds since the epoch. */
  clock: number = scenarioStart;
  readonly #inputs: { at: number; input: Command | Report }[] = [];
  readonly #shadow = new ShadowEngine();
  #lines: Line[] = [];

  constructor() {
    this.engine.listening = true;
    this.send({ type: 'configure', rulesVersion: 1, accountName: defaultAccountName });
  }

  /** Gives the engine one input; what follows from it is added to the step's output. */
  send(given: Command | Report): void {
    const at = this.clock;
    const input = this.#inAccount(given);
    this.#inputs.push({ at, input });
    const batch = addTo(new InputBatch(), at, input);
    const ignored = this.engine.ignoredReports;
    const applied = this.engine.apply(batch);
    if (this.engine.ignoredReports > ignored) this.say('ignored');
    this.#tell(applied);
    if (this.#taskCount() > largeTaskCount) return;
    this.#validate();
    const difference = this.#shadow.follow(this.engine, batch, applied.effects);
    if (difference !== undefined) throw new Error(`restored from a snapshot: ${difference}`);
  }

  get queries(): Queries {
    return this.engine.queries.of(this.accountName);
  }

  #inAccount(input: Command | Report): Command | Report {
    const { accountName } = this;
    return accountName === undefined || !('type' in input) ? input : { accountName, ...input };
  }

  /** Adds a line to the step's output. */
  say(text: string, at: number = this.engine.now): void {
    this.#lines.push({ at, text });
  }

  /** Lets time pass as a host does: a tick at every deadline, and one at the end. */
  advanceTo(time: number): void {
    const next = (): number => Math.min(this.engine.nextDeadline(), this.engine.nextExpiry());
    for (let ticks = 0; next() <= time; ticks++) {
      if (ticks === mostTicks)
        throw new Error('time does not pass: the next deadline stays the same');
      this.clock = Math.max(this.clock, next());
      this.send({ type: 'tick' });
    }
    this.clock = time;
    this.send({ type: 'tick' });
  }

  /** The output since the last call. What happened before the present moment has its time before it. */
  takeOutput(): string[] {
    const lines = this.#lines.map(({ at, text }) =>
      at === this.engine.now ? text : `${this.timeText(at)}: ${text}`,
    );
    this.#lines = [];
    return foldNodes(lines);
  }

  timeText(at: number): string {
    return formatSpan(at - scenarioStart);
  }

  /** What holds for every history: replayed in one batch it ends in the same state. */
  finish(): void {
    this.#validate();
    const replay = new Engine();
    const whole = new InputBatch();
    for (const { at, input } of this.#inputs) addTo(whole, at, input);
    replay.apply(whole.bytes());
    if (replay.stateHash() !== this.engine.stateHash()) {
      throw new Error('replayed in one batch, the same inputs end in another state');
    }
  }

  #tell({ results, effects, events }: Applied): void {
    for (const { error, refused, warning } of results) {
      if (warning !== undefined) this.say('warned');
      if (error !== undefined) this.say(`refused ${error.code}`);
      for (const { taskId, error: reason } of refused ?? []) {
        this.say(`refused ${taskId} ${reason.code}`);
      }
    }
    for (const { at, text } of eventLines(events)) this.say(text, at);
    const starts = events.filter(({ entity, to }) => entity === 'task' && to === 'running').length;
    const told = this.effects.lines(effects);
    for (const text of told) this.say(text);
    // The primary's stands for all of a multi-instance task.
    const started = told.filter(
      (text) => /^(\S+: )?start /.test(text) && !/^(\S+: )?start \S+\.[1-9]\d* on /.test(text),
    ).length;
    if (starts !== started)
      throw new Error(`${starts} tasks became running, ${started} were started`);
  }

  #validate(): void {
    const [broken] = this.engine.validate();
    if (broken !== undefined) throw new Error(`an invariant is broken: ${broken}`);
  }

  #taskCount(): number {
    let count = 0;
    for (const { accountName } of this.engine.queries.accounts()) {
      const queries = this.engine.queries.of(accountName);
      for (const { id } of queries.jobs()) {
        const counts = queries.taskCounts(id)?.taskCounts;
        if (counts !== undefined) count += counts.active + counts.running + counts.completed;
      }
    }
    return count;
  }
}

function addTo(batch: InputBatch, at: number, input: Command | Report): InputBatch {
  return 'type' in input ? batch.command(at, input) : batch.report(at, input);
}
