/** The name of the journal in a data folder. In its own file, so that importing it does not load SQLite. */
export const JOURNAL_FILE = 'journal.db';
