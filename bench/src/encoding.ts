import type { RunEnded } from '@berth/core';
import { InputBatch, ReportKind } from '@berth/core';
import type { Benchmark, Section } from './benchmark.ts';
import { batchSize } from './dispatch-load.ts';
import { oneTask } from './load-specifications.ts';
import type { Contender } from './measure.ts';
import { measure } from './measure.ts';

const at = 1_700_000_000_000;
const bytesPerReport = 24;
const tasksPerCommand = 100;

export const encoding: Benchmark = {
  summary: 'inputs written and read: reports, and commands that add tasks',
  defaultTasks: 1_000_000,
  // The same batch over and over.
  bytesHere: () => 0,
  async run(tasks, { turns }) {
    const batches = Math.ceil(tasks / batchSize);
    const commands = Math.ceil(tasks / 10 / tasksPerCommand);
    const reports = reportContenders(batches);
    const added = commandContenders(commands);
    const section = async (
      title: string,
      unit: string,
      contenders: Contender[],
      count: number,
    ): Promise<Section> => ({ title, unit, rows: await measure(contenders, count, turns) });
    const reportCount = batches * batchSize;
    const taskCount = commands * tasksPerCommand;
    return [
      await section(`${reportCount} reports written`, 'report', reports.write, reportCount),
      await section(`${reportCount} reports read`, 'report', reports.read, reportCount),
      await section(`${taskCount} tasks in addTasks written`, 'task', added.write, taskCount),
      await section(`${taskCount} tasks in addTasks read`, 'task', added.read, taskCount),
    ];
  },
};

interface Contenders {
  write: Contender[];
  read: Contender[];
}

/** The same batch over and over, as a journal that is emptied after each sees it. */
function reportContenders(batches: number): Contenders {
  const view = new DataView(new ArrayBuffer(batchSize * bytesPerReport));
  const writeBare = (): void => {
    for (let index = 0; index < batchSize; index++) {
      const offset = index * bytesPerReport;
      view.setUint8(offset, ReportKind.runEnded);
      view.setUint8(offset + 1, 1);
      view.setUint16(offset + 2, 0, true);
      view.setInt32(offset + 4, index, true);
      view.setInt32(offset + 8, index + 1, true);
      view.setInt32(offset + 12, index & 1, true);
      view.setFloat64(offset + 16, at, true);
    }
  };
  const readBare = (): void => {
    let read = 0;
    for (let offset = 0; offset < view.byteLength; offset += bytesPerReport) {
      read +=
        view.getUint8(offset) +
        view.getUint8(offset + 1) +
        view.getUint16(offset + 2, true) +
        view.getInt32(offset + 4, true) +
        view.getInt32(offset + 8, true) +
        view.getInt32(offset + 12, true);
      if (view.getFloat64(offset + 16, true) === at) read++;
    }
    used = read;
  };

  const batch = new InputBatch();
  const writeBatch = (): void => {
    batch.clear();
    for (let index = 0; index < batchSize; index++) batch.report(at, report(index));
  };

  let json = '';
  const writeJson = (): void => {
    const reports: object[] = [];
    for (let index = 0; index < batchSize; index++) reports.push({ at, ...report(index) });
    json = JSON.stringify(reports);
  };
  const readJson = (): void => {
    let read = 0;
    // The cast is writeJson's promise.
    for (const { run } of JSON.parse(json) as RunEnded[]) read += run;
    used = read;
  };

  writeBare();
  writeBatch();
  writeJson();
  const encoded = batch.bytes().slice();
  const bytes = encoded.length / batchSize;
  const names = ['floor: bare DataView', 'InputBatch', 'JSON of objects'] as const;
  const sizes = [bytesPerReport, bytes, json.length / batchSize] as const;
  return {
    write: named(names, sizes, batches, [writeBare, writeBatch, writeJson]),
    read: named(names, sizes, batches, [
      readBare,
      () => InputBatch.read(encoded, adding),
      readJson,
    ]),
  };
}

/** Commands are JSON in a frame: the floor is what the platform takes for JSON in UTF-8. */
function commandContenders(commands: number): Contenders {
  const tasks = Array.from({ length: tasksPerCommand }, (_, index) => oneTask(index, 1));
  const command = { type: 'addTasks', jobId: 'job', tasks } as const;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const batch = new InputBatch();
  const writePlatform = (): void => {
    used = encoder.encode(JSON.stringify(command)).length;
  };
  const writeBatch = (): void => {
    batch.clear();
    batch.command(at, command);
  };
  writeBatch();
  const encoded = batch.bytes().slice();
  const plain = encoder.encode(JSON.stringify(command));
  const readPlatform = (): void => {
    used = (JSON.parse(decoder.decode(plain)) as typeof command).tasks.length;
  };
  const names = ['floor: JSON in UTF-8', 'InputBatch'] as const;
  const sizes = [plain.length / tasksPerCommand, encoded.length / tasksPerCommand] as const;
  return {
    write: named(names, sizes, commands, [writePlatform, writeBatch]),
    read: named(names, sizes, commands, [readPlatform, () => InputBatch.read(encoded, adding)]),
  };
}

function named(
  names: readonly string[],
  sizes: readonly number[],
  times: number,
  runs: (() => void)[],
): Contender[] {
  return runs.map((once, index) => ({
    name: names[index] ?? '',
    bytes: sizes[index] ?? 0,
    run() {
      for (let left = times; left > 0; left--) once();
    },
  }));
}

function report(index: number): RunEnded {
  return { kind: ReportKind.runEnded, run: index, sequence: index + 1, exitCode: index & 1 };
}

/** What was read goes somewhere, so that reading is not optimised away. */
let used = 0;
const adding: Parameters<typeof InputBatch.read>[1] = {
  command(_at, command) {
    if (command.type === 'addTasks') used += command.tasks.length;
  },
  report(time, kind, subject, sequence, exitCode) {
    used = (used + time + kind + subject + sequence + (exitCode ?? 0)) | 0;
  },
};
