import type { Equivocation } from '../ports/evidence.ts';
import { sumOfEvidence } from './contents-sum.ts';
import type { OpenedFile } from './journal-file.ts';

const WRITE_EVIDENCE =
  'INSERT INTO evidence (maker, offer_id, found_at, statements) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING rowid AS number';

/** Writes a proof of equivocation into a journal; does nothing if there is one for this offer. */
export function writeEvidence(
  { connection, contents }: Pick<OpenedFile, 'connection' | 'contents'>,
  { maker, offerId, foundAt, statements }: Equivocation,
): void {
  const text = JSON.stringify(statements);
  const added = connection.prepare(WRITE_EVIDENCE).all(maker, offerId, foundAt, text)[0];
  if (added === undefined) return;
  const { sum, ...others } = contents.now;
  const number = Number(added['number']);
  contents.now = { ...others, evidence: number, sum: (sum + sumOfEvidence(number, text)) >>> 0 };
}
