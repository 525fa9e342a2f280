import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FormulaInputs } from '../../src/autoscale/evaluator.ts';
import { mostSteps } from '../../src/autoscale/evaluator.ts';
import { Formula, parseFormula } from '../../src/autoscale/formula.ts';
import type { FormulaError } from '../../src/autoscale/formula-error.ts';
import { functions } from '../../src/autoscale/functions.ts';
import { sampleMethods } from '../../src/autoscale/sample-methods.ts';
import { SampleHistory } from '../../src/autoscale/samples.ts';
import { knownNames } from '../../src/autoscale/variables.ts';
import { history, thursday } from './evaluating.ts';

// Whatever the text, there is a formula or an error with its place; whatever the formula, it ends with results.

const valid = [
  '$TargetDedicatedNodes = (time().weekday == 1 ? 5:1);',
  'x = $PendingTasks.GetSamplePercent(180 * TimeInterval_Second) < 70 ? 1 : ' +
    'avg($PendingTasks.GetSample(180 * TimeInterval_Second));\n' +
    '$TargetDedicatedNodes=min(25, x); $NodeDeallocationOption = taskcompletion;',
  'span = TimeInterval_Minute * 60; ratio = 50; // half an hour\n' +
    '$TargetDedicatedNodes = max($RunningTasks.GetSample(span, ratio)) == 0 ? 0 : 4;',
  'v = [1, 2, 3]; w = v * 2 + v / 4; t = time("Wed, 01 Jan 2020 00:00:00 GMT") + (-6 * TimeInterval_Hour); ' +
    'p = percentile(w, 95) + val(v, 1) + norm(v, 4) + std(w); stop()',
  's = "a" < "b" && !(1 >= 2) || rand() > 0.5; l = lg(vec(8)); r = round(2.5, -1.5)',
  'g = $CPUPercent.GetSample(TimeInterval_Minute * 0, TimeInterval_Minute * 10, 50); ' +
    'h = $CPUPercent.HistoryBeginTime(); c = $CPUPercent.Count()',
];

const words = [
  ...[
    '=',
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '&&',
    '||',
    '!',
    '+',
    '-',
    '*',
    '/',
    '?',
    ':',
    ';',
    ',',
    '.',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    '()',
    '(1)',
    '"a"',
    '"2016-10-13"',
    '0',
    '1',
    '2.5',
    '1e308',
    '.5',
    '0.1',
  ],
  ...['x', '$x', 'y', 'hour', 'weekday', 'time()', 'stop()', '//', '\n', '%', '"', '$'],
  ...knownNames,
  ...functions.keys(),
  ...[...sampleMethods.values()].map(({ name }) => name),
];

const histories = [new SampleHistory(), history(1), history(60, { $RunningTasks: (n) => n % 7 })];

function placeOf({ line, column, reason }: FormulaError, text: string): string | undefined {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/);
  const length = lines[line - 1]?.length;
  if (length === undefined || column < 1 || column > length + 1)
    return `${line}:${column} is not there`;
  return reason === '' ? 'no reason' : undefined;
}

/** What a formula may find: any moment, and sizes up to the largest. */
const circumstances = fc.record({
  seed: fc.integer(),
  now: fc.oneof(
    { weight: 4, arbitrary: fc.constant(thursday) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 8.64e15 }) },
  ),
  targetDedicatedNodes: fc.constantFrom(3, 0, 1_000_000),
  targetLowPriorityNodes: fc.constantFrom(1, 0, 1_000_000),
});
type Circumstances = Omit<FormulaInputs, 'samples'>;
const usual = { seed: 1, now: thursday, targetDedicatedNodes: 3, targetLowPriorityNodes: 1 };

function holds(text: string, given: Circumstances): void {
  const parsed = parseFormula(text);
  if (!(parsed instanceof Formula)) {
    expect(placeOf(parsed, text)).toBeUndefined();
    expect(['AutoScalingFormulaSyntaxError', 'AutoScaleFormulaTooLong']).toContain(parsed.code);
    return;
  }
  for (const samples of histories) {
    const inputs = { ...given, samples };
    const evaluation = parsed.evaluate(inputs);
    const { targetDedicatedNodes, targetLowPriorityNodes, error, results, steps } = evaluation;
    expect(steps).toBeLessThan(2 * mostSteps);
    expect(results).toMatch('$NodeDeallocationOption=');
    if (error === undefined) {
      for (const target of [targetDedicatedNodes, targetLowPriorityNodes]) {
        expect(Number.isInteger(target) && target >= 0 && target <= 1_000_000).toBe(true);
      }
    } else {
      expect(placeOf(error, text)).toBeUndefined();
      expect(['InsufficientSampleData', 'EvaluationError']).toContain(error.code);
    }
    expect(parsed.evaluate(inputs)).toEqual(evaluation);
  }
}

