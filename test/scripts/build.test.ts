/** `npm test` builds what has changed: never for nothing, and it never tests an old build. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/build.js');

/** A project with a compiler that only copies. While it runs, somebody writes the file `edit`, if there is one, over the source. */
function project(): { readonly file: (name: string) => string; hasBuilt: () => boolean } {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  for (const name of ['src', 'scripts', 'node_modules']) mkdirSync(file(name));
  copyFileSync(SCRIPT, file('scripts/build.js'));
  const compiler = `
    const fs = require('fs');
    if (fs.existsSync('edit')) fs.renameSync('edit', 'src/a.ts');
    fs.mkdirSync('dist', { recursive: true });
    fs.copyFileSync('src/a.ts', 'dist/a.js');
    fs.writeFileSync('built', '');`;
  writeFileSync(file('compiler.cjs'), compiler);
  const scripts = { compile: 'node compiler.cjs' };
  writeFileSync(file('package.json'), JSON.stringify({ type: 'module', scripts }));
  writeFileSync(file('src/a.ts'), '1');
  const hasBuilt = (): boolean => {
    rmSync(file('built'), { force: true });
    execFileSync(process.execPath, [file('scripts/build.js'), '--if-changed']);
    return existsSync(file('built'));
  };
  return { file, hasBuilt };
}

it('the build runs again when a source, the installed packages or the build itself has changed, and only then', () => {
  const { file, hasBuilt } = project();
  expect(hasBuilt()).toBe(true);
  expect(hasBuilt()).toBe(false);
  writeFileSync(file('src/a.ts'), '2');
  expect(hasBuilt()).toBe(true);
  expect(readFileSync(file('dist/a.js'), 'utf8')).toBe('2');
  rmSync(file('dist/a.js'));
  expect(hasBuilt()).toBe(true);
  writeFileSync(file('node_modules/.package-lock.json'), '{}');
  expect(hasBuilt()).toBe(true);
  expect(hasBuilt()).toBe(false);
});

it('the build leaves no file of a removed source', () => {
  const { file, hasBuilt } = project();
  hasBuilt();
  writeFileSync(file('dist/gone.js'), '');
  expect(hasBuilt()).toBe(true);
  expect(existsSync(file('dist/gone.js'))).toBe(false);
});

it('the build runs again when a source was changed during the build, and changed back', () => {
  const { file, hasBuilt } = project();
  writeFileSync(file('edit'), '2');
  expect(hasBuilt()).toBe(true);
  writeFileSync(file('src/a.ts'), '1');
  expect(hasBuilt()).toBe(true);
  expect(readFileSync(file('dist/a.js'), 'utf8')).toBe('1');
});
