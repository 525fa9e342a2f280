import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../src/bytes.ts';
import type { TaskSpecification } from '../src/specification.ts';
import { hasTemplate, isSameJson, templateOf } from '../src/task-template.ts';

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>('a', '', 0, -0, 1, true, null, '1'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', '1', '__proto__', 'toString'), tie('value')), {
        maxLength: 3,
      })
      .map((entries): unknown => Object.fromEntries(entries)),
  ),
}));

test('values are the same exactly where their canonical JSON is', () => {
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(isSameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      expect(isSameJson(one, JSON.parse(canonicalJson(one)))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

test('what every object inherits is no key of it', () => {
  const one: unknown = JSON.parse('{ "__proto__": {}, "a": 1 }');
  expect(isSameJson(one, { a: 1, b: 2 })).toBe(false);
  expect(isSameJson(one, JSON.parse('{ "a": 1, "__proto__": {} }'))).toBe(true);
});

const task: fc.Arbitrary<TaskSpecification> = fc.record(
  {
    id: fc.constantFrom('a', 'b'),
    commandLine: fc.constantFrom('', 'run'),
    displayName: fc.constantFrom('x', 'y'),
    resourceFiles: fc.constant([]),
    outputFiles: fc.constant([]),
    environmentSettings: fc.constantFrom([], [{ name: 'n', value: 'v' }]),
    constraints: fc.constantFrom({}, { maxTaskRetryCount: 1 }, { maxWallClockTimeMs: 1 }),
    requiredSlots: fc.integer({ min: 1, max: 2 }),
    dependsOn: fc.constant({ taskIds: ['a'], taskIdRanges: [] }),
  },
  {
    requiredKeys: [
      'id',
      'commandLine',
      'resourceFiles',
      'outputFiles',
      'environmentSettings',
      'constraints',
      'requiredSlots',
    ],
  },
);

test('tasks share a template exactly where all but id, command line and dependencies is the same', () => {
  fc.assert(
    fc.property(task, task, (one, other) => {
      const same = canonicalJson(templateOf(one)) === canonicalJson(templateOf(other));
      expect(hasTemplate(one, templateOf(other))).toBe(same);
    }),
    { numRuns: 1_000 },
  );
});
