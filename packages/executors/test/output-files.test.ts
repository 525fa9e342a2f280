import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { OutputFile } from '@berth/core';
import { localExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine;
beforeAll(async () => {
  engine = await new ScriptedEngine(localExecutor()).open();
  await engine.node();
});
afterAll(() => engine.dispose());

type Condition = OutputFile['uploadOptions']['uploadCondition'];

let serial = 0;
/** Runs a script with one output file; what its container holds then. */
async function upload(
  script: string,
  filePattern: string,
  path?: string,
  uploadCondition: Condition = 'taskcompletion',
): Promise<{
  names: string[];
  container: string;
  end: Awaited<ReturnType<typeof engine.execute>>;
}> {
  const container = `out${serial++}`;
  await engine.blobStore.createContainer(container);
  const outputFiles: OutputFile[] = [
    {
      filePattern,
      destination: {
        container: { autoStorageContainerName: container, ...(path === undefined ? {} : { path }) },
      },
      uploadOptions: { uploadCondition },
    },
  ];
  const end = await engine.execute(`sh -c '${script}'`, {
    outputFiles,
    environmentSettings: [{ name: 'NAME', value: 'a' }],
  });
  const names: string[] = [];
  for await (const { name } of engine.blobStore.list(container)) names.push(name);
  return { names, container, end };
}

const tree = 'mkdir -p d/e .h; touch a.txt b.txt .dot d/c.txt d/e/f.txt .h/g.txt "x*y" xzy';

describe('output files', () => {
  it.each<[string, string | undefined, string[]]>([
    ['a.txt', undefined, ['a.txt']],
    ['a.txt', 'sub/name', ['sub/name']],
    ['*.txt', undefined, ['a.txt', 'b.txt']],
    ['*.txt', 'sub', ['sub/a.txt', 'sub/b.txt']],
    ['d/*.txt', 'sub', ['sub/c.txt']],
    ['**/*.txt', undefined, ['a.txt', 'b.txt', 'd/c.txt', 'd/e/f.txt']],
    ['d/**', undefined, ['c.txt', 'e/f.txt']],
    ['**', undefined, ['a.txt', 'b.txt', 'd/c.txt', 'd/e/f.txt', 'x*y', 'xzy']],
    ['?.txt', undefined, ['a.txt', 'b.txt']],
    ['[!a].txt', undefined, ['b.txt']],
    ['[ab].txt', undefined, ['a.txt', 'b.txt']],
    ['.*', undefined, ['.dot']],
    ['.h/*', undefined, ['g.txt']],
    ['x[*]y', 'star', ['star']],
    ['x*y', undefined, ['x*y', 'xzy']],
    ['$NAME.txt', undefined, ['a.txt']],
    ['$AZ_BATCH_TASK_WORKING_DIR/d/c.txt', undefined, ['c.txt']],
    ['../std*.txt', undefined, ['stderr.txt', 'stdout.txt']],
    ['none*', undefined, []],
    ['none', undefined, []],
    ['d', undefined, []],
  ])('%s to %s', async (pattern, path, expected) => {
    const { names, end } = await upload(tree, pattern, path);
    expect(end).not.toHaveProperty('failure');
    expect(names).toEqual(expected);
  });

  it('carry what the task wrote', async () => {
    const { container } = await upload('echo hello', '../stdout.txt', 'log');
    expect(await text(await engine.blobStore.read(container, 'log'))).toBe('hello\n');
  });

  it.each<[Condition, number, number]>([
    ['tasksuccess', 0, 1],
    ['tasksuccess', 1, 0],
    ['taskfailure', 0, 0],
    ['taskfailure', 1, 1],
    ['taskcompletion', 0, 1],
    ['taskcompletion', 1, 1],
  ])('%s after exit code %i: %i files', async (condition, exitCode, count) => {
    const { names, end } = await upload(`touch a; exit ${exitCode}`, 'a', undefined, condition);
    expect(names).toHaveLength(count);
    expect(end).toMatchObject({ exitCode });
  });

  it.each([
    ['/etc/passwd'],
    ['../../../../../../../../../../etc/passwd'],
    ['$AZ_BATCH_NODE_ROOT_DIR/../*'],
  ])('%s is outside the node', async (pattern) => {
    const { end, names } = await upload('true', pattern);
    expect(end).toMatchObject({ exitCode: 0, failure: 'FileUploadMiscError' });
    expect(end.detail).toContain(pattern.replace(/^\$\w+/, engine.root()));
    expect(names).toEqual([]);
  });

  it('do not follow a symbolic link out of the node', async () => {
    const { end, names } = await upload('ln -s /etc/passwd link; ln -s /etc dir', '**');
    expect(end).toMatchObject({ exitCode: 0, failure: 'FileUploadAccessDenied' });
    expect(names).toEqual([]);
  });

  it('fail the run if the container is not there, and keep its exit code', async () => {
    const end = await engine.execute("sh -c 'touch a; exit 3'", {
      taskId: 'nocontainer',
      outputFiles: [
        {
          filePattern: 'a',
          destination: { container: { autoStorageContainerName: 'not-there' } },
          uploadOptions: { uploadCondition: 'taskcompletion' },
        },
      ],
    });
    expect(end).toMatchObject({ exitCode: 3, failure: 'FileUploadContainerNotFound' });
    expect(end.detail).toContain('not-there/a');
    const log = readFileSync(`${engine.taskDirectory('nocontainer')}/fileuploaderr.txt`, 'utf8');
    expect(log).toContain('not-there');
  });
});
