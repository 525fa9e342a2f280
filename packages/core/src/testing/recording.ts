import type { Applied, EffectBatch, EngineOptions } from '../index.ts';
import { Engine, InputBatch } from '../index.ts';
import { describeInput } from './describe-input.ts';
import type { Step } from './history.ts';
import { firstTime, resolve } from './history.ts';
import type { Input } from './ledger.ts';
import { Ledger } from './ledger.ts';

/** A history as it went with one engine, input by input. */
export interface Recording {
  engine: Engine;
  ledger: Ledger;
  inputs: Input[];
  /** Of each input, all numbers. */
  effects: string[][];
  /** The inputs as one can read them. */
  history: string[];
}

/** Called after each input; `lines` are its effects as one can read them. */
export type Watcher = (
  input: Input,
  applied: Applied,
  lines: string[],
  recording: Recording,
) => void;

export function record(
  steps: readonly Step[],
  watch?: Watcher,
  options?: EngineOptions,
): Recording {
  const recording = begin(options);
  play(recording, steps, watch);
  return recording;
}

/** As a host does it, with a tick at every deadline, so that an input has one moment. */
export function playWithTicks(recording: Recording, steps: readonly Step[], watch: Watcher): void {
  const { engine } = recording;
  for (const step of steps) {
    const at = Math.max(engine.now, firstTime) + step.pass;
    for (let due = engine.nextDeadline(); due <= at; due = engine.nextDeadline()) {
      applyTo(recording, { at: Math.max(due, engine.now), command: { type: 'tick' } }, watch);
    }
    play(recording, [{ ...step, pass: at - Math.max(engine.now, firstTime) }], watch);
  }
}

/** The history that the steps come to, one line for each input, as far as it goes without an error. */
export function tell(steps: readonly Step[]): string {
  const recording = begin();
  try {
    play(recording, steps);
  } catch (error) {
    recording.history.push(String(error));
  }
  return recording.history.join('\n');
}

export function begin(options?: EngineOptions): Recording {
  const engine = new Engine(options);
  return { engine, ledger: new Ledger(), inputs: [], effects: [], history: [] };
}

export function play(recording: Recording, steps: readonly Step[], watch?: Watcher): void {
  const { engine, ledger } = recording;
  engine.listening = watch !== undefined;
  for (const step of steps) {
    const input = resolve(step, Math.max(engine.now, firstTime), ledger, engine.queries);
    if (input !== undefined) applyTo(recording, input, watch);
  }
}

export function applyTo(recording: Recording, input: Input, watch?: Watcher): void {
  const { engine, ledger } = recording;
  recording.history.push(describeInput(input, firstTime, ledger));
  const applied = engine.apply(batchOf([input]));
  recording.inputs.push(input);
  recording.effects.push(rowsOf(applied.effects));
  const lines = ledger.observe(input, applied);
  watch?.(input, applied, lines, recording);
}

export function batchOf(inputs: readonly Input[]): InputBatch {
  const batch = new InputBatch();
  for (const input of inputs) {
    if ('command' in input) batch.command(input.at, input.command);
    else batch.report(input.at, input.report);
  }
  return batch;
}

/** The effects with all their numbers, comparable between engines. */
export function rowsOf(effects: EffectBatch): string[] {
  return Array.from({ length: effects.length }, (_, index) => {
    const removes = effects.node(index) === -1;
    return [
      effects.kind(index),
      effects.node(index),
      effects.run(index),
      effects.sequence(index),
      effects.mustSync(index),
      effects.killReason(index),
      removes ? JSON.stringify(effects.removal(index)) : '',
    ].join(' ');
  });
}
