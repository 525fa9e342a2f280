import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { bytesPerRow } from '@berth/core';
import { describe, expect, test } from 'vitest';
import { diagrams, withDiagram } from '../../docs/generate-diagrams.ts';
import { anchorsOf, documents, linksOf, read, root } from './documents.ts';

// What the documents say, held against the sources.

test('every link leads to a file that is there, and to a heading that it has', () => {
  const broken: string[] = [];
  for (const document of documents) {
    for (const { path, anchor } of linksOf(document)) {
      const there = existsSync(join(root, path));
      if (!there || (anchor !== undefined && !anchorsOf(read(path)).has(anchor))) {
        broken.push(`${document.name}: ${path}${anchor === undefined ? '' : `#${anchor}`}`);
      }
    }
  }
  expect(broken).toEqual([]);
});

test('every document is one that the README leads to', () => {
  const seen = new Set(['README.md']);
  for (const name of seen) {
    const document = documents.find((one) => one.name === name);
    if (document !== undefined) for (const { path } of linksOf(document)) seen.add(path);
  }
  const lost = documents.map(({ name }) => name).filter((name) => name.startsWith('docs/'));
  expect(lost.filter((name) => !seen.has(name))).toEqual([]);
});

test.each(diagrams)('%s has the diagram that the tables give', (document, machine) => {
  const text = read(join('docs', document));
  expect(text).toBe(withDiagram(text, machine));
});

describe('errors.md', () => {
  const sources = readdirSync(join(root, 'packages'))
    .flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts'))
        .map((file) => read(join('packages', name, 'src', file))),
    )
    .join('\n');
  /** Names in quotes that begin every word with a capital, as codes do. */
  const quoted = new Set(
    [...sources.matchAll(/'((?:[A-Z]+[a-z][a-z\d]*){2,}|Unknown)'/g)].map(([, name = '']) => name),
  );
  const documented = new Set(
    [...read('docs/errors.md').matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code),
    ),
  );

  test('has no code that the sources do not have', () => {
    expect([...documented].filter((code) => !quoted.has(code))).toEqual([]);
  });

  test('has every code that the sources have', () => {
    /** Names that look like codes and are none of ours. */
    const others = [
      // reasons of a job's end
      'AllTasksComplete',
      'TaskFailed',
      'MaxWallClockTimeExpiry',
      'UserTerminate',
      'TerminateJobSchedule',
      // a type of tasks in diagnostic events
      'JobManager',
      'NothingLeftToRun',
      // keys in the values of errors, names of error classes and of findings
      'PropertyName',
      'PropertyValue',
      'BatchError',
      'JournalError',
      'InvalidTransition',
      'RunFailure',
      'HostLostError',
      'NoHostError',
      'HostUnusableError',
      'HostDownError',
      'DockerError',
      'EngineAwayError',
      // fields of the Docker engine's answers
      'ExitCode',
      'NetworkSettings',
      'ZipError',
      'BadChecksum',
      'WrongSequence',
      // a code of Azure Blob Storage, which is tried again and otherwise passed on
      'InvalidBlockList',
      // methods of autoscale formulas
      'GetSample',
      'GetSamplePercent',
      'GetSamplePeriod',
      'HistoryBeginTime',
      // an entity, of which the code of its absence is made
      'JobSchedule',
      // an error of the Azure client, by its class
      'RestError',
      // a size of 2016
      'ExtraLarge',
    ];
    const missing = [...quoted].filter(
      (name) => !documented.has(name) && !others.includes(name) && !name.endsWith('Event'),
    );
    expect(missing).toEqual([]);
    expect(others.filter((name) => !quoted.has(name))).toEqual([]);
  });
});

/** Without the padding of tables and the indentation of blocks. */
function squeezed(line: string): string {
  return line.trim().replace(/ +/g, ' ');
}

/** The lines of the first comment of a source that `wanted` takes, without what makes them a comment. */
function commentLines(source: string, wanted: (line: string) => boolean): string[] {
  const [comment = ''] = /\/\*.*?\*\//s.exec(read(source)) ?? [];
  return comment
    .split('\n')
    .map((line) => line.replace(/^ \*(?: |$)/, ''))
    .filter(wanted);
}

describe('a format is documented as the source has it', () => {
  const cases = [
    {
      document: 'docs/runner-protocol.md',
      lines: commentLines('packages/executors/src/runner-script.ts', (line) => /^ {4}/.test(line)),
      least: 24,
    },
    {
      document: 'docs/input-encoding.md',
      lines: commentLines('packages/core/src/input-batch.ts', (line) => /^ {2}\S/.test(line)),
      least: 3,
    },
    {
      document: 'docs/task-rows.md',
      lines: commentLines('packages/core/src/task-rows.ts', (line) => line.startsWith('| ')).map(
        (line) => line.replace('{@link TaskText}', '`TaskText`'),
      ),
      least: 8,
    },
    {
      document: 'docs/journal.md',
      lines: commentLines('packages/storage/src/journal-format.ts', (line) =>
        /^ {2,}\d+ {2}\S/.test(line),
      ),
      least: 8,
    },
  ];
  test.each(cases)('$document', ({ document, lines, least }) => {
    const said = new Set(read(document).split('\n').map(squeezed));
    const wanted = lines.map(squeezed);
    expect(wanted.length).toBeGreaterThanOrEqual(least);
    expect(wanted.filter((line) => !said.has(line))).toEqual([]);
  });

  test('a row has as many bytes as the document says', () => {
    expect(read('docs/task-rows.md')).toContain(`(${bytesPerRow} bytes)`);
  });
});
