import { expect, test } from 'vitest';
import { SampleHistory } from '../../src/autoscale/samples.ts';
import type { Circumstances } from './evaluating.ts';
import { evaluate, history, shown, thursday } from './evaluating.ts';

// The examples of semantics §6.8, by their numbers.

function targets(text: string, given: Circumstances): (number | string | undefined)[] {
  const { targetDedicatedNodes, targetLowPriorityNodes, nodeDeallocationOption, error } = evaluate(
    text,
    given,
  );
  if (error !== undefined) return [error.code];
  return [targetDedicatedNodes, targetLowPriorityNodes, nodeDeallocationOption];
}

function dedicated(text: string, given: Circumstances): number | string {
  const { targetDedicatedNodes, error } = evaluate(text, given);
  return error?.code ?? targetDedicatedNodes;
}

const noSamples = new SampleHistory();

test('1: five nodes on Mondays, else one', () => {
  const text = '$TargetDedicatedNodes = (time().weekday == 1 ? 5:1);';
  expect(dedicated(text, { now: Date.UTC(2016, 9, 17) })).toBe(5);
  expect(dedicated(text, { now: Date.UTC(2016, 9, 18) })).toBe(1);
});

test('2: working hours, with the results that the service documents', () => {
  const text =
    '$curTime = time(); $workHours = $curTime.hour >= 8 && $curTime.hour < 18; ' +
    '$isWeekday = $curTime.weekday >= 1 && $curTime.weekday <= 5; ' +
    '$isWorkingWeekdayHour = $workHours && $isWeekday; ' +
    '$TargetDedicatedNodes = $isWorkingWeekdayHour ? 20:10;';
  expect(evaluate(text).results).toBe(
    '$TargetDedicatedNodes=10;$NodeDeallocationOption=requeue;' +
      '$curTime=2016-10-13T19:18:47.805Z;$isWeekday=1;$isWorkingWeekdayHour=0;$workHours=0',
  );
});

const pending =
  'startingNumberOfVMs = 1; maxNumberofVMs = 25; ' +
  'pendingTaskSamplePercent = $PendingTasks.GetSamplePercent(180 * TimeInterval_Second); ' +
  'pendingTaskSamples = pendingTaskSamplePercent < 70 ? startingNumberOfVMs : ' +
  'avg($PendingTasks.GetSample(180 * TimeInterval_Second)); ' +
  '$TargetDedicatedNodes=min(maxNumberofVMs, pendingTaskSamples); ' +
  '$NodeDeallocationOption = taskcompletion;';

test.each([
  [0, 1],
  [2, 1],
  [3, 10],
  [60, 10],
])('3: %d minutes after the creation the target is %i', (minutes, nodes) => {
  const samples = history(minutes, { $PendingTasks: () => 10 });
  expect(targets(pending, { samples })).toEqual([nodes, 0, 'taskcompletion']);
});

test('3: at most 25', () => {
  expect(dedicated(pending, { samples: history(60, { $PendingTasks: () => 40 }) })).toBe(25);
});

test('4: each node that stays preempted is replaced by a dedicated one', () => {
  const text =
    'maxNumberofVMs = 25; ' +
    '$TargetDedicatedNodes = min(maxNumberofVMs, $PreemptedNodeCount.GetSample(180 * TimeInterval_Second)); ' +
    '$TargetLowPriorityNodes = min(maxNumberofVMs , maxNumberofVMs - $TargetDedicatedNodes); ' +
    '$NodeDeallocationOption = taskcompletion;';
  expect(targets(text, { samples: noSamples })).toEqual(['InsufficientSampleData']);
  expect(targets(text, { samples: history(15) })).toEqual([0, 25, 'taskcompletion']);
  // Samples 26 to 30 of the window are visible but for the last.
  const preempted = history(15, { $PreemptedNodeCount: (sample) => (sample < 27 ? 5 : 3) });
  expect(targets(text, { samples: preempted })).toEqual([3, 22, 'taskcompletion']);
});

const byLoad =
  '$totalDedicatedNodes = (min($CPUPercent.GetSample(TimeInterval_Minute * 10)) > 0.7) ? ' +
  '($CurrentDedicatedNodes * 1.1) : $CurrentDedicatedNodes; ' +
  '$totalDedicatedNodes = (avg($CPUPercent.GetSample(TimeInterval_Minute * 60)) < 0.2) ? ' +
  '($CurrentDedicatedNodes * 0.9) : $totalDedicatedNodes; ' +
  '$TargetDedicatedNodes = min(400, $totalDedicatedNodes)';

test.each([
  ['ten busy nodes become eleven', 10, 0.9, 11],
  ['five busy ones stay five', 5, 0.9, 5],
  ['an idle one goes', 1, 0.1, 0],
  ['ten that are neither stay', 10, 0.5, 10],
  ['400 is the most', 400, 0.9, 400],
])('5: %s', (_, nodes, load, expected) => {
  const samples = history(60, { $CPUPercent: () => load, $CurrentDedicatedNodes: () => nodes });
  expect(dedicated(byLoad, { samples })).toBe(expected);
});

