import { expect, test } from 'vitest';
import {
  historyLength,
  notSampled,
  SampleHistory,
  samplePeriodMs,
} from '../../src/autoscale/samples.ts';
import { sampledVariables } from '../../src/autoscale/variables.ts';
import { ByteReader, ByteWriter } from '../../src/bytes.ts';
import { evaluate, history, historyOf, refused, shown, thursday } from './evaluating.ts';

// semantics §6.6

const minute = 60_000;

/** One sample every 30 s of the last `minutes`; each is its number, from 0. */
function counted(minutes: number, now = thursday): SampleHistory {
  return history(minutes, { $RunningTasks: (sample) => sample }, now);
}

test('a sample is visible 30 s after it was taken', () => {
  const samples = counted(0);
  const after = (ms: number): string =>
    shown('$RunningTasks.GetSample(1)', { samples, now: thursday + ms });
  expect(after(29_999)).toMatch('Insufficient data');
  expect(after(30_000)).toBe('[0]');
});

test('of the last 3 minutes 5 of 6 samples are visible, of the last 10 minutes 95 %', () => {
  const samples = counted(60);
  expect(shown('$RunningTasks.GetSamplePercent(TimeInterval_Minute * 3)', { samples })).toMatch(
    /^83\.33333/,
  );
  expect(shown('$RunningTasks.GetSamplePercent(TimeInterval_Minute * 10)', { samples })).toBe('95');
  const wanted = (percent: number): string =>
    shown(`len($RunningTasks.GetSample(TimeInterval_Minute * 10, ${percent}))`, { samples });
  expect(wanted(95)).toBe('19');
  expect(wanted(96)).toBe(
    'Line 1, Col 7: Insufficient data from data set: $RunningTasks wanted 96%, received 95%',
  );
});

test('a window excludes its older end', () => {
  const samples = counted(60);
  const window = '$RunningTasks.GetSample(1 * TimeInterval_Minute, 6 * TimeInterval_Minute)';
  expect(shown(window, { samples })).toBe('[109,110,111,112,113,114,115,116,117,118]');
});

test('which end of a window is given first does not matter', () => {
  const samples = counted(60);
  const at = (a: string, b: string): string =>
    shown(`$RunningTasks.GetSample(${a}, ${b})`, { samples });
  const [near, far] = ['TimeInterval_Minute * 1', 'TimeInterval_Minute * 6'];
  expect(at(near, far)).toBe(at(far, near));
});

test('an end of a window may be a timestamp', () => {
  const samples = counted(60);
  const ends = 'time() + (-6 * TimeInterval_Minute), time() + (-TimeInterval_Minute)';
  expect(shown(`len($RunningTasks.GetSample(${ends}))`, { samples })).toBe('10');
  const mixed = 'time() + (-6 * TimeInterval_Minute), TimeInterval_Minute';
  expect(shown(`len($RunningTasks.GetSample(${mixed}, 100))`, { samples })).toBe('10');
});

test('a count gives the newest of whatever age, oldest first', () => {
  const samples = counted(60, thursday - 60 * minute);
  expect(shown('$RunningTasks.GetSample(3)', { samples })).toBe('[118,119,120]');
  expect(shown('len($RunningTasks.GetSample(1000))', { samples })).toBe('121');
});

test('a count of nothing is insufficient data', () => {
  const samples = counted(60);
  for (const count of ['0', '-1', '0.5', '0/0']) {
    expect(shown(`$RunningTasks.GetSample(${count})`, { samples })).toMatch('Insufficient data');
  }
});

test('without a percentage one sample in the window is enough', () => {
  const samples = counted(1);
  expect(shown('$RunningTasks.GetSample(TimeInterval_Hour)', { samples })).toBe('[0,1]');
});

test('an empty window fails, but not its percentage', () => {
  const samples = counted(60, thursday - 60 * minute);
  const window = 'TimeInterval_Minute * 10';
  expect(shown(`$RunningTasks.GetSample(${window})`, { samples })).toBe(
    'Line 1, Col 3: Insufficient data from data set: $RunningTasks wanted 1 sample, received 0',
  );
  expect(shown(`$RunningTasks.GetSamplePercent(${window})`, { samples })).toBe('0');
  expect(shown('$RunningTasks.GetSamplePercent(TimeInterval_Zero)', { samples })).toBe('0');
});

test('a percentage has two ends as well', () => {
  const samples = counted(60);
  const ends = 'TimeInterval_Minute, TimeInterval_Minute * 6';
  expect(shown(`$RunningTasks.GetSamplePercent(${ends})`, { samples })).toBe('100');
});

test('GetSamplePeriod is 30 s', () => {
  expect(shown('$RunningTasks.GetSamplePeriod()')).toBe('PT30S');
});

