/**
 * A checksum of the records and evidence of a journal (not of the table `offers`): the sum of one checksum per row, so that a new row only
 * adds to it. Computed again from the rows, it shows whether any row is missing or different. The script in examine-journal.ts computes the
 * same sums.
 */
import { crc32 } from 'node:zlib';
import type { Contents } from './journal-mark.ts';

/** Odd, so that different row numbers give different seeds. */
const SPREAD = 0x9e3779b1;
const EVIDENCE_SEED = 0x65766964;

export const EMPTY_CONTENTS: Contents = { records: 0, evidence: 0, sum: 0, metaSum: 0 };

export function sumOfRecord(seq: number, offer: number, body: string | Buffer): number {
  return crc32(body, (Math.imul(seq, SPREAD) + offer) >>> 0);
}

export function sumOfEvidence(number: number, statements: string | Buffer): number {
  return crc32(statements, (Math.imul(number, SPREAD) ^ EVIDENCE_SEED) >>> 0);
}

/** The row of the table `meta`, without the life. */
export interface Meta {
  readonly generation: number;
  readonly restored: boolean;
  /** The owner's id; null until the journal is claimed. */
  readonly desk: string | null;
}

export function sumOfMeta({ generation, restored, desk }: Meta): number {
  return crc32(`${generation} ${restored ? 1 : 0} ${desk ?? ''}`);
}

/**
 * Whether `sum` is that of this row, or of the row before its latest change: a change of `meta` is committed before the mark gets the
 * new sum, and a crash can fall between the two.
 */
export function isSumOfMeta(meta: Meta, sum: number): boolean {
  const { generation, restored } = meta;
  // The possible changes (sqlite-journal.ts): the journal gets its owner, or a restored copy begins a new generation.
  const before = [meta, { ...meta, desk: null }];
  const all = restored
    ? before
    : before.flatMap((row) => [row, { ...row, generation: generation - 1, restored: true }]);
  return all.some((row) => sumOfMeta(row) === sum);
}
