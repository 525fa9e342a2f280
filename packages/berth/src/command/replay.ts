import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Policies, ReplayEnd, ReplayedInput } from '@berth/core';
import { BatchError, Replay } from '@berth/core';
import { demandUnlocked, FileJournal } from '@berth/storage';
import { restoreEngine } from '../state-snapshots.ts';

export interface ReplayOptions {
  /** A state directory, or the journal in it. */
  path: string;
  end: ReplayEnd;
  policies: Policies;
  /** Called for each input, in order. */
  onInput(input: ReplayedInput, replay: Replay): Promise<void>;
  warn(message: string): void;
}

/**
 * Applies a journal again, up to the end that is asked for. Reads only.
 * @throws BatchError `StateDirectoryInUse`, `FileNotFound`, `InvalidPropertyValue`, `InvalidInput` with the number of the frame;
 * JournalError with file and position.
 */
export async function replayJournal(options: ReplayOptions): Promise<Replay> {
  const { path, end, policies, onInput, warn } = options;
  const directory = await journalIn(resolve(path));
  const journal = await FileJournal.open(directory);
  try {
    const { tornTail } = journal;
    if (tornTail !== undefined) {
      const { file, offset, bytes } = tornTail;
      warn(
        `${file} ends with ${bytes} bytes of a write that never finished, from byte ${offset} on`,
      );
    }
    const { engine, from } =
      journal.firstSequence === 0
        ? { engine: { policies }, from: 0 }
        : await restoreEngine(journal, { policies }, warn, 'oldest');
    const replay = new Replay(engine, end);
    demandKept(replay, end, directory);
    for await (const { sequence, frame } of journal.read(from)) {
      for (const input of aboutFrame(sequence, directory, () => replay.batch(frame))) {
        await onInput(input, replay);
      }
      if (replay.isOver) break;
    }
    return replay;
  } finally {
    await journal.close();
  }
}

/** What was before the oldest snapshot may be gone. */
function demandKept({ inputs, engine }: Replay, end: ReplayEnd, directory: string): void {
  if (inputs <= (end.inputs ?? inputs) && engine.now <= (end.at ?? engine.now)) return;
  throw new BatchError({
    code: 'InvalidPropertyValue',
    message: `The oldest state in ${directory} is the one after ${inputs} inputs, of ${new Date(engine.now).toISOString()}: ask for a later moment.`,
  });
}

/** The directory of the segments, which nobody uses. */
async function journalIn(path: string): Promise<string> {
  const isState = await isDirectory(join(path, 'journal'));
  if (!isState && !(await isDirectory(path))) {
    throw new BatchError({
      code: 'FileNotFound',
      message: `${path} is no directory: name a state directory, as berth run keeps in .berth/<job id>, or the journal in it.`,
    });
  }
  const state = isState ? path : basename(path) === 'journal' ? dirname(path) : undefined;
  if (state !== undefined) await demandUnlocked(state);
  return isState ? join(path, 'journal') : path;
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function* aboutFrame(
  sequence: number,
  directory: string,
  inputs: () => Iterable<ReplayedInput>,
): Iterable<ReplayedInput> {
  try {
    yield* inputs();
  } catch (error) {
    if (!(error instanceof BatchError) || error.code !== 'InvalidInput') throw error;
    throw new BatchError({
      code: error.code,
      message: `Frame ${sequence} of ${directory} cannot be applied: ${error.message}.`,
    });
  }
}
