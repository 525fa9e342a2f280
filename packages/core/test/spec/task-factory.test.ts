import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTaskFactory } from '../../src/spec/index.ts';
import type { TaskTemplate } from '../../src/specification.ts';
import {
  compileFactory,
  compileTemplate,
  expandTemplate,
  factoryCount,
  factoryTask,
  factoryValues,
} from '../../src/task-factory.ts';
import { refusalOf } from './refusal-of.ts';

function sweep(commandLine: string, ...parameterSets: object[]): object {
  return { type: 'parametricSweep', parameterSets, repeatTask: { commandLine } };
}

function template(commandLine: string, more: Partial<TaskTemplate> = {}): TaskTemplate {
  return {
    commandLine,
    resourceFiles: [],
    outputFiles: [],
    environmentSettings: [],
    constraints: {},
    requiredSlots: 1,
    ...more,
  };
}

function written(commandLine: string, ...values: number[]): string {
  return expandTemplate(template(commandLine), values).commandLine;
}

describe('a task factory', () => {
  it('makes one task per combination, the last set varying fastest', () => {
    const factory = parseTaskFactory(
      sweep('{0} {1}', { start: 1, end: 2 }, { start: 10, end: 0, step: -5 }),
    );
    const lines = Array.from(
      { length: factoryCount(factory) },
      (_, i) => factoryTask(factory, i).commandLine,
    );
    expect(lines).toEqual(['1 10', '1 5', '1 0', '2 10', '2 5', '2 0']);
  });

  it('ends a set at the last step that does not pass its end', () => {
    const factory = parseTaskFactory(sweep('{0}', { start: 0, end: 10, step: 4 }));
    expect([factoryCount(factory), factoryValues(factory, 2)]).toEqual([3, [8]]);
  });

  it('counts its ids from 0 and its steps by 1 unless it says otherwise', () => {
    const factory = parseTaskFactory(sweep('x', { start: 3, end: 5 }));
    expect(factory.firstTaskId).toBe(0);
    expect(factory.parameterSets).toEqual([{ start: 3, end: 5, step: 1 }]);
  });

  it('gives the same tasks compiled as one by one', () => {
    const set = fc.record({
      start: fc.integer({ min: -99, max: 99 }),
      end: fc.integer({ min: 100, max: 200 }),
      step: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(fc.array(set, { minLength: 1, maxLength: 3 }), fc.nat(), (sets, n) => {
        const line = sets.map((_, i) => `{${i}:4}`).join();
        const factory = parseTaskFactory(sweep(line, ...sets));
        const index = n % factoryCount(factory);
        expect(compileFactory(factory)(index)).toEqual(factoryTask(factory, index));
      }),
    );
  });

  it.each([
    ['has no set', sweep('x'), 'parameterSets'],
    ['has an empty set', sweep('x', { start: 2, end: 1 }), 'parameterSets[0]'],
    ['has a step of 0', sweep('x', { start: 1, end: 2, step: 0 }), 'parameterSets[0].step'],
    ['has a fraction', sweep('x', { start: 0.5, end: 2 }), 'parameterSets[0].start'],
    ['makes too many tasks', sweep('x', { start: 1, end: 2e9 }), 'parameterSets'],
    [
      'makes too many tasks together',
      sweep('x', { start: 1, end: 1e6 }, { start: 1, end: 1e6 }),
      'parameterSets',
    ],
    [
      'uses a set that is not there',
      sweep('{0} {1}', { start: 1, end: 2 }),
      'repeatTask.commandLine',
    ],
    ['pads beyond all numbers', sweep('{0:999}', { start: 1, end: 2 }), 'repeatTask.commandLine'],
  ])('is refused when it %s', (_, factory, path) => {
    expect(refusalOf(() => parseTaskFactory(factory))).toMatchObject({
      code: 'InvalidPropertyValue',
      path,
    });
  });

  it('takes no id for its tasks', () => {
    const factory = {
      ...sweep('x', { start: 1, end: 2 }),
      repeatTask: { id: 'a', commandLine: 'x' },
    };
    expect(refusalOf(() => parseTaskFactory(factory)).path).toBe('repeatTask.id');
  });

  it.each(['taskPerFile', 'taskCollection'])('of type %s is not supported yet', (type) => {
    expect(refusalOf(() => parseTaskFactory({ type }))).toMatchObject({
      code: 'UnsupportedProperty',
      message: expect.stringContaining('is not supported yet'),
    });
  });

  it('may name containers by its values', () => {
    const factory = parseTaskFactory({
      ...sweep('x', { start: 1, end: 2 }),
      repeatTask: {
        commandLine: 'x',
        resourceFiles: [{ autoStorageContainerName: 'slice-{0}' }],
      },
    });
    expect(factoryTask(factory, 1).resourceFiles).toEqual([
      { autoStorageContainerName: 'slice-2' },
    ]);
  });
});

describe('a template', () => {
  it.each([
    ['plain', 'plain'],
    ['{0}-{1}', '7--3'],
    ['{0:3}', '007'],
    ['{1:3}', '-003'],
    ['{{0}}', '{0}'],
    ['{{0:3}}', '{0:3}'],
    ['{{{0}}}', '{7}'],
    ['{{{{0}}}}', '{{0}}'],
    ['{"a":{"b":{0}}}', '{"a":{"b":7}}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell text
    ['${{0}} ${HOME}', '${0} ${HOME}'],
    ["awk '{print $1}' {a} {} { 0 } {0,3} {{x}}", "awk '{print $1}' {a} {} { 0 } {0,3} {{x}}"],
  ])('%s with the values 7 and -3 reads %s', (line, expected) => {
    expect(written(line, 7, -3)).toBe(expected);
  });

  it('fills every text but those that are the same for all tasks', () => {
    const all = template('{0}', {
      displayName: 'd{0}',
      resourceFiles: [{ httpUrl: 'http://h/{0}', filePath: 'in/{0}' }],
      outputFiles: [
        {
          filePattern: '{0}.txt',
          destination: { container: { autoStorageContainerName: 'out', path: 'p/{0}' } },
          uploadOptions: { uploadCondition: 'tasksuccess' },
        },
      ],
      environmentSettings: [{ name: 'N{0}', value: '{0}' }],
      dependsOn: { taskIds: ['{0}'], taskIdRanges: [] },
    });
    const text = JSON.stringify(expandTemplate(all, [5]));
    expect(text.match(/5/g)).toHaveLength(8);
    expect(text.match(/\{0\}/g)).toHaveLength(1);
  });

  it('shares with its tasks what does not depend on the values', () => {
    const one = template('{0}', { environmentSettings: [{ name: 'A', value: 'b' }] });
    expect(compileTemplate(one)([1]).environmentSettings).toBe(one.environmentSettings);
  });

  it('without placeholders is its own task', () => {
    const one = template('echo {}');
    expect(compileTemplate(one)([1])).toBe(one);
  });

  it('of nothing but braces is read in linear time', () => {
    const braces = '{'.repeat(200_000);
    expect(written(braces, 1)).toBe(braces);
  });
});
