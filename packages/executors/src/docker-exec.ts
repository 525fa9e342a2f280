import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerApi } from './docker-api.ts';
import { DockerError, EngineAwayError, fieldOf } from './docker-api.ts';
import { HostLostError } from './host.ts';
import type { Transfer } from './remote-files.ts';
import type { ChannelOpener } from './shell-channel.ts';

/** The end of a process may be known a little later than that of its output. */
const exitMs = 5_000;
const standardOutput = 1;

/** A shell in a container that is running. */
export function execChannel(api: DockerApi, container: string, shell: string): ChannelOpener {
  return async (onOutput, onErrors) => {
    const { socket } = await start(api, container, [shell], true);
    const ended = (async () => {
      try {
        for await (const { stream, data } of frames(socket)) {
          if (stream === standardOutput) onOutput(data);
          else onErrors(data);
        }
      } catch {} // cut off is as good as ended
      return 'the container, the engine, or its shell there is gone';
    })();
    return {
      ended,
      write: (text, written) => socket.write(text, () => written?.()),
      end: () => socket.end(),
      kill: () => socket.destroy(),
      dispose: () => socket.destroy(),
    };
  };
}

/** Runs scripts beside the shell, each in a process of its own, its ends being local files. */
export function execTransfer(
  api: DockerApi,
  container: string,
  shell: string,
  path: string,
): Transfer {
  const transfer: Transfer = async (script, { input, output, errors }) => {
    const command = [shell, '-c', `PATH='${path}'; export PATH; LC_ALL=C; umask 022\n${script}`];
    const { id, socket } = await start(api, container, command, input !== undefined);
    const out = output === undefined ? undefined : createWriteStream(output);
    const err = createWriteStream(errors);
    try {
      const sent = input === undefined ? undefined : send(input, socket);
      for await (const { stream, data } of frames(socket)) {
        const to = stream === standardOutput ? out : err;
        if (to?.write(data) === false) await once(to, 'drain');
      }
      await sent;
    } finally {
      socket.destroy();
      for (const file of [out, err]) {
        if (file !== undefined) await new Promise<void>((resolve) => file.end(() => resolve()));
      }
    }
    for (const file of [out, err]) if (file?.errored) throw file.errored;
    return await exitCodeOf(api, id);
  };
  return async (script, ends) => {
    try {
      return await transfer(script, ends);
    } catch (error) {
      if (error instanceof DockerError || error instanceof EngineAwayError) {
        throw new HostLostError(error.message);
      }
      throw error;
    }
  };
}

/** Runs a program in a container to its end. */
export async function execute(
  api: DockerApi,
  container: string,
  command: readonly string[],
): Promise<{ status: number; output: string }> {
  const { id, socket } = await start(api, container, command, false);
  const pieces: Buffer[] = [];
  for await (const { data } of frames(socket)) pieces.push(data);
  return { status: await exitCodeOf(api, id), output: Buffer.concat(pieces).toString('utf8') };
}

async function start(
  api: DockerApi,
  container: string,
  command: readonly string[],
  hasInput: boolean,
): Promise<{ id: string; socket: Duplex }> {
  const made = await api.send('POST', `/containers/${container}/exec`, {
    AttachStdin: hasInput,
    AttachStdout: true,
    AttachStderr: true,
    Cmd: command,
  });
  const id = String(fieldOf(made, 'Id'));
  const socket = await api.hijack(`/exec/${id}/start`, { Detach: false, Tty: false });
  return { id, socket };
}

/** The end of the file is the end of the program's input; a program that does not read it all is its own business. */
async function send(file: string, socket: Duplex): Promise<void> {
  for await (const piece of createReadStream(file)) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) {
      await new Promise<void>((resolve) => {
        const go = (): void => {
          socket.off('drain', go).off('close', go);
          resolve();
        };
        socket.on('drain', go).on('close', go);
      });
    }
  }
  socket.end();
}

async function exitCodeOf(api: DockerApi, exec: string): Promise<number> {
  const deadline = performance.now() + exitMs;
  for (;;) {
    const state = await api.send('GET', `/exec/${exec}/json`);
    const code = fieldOf(state, 'ExitCode');
    if (fieldOf(state, 'Running') !== true && typeof code === 'number') return code;
    if (performance.now() > deadline) throw new Error('A program in a container has not ended.');
    await sleep(10);
  }
}

interface Frame {
  stream: number;
  data: Buffer;
}

/** Output and errors come over one connection in frames: stream, three zeros, length, content. */
async function* frames(socket: Duplex): AsyncGenerator<Frame> {
  let unread: Buffer = Buffer.alloc(0);
  let stream = 0;
  let missing = 0;
  for await (const piece of socket) {
    const come = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece), 'latin1');
    unread = unread.length === 0 ? come : Buffer.concat([unread, come]);
    for (;;) {
      if (missing === 0) {
        if (unread.length < 8) break;
        stream = unread.readUInt8(0);
        missing = unread.readUInt32BE(4);
        unread = unread.subarray(8);
      }
      if (unread.length === 0) break;
      const data = unread.subarray(0, missing);
      unread = unread.subarray(data.length);
      missing -= data.length;
      yield { stream, data };
    }
  }
}
