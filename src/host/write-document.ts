import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o600;

/**
 * Writes a JSON document for people and other programs, such as a proof. The file is only for its owner, replaces an older
 * one of that name, and is always complete.
 * @returns the path of the file
 * @throws errors of the file system
 */
export function writeDocument(folder: string, name: string, document: unknown): string {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const file = join(folder, name);
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(document, null, 2)}\n`, { mode: OWNER_ONLY, flush: true });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return file;
}
