import type { FileJournalOptions, Journal } from '../src/index.ts';
import { FileJournal } from '../src/index.ts';

/** The frames as text. */
export async function framesOf(journal: Journal, from?: number): Promise<string[]> {
  const frames: string[] = [];
  for await (const { frame } of journal.read(from))
    frames.push(Buffer.from(frame).toString('latin1'));
  return frames;
}

export async function writeJournal(
  directory: string,
  frames: readonly string[],
  options?: FileJournalOptions,
): Promise<void> {
  const journal = await FileJournal.open(directory, options);
  for (const frame of frames) journal.append(Buffer.from(frame, 'latin1'));
  await journal.close();
}

/** What a reader gets: the frames, or the error in their place. */
export async function reopen(
  directory: string,
): Promise<{ frames: string[]; torn: boolean } | { error: unknown }> {
  let journal: FileJournal | undefined;
  try {
    journal = await FileJournal.open(directory);
    return { frames: await framesOf(journal), torn: journal.tornTail !== undefined };
  } catch (error) {
    return { error };
  } finally {
    await journal?.close();
  }
}
