import { expect, it } from 'vitest';
import type { Host } from '../src/host.ts';
import { NodeShell } from '../src/node-shell.ts';

/** Every script takes until `done`; only process `alive` lives. */
function scriptedHost(pidFile: { content: string }, alive: number) {
  let done = (): void => {};
  const host = {
    root: '/node',
    shell: '/bin/sh',
    files: { read: async () => Buffer.from(pidFile.content) },
    run: () =>
      new Promise<number>((resolve) => {
        done = () => resolve(0);
      }),
    openPipe: () => ({ write() {}, close() {} }),
    isAlive: async (pid: number) => pid === alive,
  };
  return { host: host as unknown as Host, done: () => done() };
}

it('takes no dead predecessor for itself while it is being started', async () => {
  const pidFile = { content: '11 100 1\n' };
  const { host, done } = scriptedHost(pidFile, 22);
  const shell = new NodeShell(host, 'control');
  expect(await shell.isAlive()).toBe(false);
  const started = shell.start({}, {});
  expect(await shell.isAlive()).toBe(true);
  expect(await shell.pid()).toBeUndefined();
  pidFile.content = '22 200 1\n';
  done();
  await started;
  expect(await shell.pid()).toBe(22);
  expect(await shell.isAlive()).toBe(true);
});
