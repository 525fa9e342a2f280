import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { codeOf } from './errno.ts';

const execFileAsync = promisify(execFile);

/**
 * When the process started, in a form that no other process with the same pid ever has: with `/proc`, the boot and the
 * ticks since it; elsewhere what `ps` says. Undefined when no such process runs, `unknown` when that cannot be told.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (!isAlive(pid)) return undefined;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  if (boot === undefined) return await startByPs(pid);
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // /proc can be mounted so that others' processes do not show.
  if (status === undefined) return isAlive(pid) ? 'unknown' : undefined;
  // Field 2, the program's name, may have spaces and parentheses in it; field 3 is the state, field 22 the start.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
  return hasEnded ? undefined : `${boot.trim()} ${fields[19] ?? ''}`;
}

async function startByPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await execFileAsync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
    return stdout.trim() || undefined;
  } catch {
    return isAlive(pid) ? 'unknown' : undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, for another user.
    return codeOf(error) === 'EPERM';
  }
}

/** Undefined when it cannot be read. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    .catch(async () => {
      const { stdout } = await execFileAsync('ps', ['-o', 'command=', '-p', String(pid)]);
      return stdout;
    })
    .catch(() => '');
  return raw.replaceAll('\0', ' ').trim() || undefined;
}
