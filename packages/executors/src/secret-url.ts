import { secretHandlesIn, withSecrets } from '@berth/core';
import type { Secrets } from '@berth/storage';
import { RunFailure } from './run-failure.ts';

/** What a resource file's URL asks for, with its secrets: for the request only. */
export interface HttpRequest {
  url: string;
  headers: Record<string, string>;
  /** The same for people: without a query, and without what stands before the host. */
  shown: string;
  /** What somebody else says of the request, unless it repeats a secret. */
  conceal(message: string): string;
}

/**
 * A text as it was given, with the secrets in place of their handles: the data of a certificate, its password, a URL.
 * It must go into no log, report or event.
 * @throws BatchError of the secret store
 */
export async function revealSecrets(text: string, secrets: Secrets): Promise<string> {
  const values = await valuesOf(text, secrets);
  return withSecrets(text, (handle) => values.get(handle) ?? '');
}

/** The same of a URL. */
export const revealUrl: typeof revealSecrets = revealSecrets;

export async function httpRequest(httpUrl: string, secrets: Secrets): Promise<HttpRequest> {
  const values = await valuesOf(httpUrl, secrets);
  const given = withSecrets(httpUrl, (handle) => values.get(handle) ?? '');
  const shown = httpUrl.replace(/[?#].*$/s, '').replace(/\/\/.*@/s, '//');
  // A message of URL itself would repeat it.
  if (!URL.canParse(given)) throw new RunFailure('BlobDownloadMiscError', `No URL: ${shown}`);
  const url = new URL(given);
  const headers = basicAuthorization(url);
  const hidden = [...values.values(), url.search, url.username, url.password];
  // fetch refuses a URL that has them.
  url.username = '';
  url.password = '';
  const conceal = (message: string): string =>
    hidden.some((secret) => secret !== '' && message.includes(secret))
      ? 'the request failed'
      : message;
  return { url: url.href, headers, shown, conceal };
}

async function valuesOf(httpUrl: string, secrets: Secrets): Promise<Map<string, string>> {
  const values = new Map<string, string>();
  for (const handle of secretHandlesIn(httpUrl)) {
    if (!values.has(handle)) values.set(handle, await secrets.get(handle));
  }
  return values;
}

function basicAuthorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decoded(username)}:${decoded(password)}`;
  return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** A URL escapes what it cannot have there; a `%` that escapes nothing stands for itself. */
function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) =>
    Buffer.from(escaped.replaceAll('%', ''), 'hex').toString('utf8'),
  );
}
