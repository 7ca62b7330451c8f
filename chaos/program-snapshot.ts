/**
 * Programs of this project as plain JavaScript, made once for a run. They start in half the time or less without a compiler in
 * them; and whoever edits the sources meanwhile does not change what a later start runs.
 */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src/');

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/**
 * @param entry a source file of this project
 * @param folder that is made for it
 * @returns the file to run
 */
export function snapshotProgram(entry: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const [program = ''] = translateAll([entry], folder, () => true);
  return program;
}

/**
 * What they import of `src` is not translated: that is taken from the last build, as the package would be.
 * @param folder exists, and is empty
 * @returns the files to run
 */
export function programsOnBuild(entries: readonly string[], folder: string): readonly string[] {
  for (const name of ['src', 'dist']) symlinkSync(join(ROOT, 'dist'), join(folder, name), 'dir');
  return translateAll(entries, folder, (source) => !source.startsWith(SRC));
}

function translateAll(
  entries: readonly string[],
  folder: string,
  isTranslated: (source: string) => boolean,
): readonly string[] {
  // The project's own name is one that programs can import.
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const done = new Set<string>();
  const open = [...entries];
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (done.has(source) || !isTranslated(source)) continue;
    done.add(source);
    open.push(...translate(source, targetOf(source, folder)));
  }
  return entries.map((entry) => targetOf(entry, folder));
}

function targetOf(source: string, folder: string): string {
  return join(folder, relative(ROOT, source).replace(/\.ts$/, '.js'));
}

/** @returns the sources that it imports */
function translate(source: string, target: string): readonly string[] {
  const { outputText } = ts.transpileModule(readFileSync(source, 'utf8'), {
    compilerOptions: COMPILER_OPTIONS,
    fileName: source,
  });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, outputText);
  return ts
    .preProcessFile(outputText)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => resolve(dirname(source), name.replace(/\.js$/, '.ts')));
}
