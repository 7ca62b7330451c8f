/**
 * Reads a whole journal whose pages cannot be verified by checksums: a copy, a journal of an earlier version, or one that another program
 * has checkpointed. Runs in a child process, because a damaged byte can crash a process inside the SQLite library.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { GrapevineError } from '../protocol/errors.ts';
import { sumOfMeta, type Meta } from './contents-sum.ts';
import type { Contents } from './journal-mark.ts';

export interface Examined {
  /** Version of the schema. */
  readonly version: number;
  /** 0 in schema versions without lives. */
  readonly life: number;
  /** For a file without tables: as in a new journal. */
  readonly meta: Meta;
  readonly contents: Contents;
  /** The checksum of the rows that the mark covers. */
  readonly sumOfMarked: number;
}

/** What the script prints. */
interface Printed extends Pick<Examined, 'version' | 'life' | 'meta'> {
  readonly found: Omit<Contents, 'metaSum'> & { readonly marked: number };
}

const TIMEOUT_MS = 600_000;

/**
 * Prints one line of JSON. The sums are those of contents-sum.ts. Texts are read as bytes and tables in pages, because a damaged file can
 * contain invalid and very large values. A text that is not UTF-8 is damage.
 */
const SCRIPT = `
const [libsql, url, records, evidence] = process.argv.slice(1);
const { crc32 } = require('node:zlib');
const db = new (require(libsql))(url);
const all = (sql, ...values) => db.prepare(sql).all(...values);
const one = (sql) => Object.values(all(sql)[0] ?? {})[0];
const utf8 = new TextDecoder('utf-8', { fatal: true });
const text = (value) => (value === null || value === undefined ? null : utf8.decode(Buffer.from(value)));
const check = text(one('SELECT CAST(integrity_check AS BLOB) FROM pragma_integrity_check(1)'));
if (check !== 'ok') throw new Error(check);
const version = one('PRAGMA user_version');
if (one("SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'records')") !== 2) {
  console.log(JSON.stringify({ version, life: 0, meta: { generation: 1, restored: false, desk: null }, found: { records: 0, evidence: 0, sum: 0, marked: 0 } }));
  process.exit(0);
}
const has = (column) => one("SELECT count(*) FROM pragma_table_info('meta') WHERE name = '" + column + "'") === 1;
const meta = all('SELECT generation, restored, ' + (has('life') ? 'life' : '0') + ' AS life, ' +
  (has('desk') ? 'CAST(desk AS BLOB)' : 'NULL') + ' AS desk FROM meta')[0];
const found = { records: 0, evidence: 0, sum: 0, marked: 0 };
const add = (body, seed, isMarked) => {
  const bytes = Buffer.from(body);
  utf8.decode(bytes);
  const sum = crc32(bytes, seed >>> 0);
  found.sum = (found.sum + sum) >>> 0;
  if (isMarked) found.marked = (found.marked + sum) >>> 0;
};
for (let rows = [{}]; rows.length > 0; ) {
  rows = all('SELECT seq, offer, CAST(body AS BLOB) AS body FROM records WHERE seq > ? ORDER BY seq LIMIT 500', found.records);
  for (const { seq, offer, body } of rows) {
    add(body, Math.imul(seq, 0x9e3779b1) + offer, seq <= Number(records));
    found.records = seq;
  }
}
if (version >= 2)
  for (let rows = [{}]; rows.length > 0; ) {
    rows = all('SELECT rowid AS number, CAST(statements AS BLOB) AS body FROM evidence WHERE rowid > ? ORDER BY rowid LIMIT 100', found.evidence);
    for (const { number, body } of rows) {
      add(body, Math.imul(number, 0x9e3779b1) ^ 0x65766964, number <= Number(evidence));
      found.evidence = number;
    }
  }
console.log(JSON.stringify({
  version, life: meta.life, found,
  meta: { generation: meta.generation, restored: meta.restored !== 0, desk: text(meta.desk) },
}));
`;

/**
 * @param marked what the mark covers
 * @param mayRollBack whether to roll back a transaction of ours that a crash interrupted; without that the file is not readable
 * @throws GrapevineError ERR_JOURNAL_CORRUPT
 */
export function examineJournal(
  file: string,
  marked: Pick<Contents, 'records' | 'evidence'>,
  mayRollBack: boolean,
): Examined {
  const libsql = createRequire(import.meta.url).resolve('libsql');
  const needsRollBack = mayRollBack && existsSync(`${file}-journal`);
  const url = `${pathToFileURL(file).href}?mode=${needsRollBack ? 'rw' : 'ro'}`;
  const values = [libsql, url, String(marked.records), String(marked.evidence)];
  const child = spawnSync(process.execPath, ['-e', SCRIPT, '--', ...values], {
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (child.error !== undefined) throw child.error;
  if (child.status === 0) return examinedOf(JSON.parse(child.stdout) as Printed);
  throw new GrapevineError(
    'ERR_JOURNAL_CORRUPT',
    `${file} is damaged (${reasonOf(child.stderr)}); nothing was changed`,
  );
}

function examinedOf({ version, life, meta, found: { marked, ...found } }: Printed): Examined {
  return { version, life, meta, contents: { ...found, metaSum: sumOfMeta(meta) }, sumOfMarked: marked };
}

function reasonOf(stderr: string): string {
  const line = stderr.split('\n').find((each) => /^\w*Error|panicked/.test(each));
  return (line ?? 'reading it crashes SQLite').slice(0, 200);
}
