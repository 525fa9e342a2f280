// `npm run build`: the packages as they would be published, as tarballs in dist/. Each is then tried as its
// users would: unpacked apart from the sources, imported by plain Node, and checked by their compiler; publint and
// arethetypeswrong look at each tarball.
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { installPackages, Refusal, root } from './install.mjs';

const tarballs = join(root, 'dist');

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

const packages = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name))
  .map((folder) => ({ folder, manifest: manifestOf(folder) }))
  .filter(({ manifest }) => !manifest.private);

/** Runs a program to its end; what it prints is shown when it fails. */
function run(command, args, cwd = root) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    process.stderr.write(`${error.stdout}${error.stderr}`);
    throw new Refusal(`failed: ${[command, ...args].join(' ')}`);
  }
}

const tsc = (args, cwd) =>
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], cwd);

function compile() {
  // From nothing: what a source no longer there once made must not be published.
  for (const { folder } of packages) rmSync(join(folder, 'dist'), { recursive: true, force: true });
  tsc(['--build']);
}

function pack(folder) {
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  const printed = run(
    command,
    [...first, 'pack', '--json', '--pack-destination', tarballs],
    folder,
  );
  const packed = JSON.parse(printed);
  // npm 12 gives an object by name where older ones give a list.
  const [{ filename, files, size }] = Object.values(packed);
  return { tarball: join(tarballs, filename), files: files.map(({ path }) => path), size };
}

/** What a package says that it has must be in its tarball. */
function checkFiles({ folder, manifest }, files) {
  const promised = [
    ...Object.values(manifest.exports).flatMap((entry) => Object.values(entry)),
    ...Object.values(manifest.bin ?? {}),
  ];
  for (const path of promised) {
    if (!files.includes(path.replace('./', ''))) {
      throw new Refusal(`${manifest.name}: ${path} is not in the package`);
    }
  }
  for (const path of Object.values(manifest.bin ?? {})) {
    if (!readFileSync(join(folder, path), 'utf8').startsWith('#!/usr/bin/env node\n')) {
      throw new Refusal(`${manifest.name}: ${path} does not begin with #!/usr/bin/env node`);
    }
  }
  for (const path of files.filter((path) => /^dist\/.*\.js$/.test(path))) {
    const code = readFileSync(join(folder, path), 'utf8');
    const wrong = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]*\.ts)['"]/.exec(code);
    if (wrong) throw new Refusal(`${manifest.name}: ${path} imports ${wrong[1]}`);
  }
}

/** What others have found that packages get wrong: in the manifest, and in how types are resolved. ESM only. */
function lint(tarball) {
  const bin = (name) => join(root, 'node_modules/.bin', name);
  run(process.execPath, [bin('publint'), 'run', tarball, '--strict']);
  run(process.execPath, [bin('attw'), tarball, '--profile', 'esm-only', '--format', 'ascii']);
}

/** Somebody's project with the tarballs installed: every entry point must load, and its types must hold. */
function tryPackages(packed) {
  const project = mkdtempSync(join(tmpdir(), 'berth-build-'));
  try {
    const modules = join(project, 'node_modules');
    const link = (name) => {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(root, 'node_modules', name), join(modules, name));
    };
    const dependencies = packages.flatMap(({ manifest }) =>
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    );
    const ours = packages.map(({ manifest }) => manifest.name);
    for (const name of new Set([...dependencies, '@types/node'])) {
      if (!ours.includes(name)) link(name);
    }
    for (const { name, tarball } of packed) {
      const folder = join(modules, name);
      mkdirSync(folder, { recursive: true });
      run('tar', ['-xzf', tarball, '-C', folder, '--strip-components=1']);
    }
    const entries = packages.flatMap(({ manifest }) =>
      Object.keys(manifest.exports).map((path) => join(manifest.name, path)),
    );
    const lines = entries.map((entry, i) => `import * as e${i} from '${entry}';\n`);
    const uses = `console.log([${entries.map((_, i) => `e${i}`).join(', ')}].length);\n`;
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(project, 'user.ts'), lines.join('') + uses);
    writeFileSync(join(project, 'user.js'), lines.join('') + uses);
    run(process.execPath, ['user.js'], project);
    const options = ['--strict', '--noEmit', '--target', 'es2023', '--lib', 'es2023'];
    tsc([...options, '--module', 'nodenext', '--types', 'node', 'user.ts'], project);
    return entries;
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

try {
  await installPackages();
  compile();
  rmSync(tarballs, { recursive: true, force: true });
  mkdirSync(tarballs);
  const packed = packages.map((one) => {
    const { tarball, files, size } = pack(one.folder);
    checkFiles(one, files);
    lint(tarball);
    console.log(
      `${tarball.slice(root.length)}  ${files.length} files, ${Math.ceil(size / 1024)} KB`,
    );
    return { name: one.manifest.name, tarball };
  });
  console.log(`imported and type-checked: ${tryPackages(packed).join(', ')}`);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`berth: ${error.message}`);
  process.exitCode = 1;
}
