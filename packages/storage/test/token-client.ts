import { text } from 'node:stream/consumers';
import { AzureBlobStore } from '../src/index.ts';

const [endpoint = ''] = process.argv.slice(2);

/** What Azurite looks at of a token; it does not check who has signed it. */
function token(audience: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: audience,
    iss: 'https://sts.windows.net/00000000-0000-0000-0000-000000000000/',
    iat: now - 60,
    nbf: now - 60,
    exp: now + 3_600,
  };
  const parts = [{ typ: 'JWT', alg: 'RS256' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return `${parts.join('.')}.c2lnbmF0dXJl`;
}

function storeWith(audience: string): AzureBlobStore {
  const getToken = async (): Promise<{ token: string; expiresOnTimestamp: number }> => ({
    token: token(audience),
    expiresOnTimestamp: Date.now() + 3_600_000,
  });
  return new AzureBlobStore(
    { accountName: 'berthtest', endpoint, tokenCredential: { getToken } },
    { retries: { maxTries: 1 } },
  );
}

const store = storeWith('https://storage.azure.com');
await store.createContainer('box');
await store.write('box', 'a', 'content');
const read = await text(await store.read('box', 'a'));
const wrong = await storeWith('https://elsewhere.example')
  .read('box', 'a')
  .catch((error: { code?: string }) => error.code);
process.stdout.write(JSON.stringify({ read, wrong }));
