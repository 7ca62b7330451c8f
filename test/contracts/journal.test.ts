import { rmSync } from 'node:fs';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { describeJournalContract } from '../../src/testing/journal-contract.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

describeJournalContract('MemoryJournal', () => ({ journal: new MemoryJournal() }));

describeJournalContract('SqliteJournal', () => {
  const dataDir = makeTemporaryFolder();
  return {
    journal: openSqliteJournal({ dataDir }),
    reopen: () => openSqliteJournal({ dataDir }),
    dispose: () => {
      rmSync(dataDir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
});
