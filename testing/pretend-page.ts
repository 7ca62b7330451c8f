/** A page of one line, for tests of the server of pages. */
import { gzipSync } from 'node:zlib';
import type { PageFile, PageFiles } from '../src/control/server/page/page-files.ts';

export const PRETEND_PAGE: PageFiles = new Map([
  ['/', fileOf('text/html; charset=utf-8', '<!doctype html><title>the page</title>', false)],
  ['/assets/index-1a2b.js', fileOf('text/javascript; charset=utf-8', 'void 0;', true)],
]);

function fileOf(type: string, text: string, isImmutable: boolean): PageFile {
  const body = Buffer.from(text);
  return { type, body, gzipped: gzipSync(body), isImmutable };
}
