import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskTextEntry } from '../src/task-text.ts';
import { TaskIdIndex, TaskText } from '../src/task-text.ts';

const commandLine = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'grapheme' }) },
  // Longer than the rest of a chunk, or than a whole one.
  {
    weight: 1,
    arbitrary: fc.constantFrom(900, 200_000, 262_144, 300_001).map((n) => 'é'.repeat(n)),
  },
);
const entry: fc.Arbitrary<TaskTextEntry> = fc.record({
  id: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  commandLine,
  template: fc.nat(),
  creationTime: fc.maxSafeNat(),
  dependsOn: fc.constantFrom(undefined, { taskIds: ['a'], taskIdRanges: [{ start: 1, end: 2 }] }),
});

test('texts come back as they were added, also after being written and read in the middle', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.nat({ max: 20 }), (entries, stop) => {
      let text = new TaskText();
      const places: number[] = [];
      for (const [index, entry] of entries.entries()) {
        if (index === stop) {
          const parts = [...text.parts()];
          text = new TaskText();
          for (const { room, words } of parts) text.addPart(room, words);
        }
        places.push(text.add(entry));
      }
      expect(new Set(places).size).toBe(entries.length);
      for (const [index, place] of places.entries()) {
        expect(place).toBeGreaterThan(0);
        expect(text.get(place)).toEqual(entries[index]);
        expect(text.id(place)).toBe(entries[index]?.id);
        expect(text.hasId(place, entries[index]?.id.toLowerCase() ?? '')).toBe(true);
        expect(text.hasId(place, `${entries[index]?.id.toLowerCase().slice(1)}!`)).toBe(false);
        expect(text.template(place)).toBe(entries[index]?.template);
      }
    }),
    { numRuns: 30 },
  );
});

const id = fc.oneof(
  fc.stringMatching(/^[ab1]{1,2}$/),
  fc.nat({ max: 40 }).map((number) => `task-${number}`),
);
const step = fc.record({ id, upper: fc.boolean(), removes: fc.constantFrom(false, false, true) });

test('an index of ids finds rows as a map does, without regard to case', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const idOfRow: string[] = [];
      const index = new TaskIdIndex(
        (row) => idOfRow[row] ?? '',
        (row, key) => idOfRow[row]?.toLowerCase() === key,
      );
      const model = new Map<string, number>();
      for (const { id: lower, upper, removes } of steps) {
        const id = upper ? lower.toUpperCase() : lower;
        expect(index.find(id)).toBe(model.get(lower) ?? -1);
        if (removes) {
          index.delete(id);
          model.delete(lower);
        } else if (!model.has(lower)) {
          index.add(id, idOfRow.push(id) - 1);
          model.set(lower, idOfRow.length - 1);
        }
        expect(index.find(lower)).toBe(model.get(lower) ?? -1);
      }
      for (const [id, row] of model) expect(index.find(id)).toBe(row);
    }),
  );
});

test('the texts of a job take memory in proportion to what they hold', () => {
  const text = new TaskText();
  let held = 0;
  for (let task = 0; task < 5_000; task++) {
    const commandLine = `run ${task}`;
    text.add({
      id: `task-${task}`,
      commandLine,
      template: 0,
      creationTime: 0,
      dependsOn: undefined,
    });
    held += 40;
    const bytes = text.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    expect(bytes).toBeLessThan(3 * held + 1_024);
  }
});
