import { setTimeout as sleep } from 'node:timers/promises';
import type { HostFiles } from './host.ts';

/**
 * The first, and those that an engine took to be sure (runner-script.ts). `step`: what is claimed, the run or the command
 * of a multi-instance task in it.
 */
export function claimName(
  run: number,
  sequence: number,
  issue: number,
  step: 'run' | 'primary' = 'run',
): string {
  const name = step === 'run' ? `${run}-${sequence}` : `${run}-${sequence}.primary`;
  return issue === 1 ? name : `${name}.${issue}`;
}

/** Who has a run: nobody, and it may be started as `issue`; a slot shell; or nobody ever will. */
export type Holder =
  | { by: 'nobody'; issue: number }
  | { by: 'slot'; issue: number; slot: number; pid: number }
  | { by: 'never' };

/**
 * Asks who has a run that an earlier engine may have started. Where nobody has it a start may still be on
 * its way to a shell, so the claim is taken, and the answer holds for ever.
 */
export async function findHolder(
  files: HostFiles,
  directory: string,
  of: { run: number; sequence: number; step: 'run' | 'primary'; wanted: boolean },
): Promise<Holder> {
  if (!(await files.exists(directory))) {
    return of.wanted ? { by: 'nobody', issue: 1 } : { by: 'never' };
  }
  let issue = 1;
  for (let looks = 0; ; looks++) {
    const claim = `${directory}/${claimName(of.run, of.sequence, issue, of.step)}.run`;
    const holder = (await files.read(claim))?.toString('latin1').trim();
    if (holder === undefined) {
      if (!(await files.create(claim, of.wanted ? 'next\n' : '-\n'))) continue; // somebody was faster
      return of.wanted ? { by: 'nobody', issue: issue + 1 } : { by: 'never' };
    }
    if (holder === 'next') {
      issue++;
    } else if (holder === '-') {
      return { by: 'never' };
    } else if (holder === '' && looks < 100) {
      await sleep(10); // being written
    } else {
      const [slot = -1, pid = -1] = holder.split(' ').map(Number);
      return { by: 'slot', issue, slot, pid };
    }
  }
}
