import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command } from '../src/command.ts';
import { BatchError } from '../src/errors.ts';
import { failureCode, InputBatch } from '../src/input-batch.ts';
import type { Report } from '../src/report.ts';
import { allocationErrorCodes, failureCodes, nodeErrorCodes, ReportKind } from '../src/report.ts';

type Input = { at: number; command: Command } | { at: number; report: Report };

const at = fc.maxSafeNat();
const text = fc.array(fc.nat({ max: 0xffff })).map((codes) => String.fromCharCode(...codes));
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.constant<Command>({ type: 'tick' }),
  fc.record({ type: fc.constant('terminateJob' as const), jobId: text, terminateReason: text }),
);
const report: fc.Arbitrary<Report> = fc.oneof(
  fc.record(
    {
      kind: fc.constant(ReportKind.runEnded),
      run: fc.integer(),
      sequence: fc.integer(),
      exitCode: fc.integer(),
      failure: fc.constantFrom(...failureCodes),
      detail: text,
    },
    { requiredKeys: ['kind', 'run', 'sequence'] },
  ),
  fc.record({
    kind: fc.constantFrom(ReportKind.runLost, ReportKind.coordinated),
    run: fc.integer(),
    sequence: fc.integer(),
  }),
  fc.record({
    kind: fc.constantFrom(
      ReportKind.nodeReady,
      ReportKind.nodeLost,
      ReportKind.nodeGone,
      ReportKind.nodePreempted,
    ),
    node: fc.integer(),
    sequence: fc.integer(),
  }),
  fc.record(
    {
      kind: fc.constant(ReportKind.nodeUnusable),
      node: fc.integer(),
      sequence: fc.integer(),
      error: fc.constantFrom('DiskFull', 'NetworkBlocked', 'Unknown'),
      detail: text,
    },
    { requiredKeys: ['kind', 'node', 'sequence'] },
  ),
  fc.record(
    {
      kind: fc.constant(ReportKind.allocationFailed),
      node: fc.integer(),
      sequence: fc.integer(),
      error: fc.constantFrom('AllocationFailed' as const, 'UnsupportedVMSize' as const),
      detail: text,
    },
    { requiredKeys: ['kind', 'node', 'sequence', 'error'] },
  ),
  fc.record(
    {
      kind: fc.constant(ReportKind.startTaskEnded),
      node: fc.integer(),
      sequence: fc.integer(),
      exitCode: fc.integer(),
      failure: fc.constantFrom(...failureCodes),
      detail: text,
    },
    { requiredKeys: ['kind', 'node', 'sequence'] },
  ),
);
const inputs: fc.Arbitrary<Input[]> = fc.array(
  fc.oneof(fc.record({ at, command }), fc.record({ at, report })),
);

function encode(inputs: Input[], batch: InputBatch = new InputBatch()): Uint8Array {
  for (const input of inputs) {
    if ('command' in input) batch.command(input.at, input.command);
    else batch.report(input.at, input.report);
  }
  expect(batch.length).toBe(inputs.length);
  return batch.bytes();
}

function decode(bytes: Uint8Array): Input[] {
  const inputs: Input[] = [];
  InputBatch.read(bytes, {
    command: (at, command) => inputs.push({ at, command }),
    report: (at, kind, subject, sequence, exitCode, failure, detail) => {
      const more = {
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(failure === 0 ? {} : { failure: failureCode(failure) }),
        ...(detail === undefined ? {} : { detail }),
      };
      if (kind === ReportKind.runEnded || kind === ReportKind.nodeTaskEnded) {
        inputs.push({ at, report: { kind, run: subject, sequence, ...more } });
      } else if (kind === ReportKind.startTaskEnded) {
        inputs.push({ at, report: { kind, node: subject, sequence, ...more } });
      } else if (kind === ReportKind.nodeUnusable) {
        const error = nodeErrorCodes[failure];
        inputs.push({
          at,
          report: {
            kind,
            node: subject,
            sequence,
            ...(error === undefined || error === 'none' ? {} : { error }),
            ...(detail === undefined ? {} : { detail }),
          },
        });
      } else if (kind === ReportKind.allocationFailed) {
        const error = allocationErrorCodes[failure];
        const code = error === undefined || error === 'none' ? 'AllocationFailed' : error;
        const report = { kind, node: subject, sequence, error: code };
        inputs.push({ at, report: detail === undefined ? report : { ...report, detail } });
      } else if (kind === ReportKind.runLost || kind === ReportKind.coordinated) {
        inputs.push({ at, report: { kind, run: subject, sequence } });
      } else inputs.push({ at, report: { kind, node: subject, sequence } });
    },
  });
  return inputs;
}

/** An ordinary end may be said in two ways. */
function withoutNone(input: Input): Input {
  if (!('report' in input) || !('failure' in input.report) || input.report.failure !== 'none') {
    return input;
  }
  const { failure: _, ...report } = input.report;
  return { at: input.at, report };
}

test('inputs come back from their bytes', () => {
  fc.assert(
    fc.property(inputs, (inputs) => {
      const bytes = encode(inputs);
      expect(bytes.length % 8).toBe(0);
      expect(decode(bytes)).toEqual(inputs.map(withoutNone));
    }),
  );
});

test('a batch that was cleared holds only what came after', () => {
  fc.assert(
    fc.property(inputs, inputs, (before, after) => {
      const batch = new InputBatch();
      encode(before, batch);
      batch.clear();
      expect(Buffer.from(encode(after, batch))).toEqual(Buffer.from(encode(after)));
    }),
  );
});

test('a report without detail takes 24 bytes', () => {
  const report: Report = { kind: ReportKind.runEnded, run: 1, sequence: 2, exitCode: 0 };
  expect(new InputBatch().report(0, report).bytes().length).toBe(8 + 24);
});

function refusesOnlyAsInvalid(bytes: Uint8Array): void {
  try {
    decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(BatchError);
    expect(error).toHaveProperty('code', 'InvalidInput');
  }
}

test('bytes that are no batch are refused as InvalidInput, and nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      refusesOnlyAsInvalid(bytes);
      refusesOnlyAsInvalid(Uint8Array.of(1, 0, 0, 0, 200, 0, 0, 0, ...bytes));
    }),
    { numRuns: 1_000 },
  );
});

test('so are damaged batches', () => {
  fc.assert(
    fc.property(inputs, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (inputs, place, value, end) => {
      const bytes = encode(inputs).slice();
      bytes[place % bytes.length] = value;
      refusesOnlyAsInvalid(bytes);
      refusesOnlyAsInvalid(bytes.slice(0, end % bytes.length));
    }),
    { numRuns: 1_000 },
  );
});
