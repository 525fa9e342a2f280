import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '@berth/core';
import { localExecutor, perRun, revealUrl } from '@berth/executors';
import { FileSecretStore, SecretGroup } from '@berth/storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpRequest } from '../src/secret-url.ts';
import { ScriptedEngine } from './scripted-effects.ts';

const signature = 'sv=2020-08-04&sig=aGk%3Dsecret';
const credentials = `Basic ${Buffer.from('me:pä@ss').toString('base64')}`;

let engine: ScriptedEngine;
let server: Server;
let host = '';
const asked: string[] = [];
let elsewhere = '';
beforeAll(async () => {
  engine = await new ScriptedEngine(localExecutor()).open();
  await engine.node();
  // What is signed is given to whom has the signature or the password, and to nobody else.
  server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://h');
    asked.push(`${request.headers.host}${request.url} ${request.headers.authorization ?? ''}`);
    if (pathname === '/moved') {
      response.writeHead(302, { location: `${elsewhere}/file` }).end();
      return;
    }
    const signed = search === `?${signature}` || request.headers.authorization === credentials;
    response.statusCode = signed ? 200 : 403;
    response.end(signed ? 'for those who may' : signature);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  host = `127.0.0.1:${port}`;
  elsewhere = `http://localhost:${port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await engine.dispose();
});

async function handleOf(secret: string): Promise<string> {
  const group = new SecretGroup();
  const handle = group.seal(secret);
  await engine.secrets.put(group);
  return `<secret:${handle}>`;
}

async function fetched(httpUrl: string): Promise<Extract<Report, { exitCode?: number }>> {
  return await engine.execute("grep -q 'for those who may' f", {
    resourceFiles: [{ httpUrl, filePath: 'f' }],
  });
}

describe('a resource file whose URL has a secret', () => {
  it('is fetched with the signature', async () => {
    expect(await fetched(`http://${host}/file?${await handleOf(signature)}`)).toMatchObject({
      exitCode: 0,
    });
  });

  it('is fetched with the signature in pieces', async () => {
    const [before, after] = [signature.slice(0, 6), signature.slice(7)];
    const query = `${await handleOf(before)}${signature[6]}${await handleOf(after)}`;
    expect(await fetched(`http://${host}/file?${query}`)).toMatchObject({ exitCode: 0 });
  });

  it('is fetched with name and password', async () => {
    const userInfo = await handleOf('me:p%C3%A4%40ss');
    expect(await fetched(`http://${userInfo}@${host}/file`)).toMatchObject({ exitCode: 0 });
  });

  it('sends the password nowhere else', async () => {
    const userInfo = await handleOf('me:p%C3%A4%40ss');
    asked.length = 0;
    expect(await fetched(`http://${userInfo}@${host}/moved`)).toMatchObject({
      failure: 'BlobAccessDenied',
    });
    expect(asked).toEqual([`${host}/moved ${credentials}`, `${elsewhere.slice(7)}/file `]);
  });

  it.each<[string, string, (secret: string) => string]>([
    ['BlobAccessDenied', 'sig=other-secret', (secret) => `http://${host}/file?${secret}`],
    ['BlobAccessDenied', 'me:other-secret', (secret) => `http://${secret}@${host}/file`],
    ['BlobDownloadMiscError', 'me:other-secret', (secret) => `http://${secret}@127.0.0.1:1/file`],
    ['BlobDownloadMiscError', 'sig=other-secret', (secret) => `http://127.0.0.1:1/f?${secret}`],
    ['BlobDownloadMiscError', 'sig=other-secret', (secret) => `http://127.0.0.1:99999/?${secret}`],
    ['BlobDownloadMiscError', 'sig=other-secret', (secret) => `http://[/?${secret}`],
    ['BlobDownloadMiscError', 'sig=other-secret', (secret) => `http://127.0.0.1:6000/?${secret}`],
  ])('%s does not tell it (%#)', async (failure, secret, urlOf) => {
    const end = await fetched(urlOf(await handleOf(secret)));
    expect(end).toMatchObject({ failure });
    expect(JSON.stringify(end)).not.toContain('other-secret');
    expect(JSON.stringify(engine.warnings)).not.toContain('other-secret');
  });

  it('fails where the secret is not there any more', async () => {
    const end = await fetched(`http://${host}/file?<secret:none.0>`);
    expect(end).toMatchObject({ failure: 'BlobDownloadMiscError' });
    expect(end).toHaveProperty('detail', expect.stringContaining('no secret none.0'));
  });
});

it('what others say of a request is not repeated if it has the secret', async () => {
  const { conceal, shown } = await httpRequest('http://u:pass@h/?<secret:a.0>', {
    get: async () => 'sig=x',
  });
  expect(shown).toBe('http://h/');
  expect(conceal('no answer')).toBe('no answer');
  for (const message of ['bad sig=x', 'pass?', 'at ?sig=x']) {
    expect(conceal(message)).toBe('the request failed');
  }
});

it('a function that runs tasks can reveal the URL', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-secrets-'));
  const urls: string[] = [];
  const own = new ScriptedEngine(
    perRun(async ({ resourceFiles }, _signal, { secrets }) => {
      for (const file of resourceFiles) {
        if ('httpUrl' in file) urls.push(await revealUrl(file.httpUrl, secrets));
      }
    }),
    directory,
  );
  const group = new SecretGroup();
  const handle = group.seal('me:pass');
  await new FileSecretStore(join(directory, 'secrets')).put(group);
  await own.secrets.open([handle]);
  await own.open();
  await own.node();
  const httpUrl = `https://<secret:${handle}>@a.example/b`;
  await own.execute('x', { resourceFiles: [{ httpUrl, filePath: 'f' }] });
  expect(urls).toEqual(['https://me:pass@a.example/b']);
  await own.dispose();
  await rm(directory, { recursive: true, force: true });
});