test('6: as many as are pending, else half as many each time', () => {
  const text =
    '$samples = $PendingTasks.GetSamplePercent(TimeInterval_Minute * 15); ' +
    '$tasks = $samples < 70 ? max(0,$PendingTasks.GetSample(1)) : ' +
    'max( $PendingTasks.GetSample(1), avg($PendingTasks.GetSample(TimeInterval_Minute * 15))); ' +
    '$targetVMs = $tasks > 0? $tasks:max(0, $TargetDedicatedNodes/2); ' +
    '$TargetDedicatedNodes = max(0, min($targetVMs, 20)); $NodeDeallocationOption = taskcompletion;';
  expect(dedicated(text, { samples: noSamples })).toBe('InsufficientSampleData');
  expect(dedicated(text, { samples: history(5, { $PendingTasks: (n) => n }) })).toBe(9);
  expect(dedicated(text, { samples: history(60, { $PendingTasks: (n) => 130 - n }) })).toBe(20);
  // The average of the window, 25 down to 12, is more than the latest.
  expect(dedicated(text, { samples: history(60, { $PendingTasks: (n) => (120 - n) / 2 }) })).toBe(
    7,
  );
  let nodes = 20;
  const halved: (number | string)[] = [];
  for (let run = 0; run < 5; run++) {
    nodes = Number(dedicated(text, { samples: history(60), dedicated: nodes }));
    halved.push(nodes);
  }
  expect(halved).toEqual([10, 5, 2, 1, 0]);
});

test('7: four tasks a node, at most three nodes', () => {
  const text =
    '$samples = $ActiveTasks.GetSamplePercent(TimeInterval_Minute * 15); ' +
    '$tasks = $samples < 70 ? max(0,$ActiveTasks.GetSample(1)) : ' +
    'max( $ActiveTasks.GetSample(1),avg($ActiveTasks.GetSample(TimeInterval_Minute * 15))); ' +
    '$cores = $TargetDedicatedNodes * 4; $extraVMs = (($tasks - $cores) + 3) / 4; ' +
    '$targetVMs = ($TargetDedicatedNodes + $extraVMs); ' +
    '$TargetDedicatedNodes = max(0,min($targetVMs,3));';
  expect(dedicated(text, { samples: noSamples })).toBe('InsufficientSampleData');
  expect(dedicated(text, { samples: history(5, { $ActiveTasks: () => 5 }) })).toBe(2);
  expect(dedicated(text, { samples: history(5, { $ActiveTasks: () => 50 }) })).toBe(3);
});

test('8: four nodes at first, none once nothing has run for an hour', () => {
  const text =
    '$TargetDedicatedNodes = 4; lifespan = time() - time("Wed, 01 Jan 2020 00:00:00 GMT"); ' +
    'span = TimeInterval_Minute * 60; startup = TimeInterval_Minute * 10; ratio = 50; ' +
    '$TargetDedicatedNodes = (lifespan > startup ? (max($RunningTasks.GetSample(span, ratio), ' +
    '$ActiveTasks.GetSample(span, ratio)) == 0 ? 0 : $TargetDedicatedNodes) : 4);';
  const created = Date.UTC(2020, 0, 1);
  const at = (minutes: number, running: number): number | string => {
    const now = created + minutes * 60_000;
    return dedicated(text, {
      now,
      samples: history(minutes, { $RunningTasks: () => running }, now),
    });
  };
  expect([0, 5, 10].map((minutes) => at(minutes, 0))).toEqual([4, 4, 4]);
  expect([15, 29.5].map((minutes) => at(minutes, 0))).toEqual([
    'InsufficientSampleData',
    'InsufficientSampleData',
  ]);
  expect([30, 60, 120].map((minutes) => at(minutes, 0))).toEqual([0, 0, 0]);
  expect(at(30, 1)).toBe(4);
});

test('9: ten samples between one and six minutes ago', () => {
  const text = 'len($RunningTasks.GetSample(1 * TimeInterval_Minute, 6 * TimeInterval_Minute))';
  expect(shown(text, { samples: history(60) })).toBe('10');
});

test('10: the name of 2016, with the results that the service documents', () => {
  expect(evaluate('$TargetDedicated=1').results).toBe(
    '$TargetDedicatedNodes=1;$NodeDeallocationOption=requeue',
  );
});

test('11: five nodes while no sample is visible', () => {
  const text =
    'totalNodes=($CPUPercent.GetSamplePercent(TimeInterval_Minute*0,TimeInterval_Minute*10)<0.7?5:' +
    '(min($CPUPercent.GetSample(TimeInterval_Minute*0, TimeInterval_Minute*10))>0.8?' +
    '($CurrentDedicated*1.1):$CurrentDedicated));$targetDedicatedNodes=min(100,totalNodes);';
  expect(dedicated(text, { samples: noSamples })).toBe(5);
  const samples = history(1, { $CPUPercent: () => 0.9, $CurrentDedicatedNodes: () => 10 });
  expect(dedicated(text, { samples })).toBe(11);
});

test('12: fractions of nodes are cut off', () => {
  const text = '$TargetDedicatedNodes = $PendingTasks / $TaskSlotsPerNode + 0.9';
  const samples = history(5, { $PendingTasks: () => 4, $TaskSlotsPerNode: () => 2 });
  expect(dedicated(text, { samples })).toBe(2);
});

test('13: a time is moved by a negative interval', () => {
  const text = '$curTime = time() + (-6 * TimeInterval_Hour);';
  expect(evaluate(text, { now: thursday }).results).toMatch('$curTime=2016-10-13T13:18:47.805Z');
});

test('14: none once nothing waits', () => {
  const text =
    '$TargetDedicatedNodes = max($ActiveTasks.GetSample(1)) > 0 ? $TargetDedicatedNodes : 0; ' +
    '$NodeDeallocationOption = taskcompletion;';
  const given = { dedicated: 8 };
  expect(targets(text, { ...given, samples: history(5, { $ActiveTasks: () => 1 }) })).toEqual([
    8,
    0,
    'taskcompletion',
  ]);
  expect(targets(text, { ...given, samples: history(5) })).toEqual([0, 0, 'taskcompletion']);
});
