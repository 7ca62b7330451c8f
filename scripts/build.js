// Builds dist. With --if-changed (before `npm test`) only when something that it is built from, or dist itself, is not as it was
// after the last build: contents are compared, never times, so that an old build is never tested.
import { execSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAMP = join(ROOT, 'node_modules/.cache/grapevine/build');
const COMPILED = [
  'src',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vite.web.config.ts',
  'scripts/build.js',
];
// What is installed: the compilers, and the types that they read.
const INSTALLED = ['node_modules/.package-lock.json'];

const from = hashOfInputs();
if (!process.argv.includes('--if-changed') || read(STAMP) !== `${from} ${hashOf(['dist'])}`) {
  rmSync(STAMP, { force: true });
  // Nothing of a source that is gone may stay: it would be tested and packed.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const PATH = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  execSync(scripts.compile, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PATH } });
  // After an edit while it ran, nobody knows what was built: the next one builds again, even if the edit is taken back.
  if (hashOfInputs() === from) {
    mkdirSync(dirname(STAMP), { recursive: true });
    writeFileSync(STAMP, `${from} ${hashOf(['dist'])}`);
  }
}

function hashOfInputs() {
  return hashOf([...COMPILED, ...INSTALLED]);
}

function hashOf(names) {
  const hash = createHash('sha256');
  for (const file of names.flatMap(filesIn)) hash.update(`\n${file}\n`).update(read(join(ROOT, file)) ?? '');
  return hash.digest('hex');
}

function filesIn(name) {
  if (!statSync(join(ROOT, name), { throwIfNoEntry: false })?.isDirectory()) return [name];
  return readdirSync(join(ROOT, name))
    .sort()
    .flatMap((each) => filesIn(`${name}/${each}`));
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
