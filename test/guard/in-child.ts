import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/**
 * What a program of this directory finds out, in a Node of its own with the given flags: what it prints, as
 * JSON. It runs on the sources, as everything in development does.
 */
export async function inChild<Found>(
  program: string,
  input: unknown,
  flags: readonly string[],
): Promise<Found> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const onSources = ['--conditions=@berth/source', '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...flags, ...onSources, file, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // What vitest or a user sets for Node would be measured with it.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const printed = await text(child.stdout);
  const code = await ended;
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return JSON.parse(printed) as Found;
}
