import { ByteReader, ByteWriter } from './bytes.ts';
import { writeCanonicalJson } from './canonical-json.ts';
import type { Command } from './command.ts';
import { BatchError } from './errors.ts';
import type { FailureCode, Report } from './report.ts';
import { failureCodes, ReportKind } from './report.ts';

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

/** What {@link InputBatch.forEach} hands out. */
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
    const writer = this.#writer;
    const ended = report.kind === ReportKind.runEnded ? report : undefined;
    const { at: start, view } = writer.reserve(reportBytes);
    view.setUint8(start, report.kind);
    view.setUint8(
      start + 1,
      (ended?.exitCode === undefined ? 0 : hasExitCode) |
        (ended?.detail === undefined ? 0 : hasDetail),
    );
    const failure = ended?.failure === undefined ? 0 : failureCodes.indexOf(ended.failure);
    view.setUint16(start + 2, failure, true);
    view.setInt32(start + 4, 'node' in report ? report.node : report.run, true);
    view.setInt32(start + 8, report.sequence, true);
    view.setInt32(start + 12, ended?.exitCode ?? 0, true);
    view.setFloat64(start + 16, at, true);
    if (ended?.detail !== undefined) writer.text(ended.detail);
    return this.#framed();
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
    const reader = new ByteReader(bytes);
    const count = check(reader);
    reader.at = headBytes;
    for (let index = 0; index < count; index++) readFrame(reader, visitor);
  }

  #framed(): this {
    this.#writer.padTo(8);
    this.#length++;
    return this;
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
    for (let index = 0; index < count; index++) skipFrame(reader);
    return count;
  } catch (error) {
    throw error instanceof RangeError ? damaged(error.message) : error;
  }
}

function skipFrame(reader: ByteReader): void {
  const kind = reader.uint8();
  const flags = reader.uint8();
  if (kind === commandKind) {
    reader.skipTo(4);
    const length = reader.int32();
    reader.skip(commandHeadBytes - 8);
    reader.skip(length);
  } else if (kind >= 1 && kind <= ReportKind.nodeGone) {
    reader.skip(reportBytes - 2);
    if ((flags & hasDetail) !== 0) reader.skip(reader.int32());
  } else throw damaged(`unknown kind of input ${kind}`);
  reader.skipTo(8);
}

function readFrame(reader: ByteReader, visitor: InputVisitor): void {
  const kind = reader.uint8();
  if (kind === commandKind) {
    reader.skipTo(4);
    const length = reader.int32();
    const at = reader.float64();
    const command = parseCommand(reader.utf8(length));
    reader.skipTo(8);
    visitor.command(at, command);
    return;
  }
  // The kind has been read.
  const { at: rest, view } = reader.take(reportBytes - 1);
  const flags = view.getUint8(rest);
  const failure = view.getUint16(rest + 1, true);
  const subject = view.getInt32(rest + 3, true);
  const sequence = view.getInt32(rest + 7, true);
  const exitCode = view.getInt32(rest + 11, true);
  const at = view.getFloat64(rest + 15, true);
  const detail = (flags & hasDetail) === 0 ? undefined : reader.text();
  reader.skipTo(8);
  visitor.report(
    at,
    kind as ReportKind,
    subject,
    sequence,
    (flags & hasExitCode) === 0 ? undefined : exitCode,
    failure,
    detail,
  );
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
