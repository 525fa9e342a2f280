import { freeingEvents } from '@berth/core';
import { expect, test } from 'vitest';
import { read } from './documents.ts';

// docs/explain.md, held against the reasons that there are.

const document = read('docs/explain.md');
const [, ...rows] = document.matchAll(/^\| `(\w+)` +\|.*?\| ([^|]*?) +\|$/gm);

test('every kind of reason has a row, and no other has', () => {
  const source = read('packages/core/src/explanation.ts');
  const kinds = [...source.matchAll(/extends Reason<'(\w+)'>/g)].map(([, kind]) => kind);
  expect(rows.map(([, kind]) => kind).sort()).toEqual(kinds.sort());
});

test('every event that frees is explained, and no row names another', () => {
  const events = Object.keys(freeingEvents);
  const named = rows.flatMap(([, , freedBy = '']) =>
    [...freedBy.matchAll(/`(\w+)`/g)].map(([, event = '']) => event),
  );
  expect([...new Set(named)].filter((event) => event !== 'parent').sort()).toEqual(events.sort());
  const [, list = ''] = document.split('The events: ');
  expect(events.filter((event) => !list.includes(`\`${event}\``))).toEqual([]);
});
