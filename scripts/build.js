// Builds dist. With --if-changed (before `npm test`), only if its inputs or dist itself have changed since the last build. Contents
// are compared, not times, so that no old build is tested.
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
// Changes with the installed compilers and types.
const INSTALLED = ['node_modules/.package-lock.json'];

const inputs = hashOfInputs();
if (!process.argv.includes('--if-changed') || read(STAMP) !== `${inputs} ${hashOf(['dist'])}`) {
  rmSync(STAMP, { force: true });
  // Files of removed sources would be tested and packed.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const PATH = [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  execSync(scripts.compile, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PATH } });
  // After an edit during the build, it is not known what was built: the next call builds again, even if the edit was undone.
  if (hashOfInputs() === inputs) {
    mkdirSync(dirname(STAMP), { recursive: true });
    writeFileSync(STAMP, `${inputs} ${hashOf(['dist'])}`);
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