test('Count and HistoryBeginTime are of the samples that are visible', () => {
  const samples = counted(10);
  expect(shown('$RunningTasks.Count()', { samples })).toBe('20');
  expect(
    shown('$RunningTasks.HistoryBeginTime() == time() + (-10 * TimeInterval_Minute)', {
      samples,
    }),
  ).toBe('1');
  expect(shown('$RunningTasks.Count()')).toBe('0');
  expect(shown('$RunningTasks.HistoryBeginTime()')).toBe(
    'Line 1, Col 3: Insufficient data from data set: $RunningTasks has no sample yet',
  );
});

test('a variable by itself is its latest visible sample', () => {
  expect(shown('$RunningTasks * 2', { samples: counted(10) })).toBe('38');
  expect(shown('$RunningTasks * 2')).toMatch('$RunningTasks wanted 1 sample, received 0');
});

test('what nobody reports has no samples', () => {
  const samples = historyOf(10, {
    $RunningTasks: () => 1,
    $CPUPercent: (n) => (n < 10 ? 0.5 : notSampled),
  });
  expect(shown('$CPUPercent.GetSample(2)', { samples })).toBe('[0.5,0.5]');
  expect(shown('$CPUPercent.Count()', { samples })).toBe('10');
  expect(shown('$CPUPercent.GetSamplePercent(TimeInterval_Minute * 10)', { samples })).toBe('45');
  expect(shown('$DiskBytes.GetSample(1)', { samples })).toMatch('Insufficient data');
});

test('a failure for lack of samples has a code of its own', () => {
  expect(evaluate('$TargetDedicatedNodes = $RunningTasks.GetSample(1)').error).toEqual({
    code: 'InsufficientSampleData',
    line: 1,
    column: 25,
    reason: 'Insufficient data from data set: $RunningTasks wanted 1 sample, received 0',
  });
});

test('methods are called in one of their forms', () => {
  for (const wrong of [
    'GetSample()',
    'GetSample("a")',
    'GetSample(1, 2)',
    'GetSamplePercent(1)',
    'Count(1)',
  ]) {
    expect(refused(`x = $RunningTasks.${wrong}`), wrong).toMatch(
      /does not take .*; it is written /,
    );
  }
});

test('the samples of 24 hours are kept', () => {
  const samples = counted(25 * 60);
  expect(samples.length).toBe(historyLength);
  expect(shown('len($RunningTasks.GetSample(100000))', { samples })).toBe('2879');
  expect(shown('min($RunningTasks.GetSample(TimeInterval_Week))', { samples })).toBe('121');
});

test('a sample is taken every 30 s and never between', () => {
  const samples = counted(0);
  expect(new SampleHistory().nextTime).toBeUndefined();
  expect(samples.nextTime).toBe(thursday + samplePeriodMs);
  expect(() =>
    samples.take(
      thursday + 1,
      sampledVariables.map(() => 0),
    ),
  ).toThrow(RangeError);
});

function textOf(samples: SampleHistory): string {
  return Buffer.from(bytesOf(samples)).toString('hex');
}

/** As a snapshot holds it. */
function bytesOf(samples: SampleHistory): Uint8Array {
  const writer = new ByteWriter();
  samples.write(writer);
  return writer.bytes().slice();
}

test.each([0, 1, 31, 32, 33, 2_790, 2_881, 5_000])(
  'a history of %i samples is the same when it is read back, and goes on the same',
  (count) => {
    const samples = new SampleHistory();
    const take = (into: SampleHistory, sample: number): void =>
      into.take(
        sample * samplePeriodMs,
        sampledVariables.map((_, index) => (index % 3 === 0 ? sample % (index + 1) : index)),
      );
    for (let sample = 0; sample < count; sample++) take(samples, sample);
    const again = SampleHistory.read(new ByteReader(bytesOf(samples)));
    expect(textOf(again)).toBe(textOf(samples));
    for (let sample = count; sample < count + 100; sample++) {
      take(samples, sample);
      take(again, sample);
    }
    expect(textOf(again)).toBe(textOf(samples));
    const now = (count + 200) * samplePeriodMs;
    for (const variable of sampledVariables.keys()) {
      const all = samples.newest(variable, Infinity, now);
      expect(again.newest(variable, Infinity, now)).toEqual(all);
      expect(all).toHaveLength(Math.min(count + 100, historyLength));
    }
  },
);

test('equal samples take no room, whatever came before what is kept', () => {
  expect(bytesOf(new SampleHistory())).toHaveLength(4);
  const constant = history(60);
  expect(bytesOf(constant).length).toBeLessThan(400);
  const changed = history(25 * 60, { $RunningTasks: (sample) => (sample < 60 ? 1 : 0) });
  expect(bytesOf(changed)).toHaveLength(bytesOf(constant).length);
});

test('a history that is cleared is as if it had never been', () => {
  const samples = counted(10);
  samples.clear();
  expect(bytesOf(samples)).toEqual(bytesOf(new SampleHistory()));
  samples.take(
    5,
    sampledVariables.map(() => 7),
  );
  expect(samples.newest(0, 10, 5 + 30_000)).toEqual([7]);
});
