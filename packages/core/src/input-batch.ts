import { ByteReader, ByteWriter } from './bytes.ts';
import { writeCanonicalJson } from './canonical-json.ts';
import type { Command } from './command.ts';
import { BatchError } from './errors.ts';
import { measuresText } from './node-sample.ts';
import type { FailureCode, Report } from './report.ts';
import {
  allocationErrorCodes,
  failureCodes,
  lastReportKind,
  nodeErrorCodes,
  ReportKind as sharedReportKind,
} from './report.ts';

// Constants of its own are operands in a module's compiled code, those of others loads and checks.
const ReportKind: typeof sharedReportKind = sharedReportKind;
type ReportKind = sharedReportKind;

/*
 * The encoding of inputs, little-endian, every frame a multiple of 8 bytes:
 *
 *   batch    u8 format version (1) · 3 zero bytes · u32 number of frames · frames
 *   report   u8 kind (1 … 127) · u8 flags · u16 failure · i32 run or node · i32 sequence · i32 exit code ·
 *            f64 at                                                                          (24 bytes)
 *            flags: 1 it has an exit code, 2 a detail follows: u32 bytes · UTF-8 · zeros to 8
 *   command  u8 128 · 3 zero bytes · u32 bytes of JSON · f64 at · canonical JSON in UTF-8 · zeros to 8
 *
 * `at` is milliseconds since the epoch.
 */
export const inputFormatVersion = 1;
const commandKind = 128;
const hasExitCode = 1;
const hasDetail = 2;
const headBytes = 8;
const commandHeadBytes = 16;
const reportBytes = 24;
/** What may differ between two reports of the kind that is read without further looks. */
const plainMask = hasExitCode << 8;

/** What {@link InputBatch.read} hands out. */
export interface InputVisitor {
  command(at: number, command: Command): void;
  report(
    at: number,
    kind: ReportKind,
    subject: number,
    sequence: number,
    exitCode: number | undefined,
    failure: number,
    detail: string | undefined,
  ): void;
}

/** Inputs in their binary encoding: what the journal keeps and `Engine.apply` takes. */
export class InputBatch {
  readonly #writer = new ByteWriter(1024);
  #length = 0;

  constructor() {
    this.#writer.uint8(inputFormatVersion);
    this.#writer.padTo(4);
    this.#writer.int32(0);
  }

  /** Number of inputs. */
  get length(): number {
    return this.#length;
  }

  /** One command, at a time in milliseconds since the epoch. */
  static of(at: number, command: Command): InputBatch {
    return new InputBatch().command(at, command);
  }

  command(at: number, command: Command): this {
    const writer = this.#writer;
    writer.uint8(commandKind);
    writer.padTo(4);
    const lengthAt = writer.length;
    writer.int32(0);
    writer.float64(at);
    const start = writer.length;
    writeCanonicalJson(writer, command);
    writer.setInt32(lengthAt, writer.length - start);
    return this.#framed();
  }

  report(at: number, report: Report): this {
    const subject = 'node' in report ? report.node : report.run;
    const exitCode = 'exitCode' in report ? report.exitCode : undefined;
    const detail = detailOf(report);
    const flags =
      (exitCode === undefined ? 0 : hasExitCode) | (detail === undefined ? 0 : hasDetail);
    const failure = failureNumber(report);
    this.#report(at, report.kind, flags, failure, subject, report.sequence, exitCode ?? 0);
    if (detail !== undefined) {
      this.#writer.text(detail);
      this.#writer.padTo(8);
    }
    return this;
  }

  /** The report of a run that exited, without an object for it: for executors that report millions. */
  runEnded(at: number, run: number, sequence: number, exitCode: number): this {
    this.#report(at, ReportKind.runEnded, hasExitCode, 0, run, sequence, exitCode);
    return this;
  }

  #report(
    at: number,
    kind: ReportKind,
    flags: number,
    failure: number,
    subject: number,
    sequence: number,
    exitCode: number,
  ): void {
    const writer = this.#writer;
    const start = writer.reserve(reportBytes);
    const { view } = writer;
    view.setInt32(start, kind | (flags << 8) | (failure << 16), true);
    view.setInt32(start + 4, subject, true);
    view.setInt32(start + 8, sequence, true);
    view.setInt32(start + 12, exitCode, true);
    view.setFloat64(start + 16, at, true);
    this.#length++;
  }

  /** The encoding; valid until the next input is added. */
  bytes(): Uint8Array<ArrayBuffer> {
    this.#writer.setInt32(4, this.#length);
    return this.#writer.bytes();
  }

  /** Empties it for use again. */
  clear(): void {
    this.#writer.clear();
    this.#length = 0;
    this.#writer.uint8(inputFormatVersion);
    this.#writer.padTo(4);
    this.#writer.int32(0);
  }

  /**
   * Reads an encoded batch, in order.
   * @throws BatchError `InvalidInput` if it is not one that this version reads.
   */
  static read(bytes: Uint8Array, visitor: InputVisitor): void {
    const reader = new InputReader();
    reader.open(bytes);
    while (reader.next()) {
      if (reader.isCommand) visitor.command(reader.at, reader.command());
      else {
        visitor.report(
          reader.at,
          reader.kind as ReportKind,
          reader.subject,
          reader.sequence,
          reader.exitCode,
          reader.failure,
          reader.detail(),
        );
      }
    }
  }

  #framed(): this {
    this.#writer.padTo(8);
    this.#length++;
    return this;
  }
}

