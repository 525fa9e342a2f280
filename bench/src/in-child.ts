import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/**
 * What a program finds out in a Node of its own with the given flags: the last line that it prints, as JSON.
 * It runs on the sources, as everything in development does, and gets its input as JSON in its argument.
 * `dies`: it ends by killing itself.
 */
export async function inChild<Found>(
  program: URL,
  input: unknown,
  flags: readonly string[] = [],
  { dies = false }: { dies?: boolean } = {},
): Promise<Found> {
  const file = fileURLToPath(program);
  const onSources = ['--conditions=@berth/source', '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...flags, ...onSources, file, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What vitest or a user sets for Node would be measured with it.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? String(code)));
  });
  // Who ends this process ends what it has started.
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  const printed = await text(child.stdout);
  const end = await ended;
  process.off('exit', kill);
  const name = program.pathname.replace(/.*\//, '');
  if (dies && end === 'SIGKILL' && printed !== '') return lastLine(printed);
  if (end === 'SIGKILL') throw new Error(`${name} was killed: too little memory?`);
  if (end !== '0') throw new Error(`${name} ended with ${end}`);
  return lastLine(printed);
}

function lastLine<Found>(printed: string): Found {
  return JSON.parse(printed.trimEnd().split('\n').at(-1) ?? '') as Found;
}

/** The input of a program that {@link inChild} runs. */
export function childInput<Input>(): Input {
  return JSON.parse(process.argv[2] ?? 'null') as Input;
}
