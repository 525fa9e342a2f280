import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { root } from './documents.ts';

// What the README tells its reader to type, on a copy of the example, whose results go beside it.

test('the hello job file runs, prints the sum, runs again, and is simulated', {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'berth-hello-'));
  try {
    cpSync(join(root, 'examples/hello'), join(folder, 'examples/hello'), { recursive: true });
    const berth = async (command: string, ...options: string[]): Promise<string> => {
      const script = join(root, 'scripts/run.mjs');
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [script, 'berth', command, 'examples/hello/hello.yaml', ...options],
        { cwd: folder },
      );
      return stdout;
    };
    const first = await berth('run');
    expect(first).toContain('job hello: completed (AllTasksComplete)');
    expect(first).toMatch(/^9 +9 +0 +0$/m);
    const result = join(folder, '.berth/hello-results/sum.txt');
    expect(first.endsWith(`\n${result}\n\n204\n`)).toBe(true);
    expect(readFileSync(result, 'utf8')).toBe('204\n');

    expect(await berth('run')).toMatch(/^9 +9 +0 +0$/m);
    const simulated = await berth('simulate', '--nodes', '4', '--slots', '1');
    expect(simulated).toMatch(/^makespan +65\.000 s$/m);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
