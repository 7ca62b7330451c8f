/**
 * Makes the fixture of a schema version, once, when that version is released: a journal file as it lies on a disk after a
 * stop, and beside it what it must always be read as. Refuses to replace one.
 *
 *   npx tsx test/store/write-fixture.ts
 */
import { copyFileSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCHEMA_VERSION } from '../../src/store/journal-schema.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { EVERY_RECORD } from './every-record.ts';

const fixture = join(import.meta.dirname, 'fixtures', `journal-v${SCHEMA_VERSION}`);
if (existsSync(`${fixture}.db`)) throw new Error(`${fixture}.db exists: a released version is never written anew`);

const dataDir = mkdtempSync(join(tmpdir(), 'grapevine-fixture-'));
const journal = openSqliteJournal({ dataDir });
for (const entry of EVERY_RECORD) await journal.append(entry);
await journal.close();
for (const suffix of ['', '-mark'])
  copyFileSync(`${journal.file}${suffix}`, `${fixture}.db${suffix}`, constants.COPYFILE_EXCL);
writeFileSync(`${fixture}.json`, `${JSON.stringify(EVERY_RECORD, null, 2)}\n`, { flag: 'wx' });
rmSync(dataDir, { recursive: true });