/** Reads an encoded batch, one input after the other: each is at hand until the next one is. */
export class InputReader {
  readonly #reader = new ByteReader(new Uint8Array());
  #view: DataView = this.#reader.view;
  #count = 0;
  #left = 0;
  /** Place of the frame, and of the one after it. */
  #frame = 0;
  #after = headBytes;
  #head = 0;
  /** Milliseconds since the epoch. */
  at = 0;
  /** Whether it is the report of a run that exited with 0, as most inputs are. */
  isSuccess = false;
  /** Run or node of a report. */
  subject = 0;
  sequence = 0;

  /**
   * Begins with a batch.
   * @throws BatchError `InvalidInput` if the bytes are none that this version reads.
   */
  open(bytes: Uint8Array): void {
    this.#left = 0;
    this.#reader.open(bytes);
    this.#view = this.#reader.view;
    this.#count = check(this.#reader);
    this.#left = this.#count;
    this.#after = headBytes;
  }

  /** Goes to the next input; false if there is none. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    const view = this.#view;
    const frame = this.#after;
    this.#frame = frame;
    const head = view.getInt32(frame, true);
    this.#head = head;
    if ((head & ~plainMask) === ReportKind.runEnded) this.#after = frame + reportBytes;
    else {
      this.#reader.at = frame;
      skipFrame(this.#reader);
      this.#after = this.#reader.at;
      if (this.isCommand) {
        this.isSuccess = false;
        this.at = view.getFloat64(frame + 8, true);
        return true;
      }
    }
    this.isSuccess =
      head === (ReportKind.runEnded | plainMask) && view.getInt32(frame + 12, true) === 0;
    this.subject = view.getInt32(frame + 4, true);
    this.sequence = view.getInt32(frame + 8, true);
    this.at = view.getFloat64(frame + 16, true);
    return true;
  }

  /** How many of the batch have been at hand, this one among them. */
  get position(): number {
    return this.#count - this.#left;
  }

  get isCommand(): boolean {
    return this.kind === commandKind;
  }

  /** {@link ReportKind} of a report. */
  get kind(): number {
    return this.#head & 0xff;
  }

  get exitCode(): number | undefined {
    return (this.#head & (hasExitCode << 8)) === 0
      ? undefined
      : this.#view.getInt32(this.#frame + 12, true);
  }

  /** Number of a failure code. */
  get failure(): number {
    return this.#head >>> 16;
  }

  detail(): string | undefined {
    if ((this.#head & (hasDetail << 8)) === 0) return undefined;
    this.#reader.at = this.#frame + reportBytes;
    return this.#reader.text();
  }

  command(): Command {
    this.#reader.at = this.#frame + commandHeadBytes;
    return parseCommand(this.#reader.utf8(this.#view.getInt32(this.#frame + 4, true)));
  }
}

/** That every frame is whole and of a known kind, before any of them has an effect; the number of frames. */
function check(reader: ByteReader): number {
  try {
    const version = reader.uint8();
    if (version !== inputFormatVersion) {
      throw damaged(`format version ${version}, this version of Berth reads ${inputFormatVersion}`);
    }
    reader.skipTo(4);
    const count = reader.int32();
    if (count < 0) throw damaged(`${count} inputs`);
    for (let left = count - plainReports(reader, count); left > 0; left--) skipFrame(reader);
    return count;
  } catch (error) {
    throw error instanceof RangeError ? damaged(error.message) : error;
  }
}

/** Passes by what most batches are made of, reports without a detail, up to the first other frame; how many. */
function plainReports(reader: ByteReader, count: number): number {
  const { view } = reader;
  const most = Math.min(count, Math.floor((view.byteLength - reader.at) / reportBytes));
  let passed = 0;
  for (; passed < most; passed++) {
    const head = view.getInt32(reader.at, true);
    const kind = head & 0xff;
    if (kind < 1 || kind > lastReportKind || (head & (hasDetail << 8)) !== 0) break;
    reader.at += reportBytes;
  }
  return passed;
}

function detailOf(report: Report): string | undefined {
  if (report.kind === ReportKind.nodeSample) return measuresText(report);
  return 'detail' in report ? report.detail : undefined;
}

function failureNumber(report: Report): number {
  if (report.kind === ReportKind.nodeUnusable)
    return nodeErrorCodes.indexOf(report.error ?? 'none');
  if (report.kind === ReportKind.allocationFailed)
    return allocationErrorCodes.indexOf(report.error);
  if (!('failure' in report) || report.failure === undefined) return 0;
  return failureCodes.indexOf(report.failure);
}

function skipFrame(reader: ByteReader): void {
  const kind = reader.uint8();
  const flags = reader.uint8();
  if (kind === commandKind) {
    reader.skipTo(4);
    const length = reader.int32();
    reader.skip(commandHeadBytes - 8);
    reader.skip(length);
  } else if (kind >= 1 && kind <= lastReportKind) {
    reader.skip(reportBytes - 2);
    if ((flags & hasDetail) !== 0) reader.skip(reader.int32());
  } else throw damaged(`unknown kind of input ${kind}`);
  reader.skipTo(8);
}

function parseCommand(json: string): Command {
  try {
    // The cast is the format's promise: only a checked command was ever encoded.
    return JSON.parse(json) as Command;
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : 'a command is no JSON');
  }
}

function damaged(reason: string): BatchError {
  return new BatchError({ code: 'InvalidInput', message: `not a batch of inputs: ${reason}` });
}

/** The report's failure number back as its code. */
export function failureCode(number: number): FailureCode {
  return failureCodes[number] ?? 'Unknown';
}
