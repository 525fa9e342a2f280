import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FaultyProxy {
  endpoint: string;
  /** Requests that it has failed. */
  readonly failed: number;
  /** What the server behind it has answered. */
  readonly answers: readonly { url: string; status: number }[];
  stop(): Promise<void>;
}

/**
 * Between a client and a server: the n-th request gets HTTP 503 instead of an answer if `fails(n, before)` holds; `before` is how
 * often the same was asked before.
 */
export async function startFaultyProxy(
  endpoint: string,
  fails: (n: number, before: number) => boolean,
): Promise<FaultyProxy> {
  const behind = new URL(endpoint);
  let asked = 0;
  let failed = 0;
  const answers: { url: string; status: number }[] = [];
  const tries = new Map<string, number>();
  const server = createServer((incoming, answer) => {
    const { method, url, headers } = incoming;
    const what = [method, url, headers['x-ms-range'], headers.range].join(' ');
    const before = tries.get(what) ?? 0;
    tries.set(what, before + 1);
    if (fails(asked++, before)) {
      failed++;
      incoming.resume();
      answer.writeHead(503, { 'x-ms-error-code': 'ServerBusy' }).end();
      return;
    }
    const passed = request(
      { host: behind.hostname, port: behind.port, method, path: url, headers },
      (response) => {
        answers.push({ url: url ?? '', status: response.statusCode ?? 0 });
        answer.writeHead(response.statusCode ?? 500, response.rawHeaders);
        response.pipe(answer);
      },
    );
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // An address of a listening server has a port.
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}${behind.pathname}`,
    answers,
    get failed() {
      return failed;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
