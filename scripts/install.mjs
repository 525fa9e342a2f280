// Brings the checkout to where everything runs: Node's version, the npm packages, the system packages.
// Only what Node itself has may be imported here: this runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import {
  accessSync,
  constants,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules/.berth-lock');
const lockFile = join(root, '.berth/install.lock');

/** What is run beyond Node and a POSIX shell: command, Debian package, who needs it. */
const systemPackages = {
  tests: [
    ['setsid', 'util-linux', 'the local executor'],
    ['ps', 'procps', 'the local executor'],
    ['xargs', 'findutils', 'the benchmark of the local executor'],
    ['ssh', 'openssh-client', 'the SSH executor'],
    ['/usr/sbin/sshd', 'openssh-server', 'the tests of the SSH executor'],
    ['ip', 'iproute2', 'the tests of the SSH executor'],
    ['dockerd', 'docker.io', 'the tests of the Docker executor'],
    ['busybox', 'busybox-static', 'the tests of the Docker executor'],
  ],
  peers: [
    ['redis-server', 'redis-server', 'the benchmark of BullMQ'],
    ['dask-scheduler', 'python3-distributed', 'the benchmark of Dask'],
  ],
};

/** An end that needs no stack trace. */
export class Refusal extends Error {}

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Refusal(`Berth needs Node 20.19 or newer; this is ${process.versions.node}.`);
  }
}

/** Installs the npm packages if they are missing or older than the lock file. */
export async function installPackages() {
  if (isInstalled()) return;
  const unlock = await lock();
  try {
    // Another run may have done it meanwhile.
    if (!isInstalled()) npmCi();
  } finally {
    unlock();
  }
}

function isInstalled() {
  const lockText = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lockText).digest('hex');
  if (read(stampFile) === hash) return true;
  if (!isAsLocked(JSON.parse(lockText).packages)) return false;
  writeFileSync(stampFile, hash);
  return true;
}

/** Whether npm itself, called by hand, has already put there what the lock file says. */
function isAsLocked(locked) {
  const installed = read(join(root, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const { packages } = JSON.parse(installed);
  return Object.entries(locked).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true;
    const present = packages[path];
    return present ? present.version === wanted.version : wanted.optional === true;
  });
}

function npmCi() {
  console.error('berth: installing the npm packages of package-lock.json (npm ci) …');
  const start = Date.now();
  // --include: also where NODE_ENV or npm's settings say that this is production.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  npm(args);
  isInstalled();
  console.error(`berth: installed in ${((Date.now() - start) / 1000).toFixed(0)} s`);
}

/** Runs npm to its end; what it prints is shown when it fails. */
function npm(args) {
  const path = process.env.npm_execpath;
  const [command, ...first] = path?.endsWith('npm-cli.js') ? [process.execPath, path] : ['npm'];
  const { status, signal, error, output } = run(command, [...first, ...args]);
  if (error) throw new Refusal(`npm cannot be started: ${error.message}`);
  if (status !== 0) {
    process.stderr.write(output);
    throw new Refusal(
      `npm ${args[0]} failed (${signal ?? `exit code ${status}`}); its output is above.`,
    );
  }
}

/** The folder of the `node` of the newest release of a line, from the registry, in .cache. */
export function installNode(major) {
  const prefix = join(root, `.cache/node-${major}`);
  const folder = join(prefix, 'node_modules/node/bin');
  if (read(join(folder, '../package.json')) === undefined) {
    console.error(`berth: installing Node ${major} in ${prefix} …`);
    mkdirSync(prefix, { recursive: true });
    npm(['install', '--prefix', prefix, '--no-save', '--no-audit', '--no-fund', `node@${major}`]);
  }
  const { stdout, status } = spawnSync(join(folder, 'node'), ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Refusal(`${folder}/node does not run; remove ${prefix}`);
  console.error(`berth: Node ${stdout.trim()}`);
  return folder;
}

/** Waits until no other run installs. Returns the function that lets the next one. */
async function lock() {
  mkdirSync(join(root, '.berth'), { recursive: true });
  // Linked into place with its content, so that nobody reads it half written.
  const own = `${lockFile}.${randomUUID()}`;
  writeFileSync(own, String(process.pid));
  try {
    for (let told = false; ; await sleep(200)) {
      try {
        linkSync(own, lockFile);
        return () => rmSync(lockFile, { force: true });
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
      }
      const holder = Number(read(lockFile));
      if (holder && !isAlive(holder)) rmSync(lockFile, { force: true });
      else if (!told) {
        console.error(`berth: waiting for process ${holder}, which installs`);
        told = true;
      }
    }
  } finally {
    rmSync(own, { force: true });
  }
}

/** Installs the system packages that `tests` or `peers` need, where that is ours to do; else says what is missing. */
export function installSystemPackages(group) {
  const missing = systemPackages[group].filter(([command]) => !isOnPath(command));
  if (missing.length === 0) return;
  const list = missing.map(([, name, need]) => `${name} (for ${need})`).join(', ');
  const debian = process.getuid?.() === 0 && isOnPath('apt-get');
  if (!debian || process.env.BERTH_NO_SYSTEM_PACKAGES === '1') {
    console.error(`berth: missing system packages: ${list}; what needs them will fail`);
    return;
  }
  console.error(`berth: installing system packages: ${list}`);
  console.error('berth: (BERTH_NO_SYSTEM_PACKAGES=1 declines)');
  console.error('berth: no service of theirs is started');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const allow = forbidServices();
  const names = [...new Set(missing.map(([, name]) => name))];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...names]]) {
    const { status, output } = run('apt-get', args, env);
    if (status === 0) continue;
    process.stderr.write(output);
    console.error(`berth: apt-get ${args[0]} failed; what needs these packages will fail`);
    break;
  }
  allow();
}

/** Keeps Debian from starting what it installs, unless somebody has decided that already. Returns what takes it back. */
function forbidServices() {
  const policy = '/usr/sbin/policy-rc.d';
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 });
  } catch {
    return () => {};
  }
  return () => rmSync(policy, { force: true });
}

/** Runs a command to its end without showing what it prints. */
function run(command, args, env = process.env) {
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  return { ...result, output: `${result.stdout ?? ''}${result.stderr ?? ''}` };
}

function isOnPath(command) {
  const folders = command.startsWith('/') ? ['/'] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
