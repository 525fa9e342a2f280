import { expect, test } from 'vitest';
import { mostSteps } from '../../src/autoscale/evaluator.ts';
import { evaluate, history, refused, shown } from './evaluating.ts';

// semantics §6.5, §6.7

test('a target that is not assigned stays as it is', () => {
  const { targetDedicatedNodes, targetLowPriorityNodes } = evaluate('$TargetLowPriorityNodes = 4', {
    dedicated: 7,
    lowPriority: 9,
  });
  expect([targetDedicatedNodes, targetLowPriorityNodes]).toEqual([7, 4]);
});

test('a target reads as the pool has it until it is assigned', () => {
  const { results } = evaluate('$TargetDedicatedNodes = $TargetDedicatedNodes + 1', {
    dedicated: 7,
  });
  expect(results).toBe('$TargetDedicatedNodes=8;$NodeDeallocationOption=requeue');
});

test.each([
  [2.9, 2],
  [0.5, 0],
  [-0.5, 0],
  [-3, 0],
])('a target of %d is one of %i nodes', (target, nodes) => {
  const evaluation = evaluate(`$TargetDedicatedNodes = ${target}`, { dedicated: 7 });
  expect(evaluation.targetDedicatedNodes).toBe(nodes);
  expect(evaluation.results).toBe(`$TargetDedicatedNodes=${nodes};$NodeDeallocationOption=requeue`);
});

test.each(['1/0', '-1/0', '0/0', '1000001'])(
  'a target of %s is an error, at its assignment',
  (target) => {
    const { error } = evaluate(`x = 1;\n $TargetDedicatedNodes = ${target}; y = 1`);
    expect(error).toMatchObject({ code: 'EvaluationError', line: 2, column: 2 });
    expect(error?.reason).toMatch('a pool has at most 1000000 nodes');
  },
);

test('only what a target is in the end must be a number of nodes', () => {
  const text =
    '$TargetDedicatedNodes = 1/0; $TargetDedicatedNodes = min($TargetDedicatedNodes, 10)';
  expect(evaluate(text)).toMatchObject({ targetDedicatedNodes: 10 });
});

test('the names of 2016 mean the same', () => {
  expect(evaluate('$TargetDedicated=1').results).toBe(
    '$TargetDedicatedNodes=1;$NodeDeallocationOption=requeue',
  );
  expect(evaluate('$TargetLowPriority=1').targetLowPriorityNodes).toBe(1);
  const samples = history(5, { $CurrentDedicatedNodes: () => 6 });
  expect(shown('$CurrentDedicated', { samples })).toBe('6');
});

test.each([
  '$TargetDedicated = 1; $TargetDedicatedNodes = 2',
  '$TargetDedicatedNodes = 2; $TargetDedicated = 1',
])('if both names are assigned, that of today wins: %s', (text) => {
  expect(evaluate(text).targetDedicatedNodes).toBe(2);
});

test('$NodeDeallocationOption is requeue unless it is assigned', () => {
  expect(evaluate('x = 1').nodeDeallocationOption).toBe('requeue');
  expect(shown('$NodeDeallocationOption')).toBe('requeue');
  for (const option of ['requeue', 'terminate', 'taskcompletion', 'retaineddata']) {
    const { nodeDeallocationOption } = evaluate(`$NodeDeallocationOption = ${option}`);
    expect(nodeDeallocationOption).toBe(option);
  }
});

test('targets take what they are', () => {
  expect(refused('$NodeDeallocationOption = "requeue"')).toMatch(
    'Line 1, Col 27: $NodeDeallocationOption takes requeue, terminate, taskcompletion or retaineddata',
  );
  expect(refused('$TargetDedicatedNodes = time()')).toBe(
    'Line 1, Col 25: $TargetDedicatedNodes takes a double, this is timestamp',
  );
});

test('results are the assigned targets, the option, and the variables by name, as they are first written', () => {
  const text = 'b = [1,1.5]; $A = time(); B = b * 2; $TargetLowPriority = 3; c = 1 < 2; d = "s"';
  expect(evaluate(text, { dedicated: 5 }).results).toBe(
    '$TargetLowPriorityNodes=3;$NodeDeallocationOption=requeue;' +
      '$A=2016-10-13T19:18:47.805Z;$b=[2,3];$c=1;$d="s"',
  );
});

test('results have the dedicated target if none is assigned', () => {
  expect(evaluate('x = 1', { dedicated: 5 }).results).toBe(
    '$TargetDedicatedNodes=5;$NodeDeallocationOption=requeue;$x=1',
  );
});

test('results show both targets where both are assigned', () => {
  expect(evaluate('$TargetLowPriorityNodes=1;$TargetDedicatedNodes=2').results).toBe(
    '$TargetDedicatedNodes=2;$TargetLowPriorityNodes=1;$NodeDeallocationOption=requeue',
  );
});

test('a long vector is cut after 100 elements', () => {
  const samples = history(60, { $RunningTasks: () => 1 });
  expect(shown('$RunningTasks.GetSample(101)', { samples })).toBe(`[${'1,'.repeat(100)}…]`);
});

test('stop() ends the evaluation, and the assignments so far stand', () => {
  expect(
    evaluate('$TargetDedicatedNodes = 3; stop(); $TargetDedicatedNodes = 4; x = 1').results,
  ).toBe('$TargetDedicatedNodes=3;$NodeDeallocationOption=requeue');
  expect(evaluate('x = 1; x > 0 ? stop() : 0; x = 2').results).toMatch(/\$x=1$/);
  expect(evaluate('x = 1; x > 1 ? stop() : 0; x = 2').results).toMatch(/\$x=2$/);
  expect(evaluate('x = 1 + stop(); y = x + 1').error).toBeUndefined();
});

test('an error keeps the results so far', () => {
  const { results, error } = evaluate('$TargetDedicatedNodes = 3; x = 1; y = avg(); z = 2');
  expect(results).toBe('$TargetDedicatedNodes=3;$NodeDeallocationOption=requeue;$x=1');
  expect(error).toMatchObject({ code: 'EvaluationError', line: 1, column: 39 });
});

test('lists that grow without bounds end the evaluation', () => {
  const samples = history(24 * 60);
  const doubling = 'v = vec(v, v);'.repeat(90);
  const { error, steps } = evaluate(`v = $RunningTasks.GetSample(2880); ${doubling}`, { samples });
  expect(error?.reason).toBe(`the formula takes more than ${mostSteps} steps`);
  expect(steps).toBeLessThan(2 * mostSteps);
});
