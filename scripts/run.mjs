// What `npm start`, `npm test`, `npm run test:lts`, `npm run test:faults`, `npm run berth` and `npm run bench` do: install what is missing, then run.
//   node scripts/run.mjs start | test | test:lts | test:faults | berth | bench | install [peers]  [arguments]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  checkNode,
  installNode,
  installPackages,
  installSystemPackages,
  Refusal,
  root,
} from './install.mjs';

/** Of the newest line of Node with long-term support. */
const ltsMajor = 24;

const command = 'packages/berth/src/command/main.ts';

const actions = {
  // Called by the benchmark of peers, once it knows that it needs them.
  async install([group]) {
    if (group === 'peers') installSystemPackages('peers');
    else if (group !== undefined) throw new Refusal(`install takes "peers" or nothing`);
    return 0;
  },
  async start(args) {
    const code = await typescript('examples/flights/prepare.ts', []);
    if (code !== 0) return code;
    const job = ['run', 'examples/flights/job.yaml', '--state', '.berth/flights/state'];
    return typescript(command, [...job, ...args]);
  },
  async test(args) {
    installSystemPackages('tests');
    return node([join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args]);
  },
  /** The tests on the version of Node that has long-term support, whichever runs this. */
  async 'test:lts'(args) {
    installSystemPackages('tests');
    const folder = installNode(ltsMajor);
    const path = `${folder}${delimiter}${process.env.PATH ?? ''}`;
    const tests = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args];
    return node(tests, root, {
      command: join(folder, 'node'),
      env: { ...process.env, PATH: path },
    });
  },
  /** What a crash or a bad disk may do, tried thousands of times; the tests try some of it. */
  async 'test:faults'(args) {
    installSystemPackages('tests');
    const tests = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/faults', ...args];
    return node(tests, root, { env: { BERTH_FAULTS: '30', ...process.env } });
  },
  async berth(args) {
    // npm goes to the root first; file names are meant from where it was called.
    const called = process.env.npm_lifecycle_event === 'berth' && process.env.INIT_CWD;
    return typescript(command, args, called || process.cwd());
  },
  bench: (args) => typescript('bench/src/main.ts', args),
};

/** Runs a TypeScript file of this repository, on the sources of its packages. */
function typescript(file, args, cwd = root) {
  // As a URL, since the child may run in another directory; known only once it is installed.
  const tsx = import.meta.resolve('tsx');
  return node(['--conditions=@berth/source', '--import', tsx, join(root, file), ...args], cwd);
}

/** Runs Node to its end, with our terminal and signals. Resolves to its exit code. */
function node(args, cwd = root, { command = process.execPath, env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit' });
    const forward = (signal) => {
      // A terminal has already sent its Ctrl-C to both.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

const [name = '', ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(actions, name)) {
    throw new Refusal(
      `usage: node scripts/run.mjs ${Object.keys(actions).join(' | ')} [arguments]`,
    );
  }
  checkNode();
  await installPackages();
  process.exitCode = await actions[name](args);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`berth: ${error.message}`);
  process.exitCode = 1;
}
