/**
 * The desks' program as plain JavaScript, made once for a run. A desk is started hundreds of times, and starts in half the
 * time without a compiler in it; and whoever edits the sources meanwhile does not change what the next life runs.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

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
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir');
  const done = new Set<string>();
  const open = [entry];
  for (let source = open.pop(); source !== undefined; source = open.pop()) {
    if (done.has(source)) continue;
    done.add(source);
    open.push(...translate(source, targetOf(source, folder)));
  }
  return targetOf(entry, folder);
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
