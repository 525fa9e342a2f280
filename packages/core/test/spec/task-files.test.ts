import { describe, expect, it } from 'vitest';
import { parseTask } from '../../src/spec/index.ts';
import type { OutputFile, ResourceFile } from '../../src/specification.ts';
import { refusalOf } from './refusal-of.ts';

const url = 'https://store/file';

function resource(file: unknown): ResourceFile | undefined {
  return parseTask({ id: 't', commandLine: 'x', resourceFiles: [file] }).resourceFiles[0];
}

function output(file: unknown): OutputFile | undefined {
  return parseTask({ id: 't', commandLine: 'x', outputFiles: [file] }).outputFiles[0];
}

describe('a resource file', () => {
  it.each([
    { httpUrl: url, filePath: 'in/a.txt', fileMode: '0755' },
    { autoStorageContainerName: 'input' },
    { autoStorageContainerName: 'input', blobPrefix: 'a/', filePath: 'in', fileMode: '644' },
  ])('%j is taken as it is', (file) => {
    expect(resource(file)).toEqual(file);
  });

  it('means the same in the name of 2016', () => {
    expect(resource({ blobSource: url, filePath: 'a' })).toEqual({ httpUrl: url, filePath: 'a' });
  });

  it('may give both names of its source if they agree', () => {
    expect(resource({ blobSource: url, httpUrl: url, filePath: 'a' })).toHaveProperty('httpUrl');
    const given = { blobSource: `${url}2`, httpUrl: url, filePath: 'a' };
    expect(refusalOf(() => resource(given)).path).toBe('resourceFiles[0].blobSource');
  });

  it.each([
    ['/etc/passwd'],
    ['../a'],
    ['a/../../b'],
    ['a/..'],
    ['..'],
    ['a\\..\\b'],
    ['C:/a'],
    [''],
    ['dir/'],
    ['.'],
    ['a\0'],
    ['x'.repeat(1025)],
  ])('cannot go to %j', (filePath) => {
    expect(refusalOf(() => resource({ httpUrl: url, filePath }))).toMatchObject({
      code: 'InvalidPropertyValue',
      path: 'resourceFiles[0].filePath',
    });
  });

  it.each(['a', './a', 'a/b/..c', '...', 'a b/ü'])('can go to %s', (filePath) => {
    expect(resource({ httpUrl: url, filePath })).toHaveProperty('filePath', filePath);
  });

  it.each([
    ['no source', { filePath: 'a' }, 'resourceFiles[0]'],
    [
      'two sources',
      { httpUrl: url, autoStorageContainerName: 'input', filePath: 'a' },
      'resourceFiles[0]',
    ],
    ['no target', { httpUrl: url }, 'resourceFiles[0].filePath'],
    [
      'a prefix without container',
      { httpUrl: url, filePath: 'a', blobPrefix: 'b' },
      'resourceFiles[0].blobPrefix',
    ],
    ['no URL', { httpUrl: './a', filePath: 'a' }, 'resourceFiles[0].httpUrl'],
    [
      'a mode that is not octal',
      { httpUrl: url, filePath: 'a', fileMode: 'rwx' },
      'resourceFiles[0].fileMode',
    ],
    [
      'a container that is a path',
      { autoStorageContainerName: '../x' },
      'resourceFiles[0].autoStorageContainerName',
    ],
    [
      'a prefix that leaves its container',
      { autoStorageContainerName: 'input', blobPrefix: '../x' },
      'resourceFiles[0].blobPrefix',
    ],
  ])('is refused with %s', (_, file, path) => {
    expect(refusalOf(() => resource(file)).path).toBe(path);
  });

  it('shows no signature of its URL in an error', () => {
    const given = { httpUrl: `${url} ?sig=secret`, filePath: 'a' };
    expect(refusalOf(() => resource(given)).message).not.toContain('secret');
  });
});

describe('an output file', () => {
  const destination = { container: { autoStorageContainerName: 'output' } };

  it('is uploaded whatever the exit code unless it says otherwise', () => {
    expect(output({ filePattern: '../std*.txt', destination })).toEqual({
      filePattern: '../std*.txt',
      destination,
      uploadOptions: { uploadCondition: 'taskcompletion' },
    });
  });

  it.each(['tasksuccess', 'taskFailure', 'TaskCompletion'])('is uploaded on %s', (condition) => {
    const uploadOptions = { uploadCondition: condition };
    expect(output({ filePattern: 'x', destination, uploadOptions })?.uploadOptions).toEqual({
      uploadCondition: condition.toLowerCase(),
    });
  });

  it.each([
    ['no pattern', { destination }, 'outputFiles[0].filePattern'],
    ['no destination', { filePattern: 'x' }, 'outputFiles[0].destination'],
    ['no container', { filePattern: 'x', destination: {} }, 'outputFiles[0].destination.container'],
    [
      'a path out of its container',
      { filePattern: 'x', destination: { container: { ...destination.container, path: '../x' } } },
      'outputFiles[0].destination.container.path',
    ],
  ])('is refused with %s', (_, file, path) => {
    expect(refusalOf(() => output(file)).path).toBe(path);
  });
});
