/**
 * Copies a journal while it is in use. The copy gets its name only when it is complete, durable, and marked as a copy: the journal may
 * contain later awards that the copy does not.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { GrapevineError } from '../protocol/errors.ts';
import { journalFailure } from './journal-failure.ts';
import { createFile, syncFile, syncFolder } from './private-file.ts';
import { Connection, copyDatabase } from './sqlite-connection.ts';

/** @throws GrapevineError ERR_USAGE when `to` exists; ERR_JOURNAL_FULL, ERR_JOURNAL_READ_ONLY when it cannot be written */
export async function backUpJournal(from: string, to: string): Promise<void> {
  const target = resolve(to);
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) throw exists(target);
  const part = `${target}.part-${randomBytes(6).toString('hex')}`;
  try {
    createFile(part);
    await copyDatabase(from, part);
    markAsCopy(part);
    syncFile(part);
    publish(part, target);
  } catch (error) {
    throw journalFailure(error, target);
  } finally {
    rmSync(part, { force: true });
  }
}

function markAsCopy(file: string): void {
  const connection = new Connection(file);
  try {
    connection.exec('UPDATE meta SET restored = 1');
  } finally {
    connection.close();
  }
}

/** A rename would replace a file that was created there meanwhile; a link fails. */
function publish(part: string, target: string): void {
  try {
    linkSync(part, target);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw exists(target);
    throw error;
  }
  syncFolder(dirname(target));
}

function exists(target: string): GrapevineError {
  return new GrapevineError('ERR_USAGE', `${target} exists already and was not changed; name another file`);
}
