/** Run as a process of its own: takes the lock of the directory that it is given, and lives until its input ends. */
import { acquireStateLock } from '../src/index.ts';

const [, , directory = ''] = process.argv;
try {
  await acquireStateLock(directory);
  console.log('held');
} catch (error) {
  console.log((error as { code?: string }).code ?? String(error));
}
process.stdin.resume();
