import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { ResourceFile } from '@berth/core';
import { localExecutor } from '@berth/executors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDetails, ScriptedEngine } from './scripted-effects.ts';

let engine: ScriptedEngine;
let server: Server;
let base = '';
beforeAll(async () => {
  engine = await new ScriptedEngine(localExecutor()).open();
  await engine.node();
  await engine.blobStore.createContainer('input');
  await engine.blobStore.createContainer('empty');
  for (const name of ['a.txt', 'data/b.txt', 'data/deep/c.txt', 'other/d.txt']) {
    await engine.blobStore.write('input', name, name);
  }
  server = createServer((request, response) => {
    if (request.url === '/slow') return;
    response.statusCode = Number(request.url?.slice(1, 4)) || 200;
    response.end('over http');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await engine.dispose();
});

let serial = 0;
async function stage(...resourceFiles: ResourceFile[]): Promise<{
  wd: string;
  files: string[];
  end: Awaited<ReturnType<ScriptedEngine['execute']>>;
}> {
  const taskId = `stage${serial++}`;
  const end = await engine.execute('touch ran', { taskId, resourceFiles });
  const wd = join(engine.taskDirectory(taskId), 'wd');
  const files = readdirSync(wd, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(wd.length + 1));
  return { wd, files: files.sort(), end };
}

describe('resource files', () => {
  it('come from a container, with their paths', async () => {
    const { files, wd, end } = await stage({ autoStorageContainerName: 'input' });
    expect(end).toMatchObject({ exitCode: 0 });
    expect(files).toEqual(['a.txt', 'data/b.txt', 'data/deep/c.txt', 'other/d.txt', 'ran']);
    expect(readFileSync(join(wd, 'data/deep/c.txt'), 'utf8')).toBe('data/deep/c.txt');
    expect(statSync(join(wd, 'a.txt')).mode & 0o777).toBe(0o770);
  });

  it('are chosen by prefix, go below filePath and get fileMode', async () => {
    const { files, wd } = await stage({
      autoStorageContainerName: 'input',
      blobPrefix: 'data/',
      filePath: 'x/y',
      fileMode: '0640',
    });
    expect(files).toEqual(['ran', 'x/y/data/b.txt', 'x/y/data/deep/c.txt']);
    expect(statSync(join(wd, 'x/y/data/b.txt')).mode & 0o777).toBe(0o640);
  });

  it('come over HTTP', async () => {
    const file = { httpUrl: `${base}/200?sig=secret`, filePath: 'h/file', fileMode: '0755' };
    const { files, wd } = await stage(file);
    expect(files).toEqual(['h/file', 'ran']);
    expect(readFileSync(join(wd, 'h/file'), 'utf8')).toBe('over http');
    expect(statSync(join(wd, 'h/file')).mode & 0o777).toBe(0o755);
  });

  it('with the same target: the later stays', async () => {
    const { wd } = await stage(
      { autoStorageContainerName: 'input', blobPrefix: 'a.txt' },
      { httpUrl: `${base}/200`, filePath: 'a.txt' },
    );
    expect(readFileSync(join(wd, 'a.txt'), 'utf8')).toBe('over http');
  });

  it.each<[string, () => ResourceFile, string]>([
    ['BlobNotFound', () => ({ autoStorageContainerName: 'no-such' }), 'no-such'],
    ['BlobNotFound', () => ({ autoStorageContainerName: 'empty', filePath: 'f' }), 'FilePath: f'],
    ['BlobNotFound', () => ({ autoStorageContainerName: 'input', blobPrefix: 'zz' }), '"zz"'],
    ['BlobNotFound', () => ({ httpUrl: `${base}/404?sig=s`, filePath: 'f' }), 'FilePath: f'],
    ['BlobAccessDenied', () => ({ httpUrl: `${base}/403`, filePath: 'f' }), 'FilePath: f'],
    ['BlobDownloadMiscError', () => ({ httpUrl: `${base}/500`, filePath: 'f' }), 'HTTP 500'],
    ['BlobDownloadMiscError', () => ({ httpUrl: 'http://127.0.0.1:1/', filePath: 'f' }), ': f'],
    ['ResourceFileCreateFailed', () => ({ httpUrl: base, filePath: '../f' }), 'FilePath: ../f'],
    ['ResourceFileCreateFailed', () => ({ httpUrl: base, filePath: 'a/../../f' }), 'FilePath: a'],
    ['ResourceFileCreateFailed', () => ({ httpUrl: base, filePath: '/tmp/f' }), 'FilePath: /tmp/f'],
    ['ResourceFileCreateFailed', () => ({ httpUrl: base, filePath: '.' }), 'FilePath: .'],
    ['ResourceFileCreateFailed', () => ({ httpUrl: base, filePath: 'f', fileMode: '9' }), '"9"'],
    [
      'ResourceFileCreateFailed',
      () => ({ autoStorageContainerName: 'input', filePath: '../x' }),
      'FilePath: ../x',
    ],
  ])('%s without a launch (%#)', async (failure, file, detail) => {
    const { end, files } = await stage(file());
    expect(end).toMatchObject({ failure });
    expect(end.exitCode).toBeUndefined();
    expect(end.detail).toContain(detail);
    expect(end.detail).not.toContain('sig=');
    expect(files).toEqual([]);
  });

  it('do not follow a symbolic link that the task left in an earlier attempt', async () => {
    const target = join(engine.root(), 'shared', 'elsewhere');
    const script = `mkdir "${target}"; rm -rf ../wd; ln -s "${target}" ../wd; ln -s "${target}" ../../link`;
    engine.start(runDetails(`sh -c '${script}'`, { taskId: 'linked' }), 1);
    await engine.end(1);
    const resourceFiles = [{ autoStorageContainerName: 'input', blobPrefix: 'a.txt' }];
    engine.start(runDetails('true', { taskId: 'linked', resourceFiles }), 2);
    expect(await engine.end(2)).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(target, 'a.txt'))).toBe(false);
    expect(readFileSync(join(engine.taskDirectory('linked'), 'wd', 'a.txt'), 'utf8')).toBe('a.txt');
    engine.start(runDetails('true', { taskId: 'link', resourceFiles }), 3);
    await engine.end(3);
    expect(readdirSync(target)).toEqual([]);
  });

  it('are refused where the directory of a job has become a symbolic link', async () => {
    await engine.execute("sh -c 'rm -rf ../../../../away; ln -s /tmp ../../../../away'", {
      jobId: 'j',
    });
    const resourceFiles = [{ autoStorageContainerName: 'input', blobPrefix: 'a.txt' }];
    const end = await engine.execute('true', { jobId: 'away', resourceFiles });
    expect(end).toMatchObject({ failure: 'ResourceFileCreateFailed' });
  });
});