/** An expression that the grammar has, of any types. */
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom(
      '1',
      '0',
      '2.5',
      'x',
      '$x',
      '"a"',
      'time()',
      'TimeInterval_Hour',
      '[1,2]',
      'requeue',
      '$CPUPercent',
      '$RunningTasks',
      '$TargetDedicatedNodes',
      'rand()',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('+', '-', '*', '/', '<', '==', '&&', '||'),
        tie('expression'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.constantFrom('-', '!'), tie('expression')).map(([op, a]) => `${op}${a}`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(fc.constantFrom(...functions.keys()), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join()})`),
    fc
      .tuple(
        fc.constantFrom('GetSample', 'GetSamplePercent', 'Count'),
        fc.array(tie('expression'), { maxLength: 3 }),
      )
      .map(([name, args]) => `$RunningTasks.${name}(${args.join()})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('hour', 'year', 'foo'))
      .map(([a, part]) => `${a}.${part}`),
  ),
}));

const statement = fc
  .tuple(
    fc.constantFrom('x = ', 'y = ', '$TargetDedicatedNodes = ', '$NodeDeallocationOption = ', ''),
    expression,
  )
  .map(([assigns, value]) => `${assigns}${value}`);

const mutated = fc
  .tuple(
    fc.constantFrom(...valid),
    fc.array(
      fc.tuple(
        fc.nat(),
        fc.nat({ max: 12 }),
        fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })),
      ),
      { minLength: 1, maxLength: 4 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((before, [at, length, put]) => {
      const place = at % (before.length + 1);
      return before.slice(0, place) + put + before.slice(place + length);
    }, text),
  );

describe('a formula or an error with its place, and an evaluation that ends', () => {
  const numRuns = 1_000;
  test.each<[string, fc.Arbitrary<string>]>([
    [
      'texts of any characters',
      fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 60 })),
    ],
    [
      'words of the language in any order',
      fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((list) => list.join(' ')),
    ],
    ['formulas with changes', mutated],
    [
      'statements of any types',
      fc
        .array(statement, { minLength: 1, maxLength: 5 })
        .map((list) => `x = 1; ${list.join(';\n')}`),
    ],
    [
      // What doubles with each statement has no end that anybody waits for.
      'statements that grow with what is before them, as many as there is room for',
      fc
        .array(
          fc.constantFrom(
            'x=vec(9,x)',
            'x=[x,x]',
            'x=x*x',
            'x=x+x',
            'y=x;x=y+y',
            'x=x*1e300',
            'x=sort(x)',
            'x=percentile(x,50)',
            'x=norm(x,2)',
            'x=std(x)',
            'x=vec(8000)',
            's=s+s',
            't=t+t',
            't=t*9',
            '$TargetDedicatedNodes=$TargetDedicatedNodes*2',
            'x=$RunningTasks.GetSample(9999)',
            'x=x-$RunningTasks.GetSample(60)',
          ),
          { minLength: 1, maxLength: 4 },
        )
        .map((list) => {
          const once = `${list.join(';')};`;
          const begin = 's="a";t=TimeInterval_Hour;x=vec(4);';
          return begin + once.repeat(Math.floor((8_192 - begin.length) / once.length));
        }),
    ],
    [
      'long texts of one kind',
      fc
        .tuple(
          fc.constantFrom(
            '(',
            '[',
            '-',
            'x=',
            '1+',
            '1?',
            'ln(',
            'vec(1,',
            '".',
            '//\n',
            ';',
            '1;',
            'x.',
          ),
          fc.nat({ max: 9_000 }),
        )
        .map(([part, times]) => part.repeat(times).slice(0, 8_300)),
    ],
  ])('%s', (_, texts) => {
    fc.assert(
      fc.property(texts, circumstances, (text, given) => holds(text, given)),
      { numRuns },
    );
  });

  test.each(valid)('%s is a formula', (text) => {
    expect(parseFormula(text)).toBeInstanceOf(Formula);
    holds(text, usual);
  });

  test('statements of any types are often accepted and often come to an end', () => {
    let ended = 0;
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 2 }), (list) => {
        const parsed = parseFormula(`x = 1; ${list.join(';')}`);
        if (!(parsed instanceof Formula)) return;
        const inputs = { ...usual, samples: histories[2]! };
        if (parsed.evaluate(inputs).error === undefined) ended++;
      }),
      { numRuns },
    );
    expect(ended).toBeGreaterThan(30);
  });
});
