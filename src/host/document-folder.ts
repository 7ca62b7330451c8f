/**
 * A folder of documents that a desk makes for people and other programs: receipts, proofs. Each is a file of its own, whole or
 * not there at all, for its owner alone.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o600;

/**
 * Puts a document in place of an older one of that name.
 * @returns the path of the file
 * @throws what the file system says
 */
export function writeDocument(folder: string, name: string, document: unknown): string {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const file = join(folder, name);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(draft, `${JSON.stringify(document, null, 2)}\n`, { mode: OWNER_ONLY, flush: true });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
  return file;
}
