/** Apart from what opens the journal: whoever only looks for the file loads no SQLite. */

/** The journal in a data folder. */
export const JOURNAL_FILE = 'journal.db';
