import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';

/** The engine refused a request. */
export class DockerError extends Error {
  override readonly name = 'DockerError';
  /** Of HTTP. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** There is no engine, or it does not answer. */
export class EngineAwayError extends Error {
  override readonly name = 'EngineAwayError';
}

/** Without an answer for so long an engine is away. */
const answerMs = 60_000;

/**
 * The API of a Docker engine, as far as it is needed here, over a socket or TCP. Paths have no version: what is used is
 * the same in all of them, and in Podman's.
 */
export class DockerApi {
  /** As DOCKER_HOST has it: `unix:///path` or `tcp://host:port`. */
  readonly address: string;
  readonly #target: { socketPath: string } | { host: string; port: number };

  constructor(address: string) {
    this.address = address;
    if (/^unix:\/\/\/./.test(address)) {
      this.#target = { socketPath: address.slice('unix://'.length) };
      return;
    }
    const url = /^(tcp|http):\/\//.test(address) ? new URL(address) : undefined;
    if (url === undefined || url.hostname === '') {
      throw new TypeError(
        `"${address}" is no address of a Docker engine: give unix:///path or tcp://host:port. One that is reached by ssh ` +
          'or TLS can be had through a forwarded socket (ssh -L).',
      );
    }
    this.#target = { host: url.hostname, port: Number(url.port || 2375) };
  }

  /** Whether it dies with this machine. */
  get isHere(): boolean {
    return 'socketPath' in this.#target;
  }

  /** Sends a request and reads the answer to its end. 304 (nothing to do) is fine. */
  async send(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await this.#request(method, path, body);
    const answer = await text(response);
    return answer === '' ? undefined : parsed(answer);
  }

  /** An answer of several JSON documents, one a line, which may take long. */
  async stream(path: string, onDocument: (document: unknown) => void): Promise<void> {
    const response = await this.#request('POST', path, undefined, false);
    response.setEncoding('utf8');
    let rest = '';
    for await (const piece of response) {
      const lines = (rest + String(piece)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') onDocument(parsed(line));
    }
    if (rest.trim() !== '') onDocument(parsed(rest));
  }

  /** A request whose connection becomes the two ways of a process. */
  async hijack(path: string, body: unknown): Promise<Duplex> {
    return await new Promise<Duplex>((resolve, reject) => {
      const sent = this.#prepare('POST', path, body, { Connection: 'Upgrade', Upgrade: 'tcp' });
      sent.req.on('upgrade', (_response, socket: Duplex, head: Buffer) => {
        sent.req.setTimeout(0);
        socket.on('error', () => {}); // its end says it
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      sent.req.on('response', (response: IncomingMessage) => {
        refusal(response).then(reject, reject);
      });
      sent.req.on('error', (error) => reject(this.#away(error)));
      sent.req.end(sent.text);
    });
  }

  async #request(
    method: string,
    path: string,
    body: unknown,
    isQuick = true,
  ): Promise<IncomingMessage> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const { req, text: sent } = this.#prepare(method, path, body, {});
      if (!isQuick) req.setTimeout(0);
      req.on('response', resolve);
      req.on('error', (error) => reject(this.#away(error)));
      req.end(sent);
    });
    if ((response.statusCode ?? 500) >= 400) throw await refusal(response);
    return response;
  }

  #prepare(method: string, path: string, body: unknown, headers: Record<string, string>) {
    const sent = body === undefined ? '' : JSON.stringify(body);
    const req = request({
      ...this.#target,
      method,
      path,
      agent: false,
      headers: {
        Host: 'docker',
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(sent)),
        ...headers,
      },
    });
    req.setTimeout(answerMs, () => req.destroy(new Error('no answer')));
    return { req, text: sent };
  }

  #away(error: NodeJS.ErrnoException): EngineAwayError {
    return new EngineAwayError(
      `The Docker engine at ${this.address} cannot be reached: ${error.message}. ${whatToDo(error.code)}`,
    );
  }
}

/** Where the engine is: what is given, DOCKER_HOST, or the usual socket. */
export function engineAddress(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const named = given ?? env['DOCKER_HOST'] ?? '';
  if (named === '') return 'unix:///var/run/docker.sock';
  return named.startsWith('/') ? `unix://${named}` : named;
}

function whatToDo(code: string | undefined): string {
  if (code === 'EACCES') {
    return 'Run as a user who may use it (on most systems a member of the group docker).';
  }
  return 'Start it, or say where it is (dockerHost or DOCKER_HOST).';
}

async function refusal(response: IncomingMessage): Promise<DockerError> {
  const said = parsed(await text(response));
  const message = fieldOf(said, 'message') ?? fieldOf(said, 'cause');
  return new DockerError(
    response.statusCode ?? 500,
    typeof message === 'string' ? message : `status ${response.statusCode}`,
  );
}

function parsed(answer: string): unknown {
  try {
    return JSON.parse(answer);
  } catch {
    return undefined;
  }
}

/** A field of what may be an object. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}
