import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** The id in a file of a shell's id and start time. A file that is there need not be written yet. */
export async function processIdIn(file: string): Promise<number> {
  const until = performance.now() + 10_000;
  for (;;) {
    try {
      const written = /^(\d+) .*\n/.exec(readFileSync(file, 'utf8'))?.[1];
      if (written !== undefined) return Number(written);
    } catch {}
    if (performance.now() > until) throw new Error(`${file} has no process id`);
    await sleep(5);
  }
}

/** A zombie is not: some systems are slow to reap orphans. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(') ') + 2));
  } catch {
    return false;
  }
}

/** Command lines of all processes that contain `text`. */
export function processes(text: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      if (line.includes(text)) found.push(line);
    } catch {} // it has ended
  }
  return found;
}
