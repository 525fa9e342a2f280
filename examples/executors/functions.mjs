// What the worker executor runs when its contract is tested.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export const exit = (code) => Number(code);
export const mark = (file) => appendFileSync(decodeURI(file), 'x\n');
export const exitLater = (afterMs, code) => sleep(Number(afterMs), Number(code));
export async function beat(file) {
  for (;;) {
    mark(file);
    await sleep(20);
  }
}
