import { secretMark } from '../secret-mark.ts';
import { readTemplate } from '../task-factory.ts';

/** Keeps a secret where it is safe, and gives back a handle for it. */
export type Seal = (secret: string) => string;

const form = /^(https?:\/\/)(?:([^/\\?#]*)@)?([^?#]*)(?:([?#])(.*))?$/is;

/**
 * What signatures, keys and the like are called in queries: by Azure (`sig`, `code`), Amazon and Google
 * (`X-Amz-Signature`, `X-Goog-Signature`) and others. To seal too much does no harm.
 */
const secretName =
  /^(?:sig|sas|code|key|pwd|pass|jwt|auth)$|signature|token|secret|passw|credential|authorization|(?:api|access|account|auth)[-_.]?key/i;

/** Whether a URL carries what nobody else may read: a name or password before the host, or a signature. */
export function hasSecret(url: string): boolean {
  const [, , userInfo, , , tail] = form.exec(url) ?? [];
  return (userInfo ?? '') !== '' || isSigned(tail ?? '');
}

/**
 * The URL with marks in place of what is secret. That is all that stands before the host (a token may stand in the
 * place of a user's name), and the whole query where one of its parameters is a signature or the like. Scheme, host
 * and path stay readable.
 */
export function sealUrl(url: string, seal: Seal): string {
  return sealParts(url, (part) => secretMark(seal(part)));
}

/** The same for a factory's template: placeholders stay, so that each task has its own values in their places. */
export function sealUrlTemplate(url: string, seal: Seal): string {
  return sealParts(url, (part) => {
    let sealed = '';
    let secret = '';
    const sealSecret = (): void => {
      if (secret !== '') sealed += secretMark(seal(secret));
      secret = '';
    };
    for (const piece of readTemplate(part)) {
      if (typeof piece === 'string') {
        secret += piece;
        continue;
      }
      sealSecret();
      sealed += `{${piece.set}:${piece.width}}`;
    }
    sealSecret();
    return sealed;
  });
}

function sealParts(url: string, sealPart: (part: string) => string): string {
  const [, scheme = '', userInfo = '', place = '', separator = '', tail = ''] =
    form.exec(url) ?? [];
  const before = userInfo === '' ? '' : `${sealPart(userInfo)}@`;
  return scheme + before + place + separator + (isSigned(tail) ? sealPart(tail) : tail);
}

function isSigned(tail: string): boolean {
  return tail.split(/[?&;#]/).some((parameter) => {
    const [name = '', value] = parameter.split('=', 2);
    return value !== undefined && secretName.test(decoded(name));
  });
}

/** As a server reads it. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
