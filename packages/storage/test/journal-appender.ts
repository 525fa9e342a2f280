/** Run as a process of its own: appends numbered frames to the journal that it is given, for as long as it lives. */
import { FileJournal } from '../src/index.ts';

const [, , directory = ''] = process.argv;
const journal = await FileJournal.open(directory, { segmentBytes: 20_000 });
for (;;) {
  for (let count = 0; count < 20; count++) {
    const sequence = journal.nextSequence;
    journal.append(Buffer.from(`${sequence}:${'.'.repeat(sequence % 300)}`));
  }
  await journal.sync();
  process.stdout.write(`${journal.nextSequence}\n`);
}
