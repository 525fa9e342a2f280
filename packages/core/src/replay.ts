import type { Command } from './command.ts';
import { effectText } from './effect-text.ts';
import type { CommandResult, EngineOptions } from './engine.ts';
import { Engine, worldOf } from './engine.ts';
import { InputReader } from './input-batch.ts';
import { commandText, reportText } from './input-text.ts';
import type { ReportKind } from './report.ts';

/** What to stop before: whichever comes first. */
export interface ReplayEnd {
  /** So many inputs. */
  inputs?: number;
  /** What happened after this moment, milliseconds since the epoch. */
  at?: number;
}

/** An input as it was applied again. */
export interface ReplayedInput {
  /** Counted from 1. */
  number: number;
  /** When it happened, milliseconds since the epoch: time never goes back (ruling 31). */
  at: number;
  kind: 'command' | 'report';
  /** In one readable line. */
  text: string;
  command?: Command;
  /** Of a command. */
  result?: CommandResult;
  /** A report that named something that was over. */
  ignored?: boolean;
  /** In readable lines. */
  effects: string[];
}

/**
 * A history applied again, one input at a time however it was cut into batches: {@link Replay.engine} is the state
 * after the last input taken. Pure: it is given the batches.
 */
export class Replay {
  readonly engine: Engine;
  readonly #end: ReplayEnd;
  readonly #reader = new InputReader();
  #inputs: number;
  #isOver = false;

  /**
   * The options are those of the engine that the history is of, or it goes on from an engine that was restored; without an
   * end it goes on for ever.
   */
  constructor(from: EngineOptions | Engine = {}, end: ReplayEnd = {}) {
    this.engine = from instanceof Engine ? from : new Engine(from);
    this.#inputs = worldOf(this.engine).inputCount;
    this.#end = end;
  }

  /** Applied so far, those before the snapshot among them. */
  get inputs(): number {
    return this.#inputs;
  }

  /** The next input is past the end that was asked for. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * Applies the inputs of the next batch, each when it is asked for.
   * @throws BatchError `InvalidInput` for bytes that are no batch, `PoliciesDiffer`, `PolicyFailed`: as `Engine.apply`.
   */
  *batch(bytes: Uint8Array): IterableIterator<ReplayedInput> {
    const reader = this.#reader;
    reader.open(bytes);
    const { inputs = Infinity, at = Infinity } = this.#end;
    while (!this.#isOver) {
      // To look at the next input is to know whether there is one.
      if (!reader.next()) return;
      this.#isOver = this.#inputs >= inputs || Math.max(reader.at, this.engine.now) > at;
      if (!this.#isOver) yield this.#apply(reader);
    }
  }

  #apply(reader: InputReader): ReplayedInput {
    const { engine } = this;
    const number = ++this.#inputs;
    if (reader.isCommand) {
      const command = reader.command();
      const { results, effects } = engine.applyGiven((give) => give.command(reader.at, command));
      return {
        number,
        at: engine.now,
        kind: 'command',
        text: commandText(command),
        command,
        result: results[0] ?? {},
        effects: effectText(effects),
      };
    }
    const { subject, sequence, exitCode, failure } = reader;
    // The cast is the reader's promise: it has checked the kind.
    const kind = reader.kind as ReportKind;
    const detail = reader.detail();
    const report = { kind, subject, sequence, exitCode, failure, detail };
    // Whom it names is known before it is applied.
    const text = reportText(worldOf(engine), report);
    const ignoredBefore = engine.ignoredReports;
    const { effects } = engine.applyGiven((give) =>
      give.report(reader.at, kind, subject, sequence, exitCode, failure, detail),
    );
    const ignored = engine.ignoredReports > ignoredBefore;
    return { number, at: engine.now, kind: 'report', text, ignored, effects: effectText(effects) };
  }
}
