/** The built page, read once when the server starts: no path can reach other files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { GrapevineError } from '../../../protocol/errors.ts';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  readonly gzipped: Buffer;
  /** Its name contains a hash of its content, so it never changes. */
  readonly isImmutable: boolean;
}

/** By path, like `/assets/index-1a2b.js`; the page itself is `/`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
};

/** @throws GrapevineError ERR_NOT_BUILT when the folder has no page */
export function readPageFiles(folder: string): PageFiles {
  if (!existsSync(join(folder, 'index.html')))
    throw new GrapevineError('ERR_NOT_BUILT', `there is no page in ${folder}: run "npm run build" first`);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined)
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(names.map((file) => [pathOf(folder, file), readPageFile(file)]));
}

function pathOf(folder: string, file: string): string {
  const path = `/${relative(folder, file).split(sep).join('/')}`;
  return path === '/index.html' ? '/' : path;
}

function readPageFile(file: string): PageFile {
  const body = readFileSync(file);
  const type = TYPES[extname(file)] ?? '';
  return { type, body, gzipped: gzipSync(body, { level: 9 }), isImmutable: file.includes(`${sep}assets${sep}`) };
}
