import { describe, expect, it } from 'vitest';
import { BatchError } from '../../src/errors.ts';
import { parseJobFile, parsePool, parseTask } from '../../src/spec/index.ts';
import { refusalOf } from './refusal-of.ts';

const task = { id: 't', commandLine: 'true' };

function nested(levels: number): unknown {
  let value: unknown = {};
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe('an error', () => {
  it('names the property, its value and the rule', () => {
    const parse = (): unknown => parsePool({ id: 'p', vmSize: 'A1', targetDedicatedNodes: -1 });
    expect(parse).toThrow(BatchError);
    try {
      parse();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'InvalidPropertyValue',
        message: 'targetDedicatedNodes must be a whole number from 0 to 1000000; it is -1',
        values: [
          { key: 'PropertyName', value: 'targetDedicatedNodes' },
          { key: 'PropertyValue', value: '-1' },
          { key: 'Reason', value: 'must be a whole number from 0 to 1000000' },
        ],
      });
    }
  });

  it.each([
    ['comandLine', 'unknown property "comandLine"; did you mean "commandLine"?'],
    ['CommandLine', 'unknown property "CommandLine"; did you mean "commandLine"?'],
    ['exitCondition', 'unknown property "exitCondition"; did you mean "exitConditions"?'],
    ['frobnicate', 'unknown property "frobnicate"'],
    ['constructor', 'unknown property "constructor"'],
    ['a b"', 'unknown property "a b\\""'],
  ])('for the unknown name %s helps', (name, message) => {
    expect(refusalOf(() => parseTask({ ...task, [name]: 'x' }))).toMatchObject({
      code: 'UnsupportedProperty',
      message,
    });
  });

  it('for an unknown name inside tells where', () => {
    const constraints = { maxTaskRetriesCount: 1 };
    expect(refusalOf(() => parseTask({ ...task, constraints })).message).toBe(
      'unknown property "maxTaskRetriesCount" in constraints; did you mean "maxTaskRetryCount"?',
    );
  });

  it('is about a misspelt name, not about the property that it leaves out', () => {
    expect(refusalOf(() => parseTask({ id: 't', comandLine: 'x' })).message).toBe(
      'unknown property "comandLine"; did you mean "commandLine"? (and 1 more problem)',
    );
  });

  it('is the first in document order and counts the others', () => {
    const given = { constraints: { maxTaskRetryCount: -5 }, x: 1, commandLine: 3, id: '' };
    expect(refusalOf(() => parseTask(given))).toMatchObject({
      path: 'constraints.maxTaskRetryCount',
      message: expect.stringMatching(/\(and 3 more problems\)$/),
    });
    const turned = Object.fromEntries(Object.entries(given).reverse());
    expect(refusalOf(() => parseTask(turned)).path).toBe('id');
  });

  it('is short, however long the value is', () => {
    const { message } = refusalOf(() => parseTask({ ...task, id: 'x'.repeat(1e6) }));
    expect(message.length).toBeLessThan(250);
  });

  it('is short, however long the name is', () => {
    const { message } = refusalOf(() => parseTask({ ...task, ['x'.repeat(1e6)]: 1 }));
    expect(message.length).toBeLessThan(250);
  });

  it('shows no value of a variable', () => {
    const environmentSettings = [{ name: 'PASSWORD', value: 'secret\0' }];
    expect(refusalOf(() => parseTask({ ...task, environmentSettings })).message).toBe(
      'environmentSettings[0].value must not contain a NUL character',
    );
  });
});

describe('what is no specification at all', () => {
  it.each([null, undefined, 7, 'x', true, [], [task]])('%j is refused', (value) => {
    expect(refusalOf(() => parseTask(value))).toMatchObject({
      code: 'InvalidRequestBody',
      message: expect.stringMatching(/^the task must be an object/),
    });
  });

  it.each([new Map(), new Date(0), () => 1, Symbol('s'), 1n, Number.NaN, '\0', '\udc00'])(
    '%s is refused',
    (value) => {
      expect(() => parseTask(value)).toThrow(BatchError);
      expect(() => parseTask({ ...task, displayName: value })).toThrow(BatchError);
    },
  );

  it('is what nests too deeply', () => {
    expect(refusalOf(() => parseTask({ ...task, exitConditions: nested(100_000) })).code).toBe(
      'InvalidRequestBody',
    );
  });

  it('is what contains itself', () => {
    const circle: Record<string, unknown> = { ...task };
    circle['constraints'] = circle;
    expect(refusalOf(() => parseTask(circle)).code).toBe('InvalidRequestBody');
  });

  it('is what has a property __proto__', () => {
    const json = '{"id":"t","commandLine":"x","constraints":{"__proto__":{"maxTaskRetryCount":1}}}';
    expect(refusalOf(() => parseTask(JSON.parse(json)))).toMatchObject({
      code: 'UnsupportedProperty',
      path: 'constraints.__proto__',
    });
  });

  it('is what has more values than memory should hold', () => {
    const tasks: unknown[] = [];
    tasks.length = 50_000_000;
    expect(refusalOf(() => parseJobFile({ tasks })).code).toBe('RequestBodyTooLarge');
  });
});
