import { posix } from 'node:path';
import type { FailureCode, OutputFile } from '@berth/core';
import type { ContainerStores } from './container-stores.ts';
import { expandVariables, literalName, nameMatcher } from './file-pattern.ts';
import type { Host } from './host.ts';
import { EscapeError } from './host.ts';
import type { NodeTransfers } from './node-transfers.ts';
import { accessDenied, codeOf, messageOf, RunFailure } from './run-failure.ts';

/**
 * Uploads what a run's output files ask for after its end (semantics §5). What was done stands in
 * `fileuploadout.txt` of the task directory. The first error ends it: a {@link RunFailure}.
 */
export async function uploadOutputFiles(
  outputFiles: readonly OutputFile[],
  succeeded: boolean,
  options: {
    host: Host;
    taskDirectory: string;
    variables: ReadonlyMap<string, string>;
    transfers: NodeTransfers;
    stores: ContainerStores;
    signal: AbortSignal;
  },
): Promise<void> {
  const { host, taskDirectory, transfers, stores, signal } = options;
  const log: string[] = [];
  try {
    for (const output of outputFiles) {
      const { uploadCondition } = output.uploadOptions;
      if (uploadCondition === 'tasksuccess' && !succeeded) continue;
      if (uploadCondition === 'taskfailure' && succeeded) continue;
      const { path } = output.destination.container;
      const { store, container, shown } = await stores.containerOf(output.destination.container);
      const pattern = expandVariables(output.filePattern, options.variables);
      const { base, parts, fixed } = splitPattern(pattern, `${taskDirectory}/wd`, host.root);
      for await (const file of matches(host, base, parts, signal)) {
        const name = posix.relative(base, file);
        const blob = path === undefined ? name : fixed ? path : posix.join(path, name);
        try {
          await transfers.run(
            () => host.files.get(file, (local) => store.upload(container, blob, local, { signal })),
            signal,
          );
        } catch (error) {
          throw failureOf(error, `${file} to ${shown}/${blob}`);
        }
        log.push(`${file} -> ${shown}/${blob}\n`);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    const failure = error instanceof RunFailure ? error : failureOf(error, taskDirectory);
    await host.files
      .write(`${taskDirectory}/fileuploaderr.txt`, `${failure.message}\n`)
      .catch(noop);
    throw failure;
  } finally {
    await host.files.write(`${taskDirectory}/fileuploadout.txt`, log.join('')).catch(noop);
  }
}

function noop(): void {}

/** The directory before the first name with a wildcard, and the names from there on. */
function splitPattern(
  pattern: string,
  workingDirectory: string,
  root: string,
): { base: string; parts: string[]; fixed: boolean } {
  const parts = posix.resolve(workingDirectory, pattern).split('/').slice(1);
  let first = parts.findIndex((part) => literalName(part) === undefined);
  const fixed = first < 0;
  // Without a wildcard the last name is the file's.
  if (fixed) first = parts.length - 1;
  const before = parts.slice(0, first).map((part) => literalName(part) ?? part);
  const base = `/${before.join('/')}`;
  if (`${base}/`.startsWith(`${root}/`)) return { base, parts: parts.slice(first), fixed };
  throw new RunFailure(
    'FileUploadMiscError',
    `filePattern ${pattern} leads out of the node's directory ${root}.`,
  );
}

async function* matches(
  host: Host,
  directory: string,
  parts: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  const [part, ...rest] = parts;
  if (part === undefined) return;
  const matcher = nameMatcher(part);
  const entries = await host.files.list(directory);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (matcher === undefined) {
    // `**`: here, and in every directory below that does not hide. At the end it takes all files.
    yield* matches(host, directory, rest.length === 0 ? ['*'] : rest, signal);
    for (const { name, type } of entries) {
      if (type === 'directory' && !name.startsWith('.')) {
        yield* matches(host, `${directory}/${name}`, parts, signal);
      }
    }
    return;
  }
  for (const { name, type } of entries) {
    if (!matcher.test(name)) continue;
    if (rest.length === 0) {
      if (type === 'file') yield `${directory}/${name}`;
    } else if (type === 'directory') {
      yield* matches(host, `${directory}/${name}`, rest, signal);
    }
  }
}

function failureOf(error: unknown, what: string): RunFailure {
  const code = codeOf(error);
  let failure: FailureCode = 'FileUploadMiscError';
  if (code === 'ContainerNotFound') failure = 'FileUploadContainerNotFound';
  else if (code !== undefined && accessDenied.has(code)) failure = 'FileUploadAccessDenied';
  else if (error instanceof EscapeError) failure = 'FileUploadAccessDenied';
  return new RunFailure(failure, `${messageOf(error)}; ${what}`);
}
