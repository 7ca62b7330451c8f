/**
 * One number over all that a journal holds. It does not depend on the order, so that it grows with each record and needs no
 * place in it. Found out again from the rows alone, it tells whether any is missing or different.
 */
import { crc32 } from 'node:zlib';
import type { Contents } from './journal-mark.ts';

/** Odd, so that different numbers give different seeds. */
const SPREAD = 0x9e3779b1;
const EVIDENCE_SEED = 0x65766964;

export const NOTHING: Contents = { records: 0, evidence: 0, sum: 0, metaSum: 0 };

export function sumOfRecord(seq: number, offer: number, body: string | Buffer): number {
  return crc32(body, (Math.imul(seq, SPREAD) + offer) >>> 0);
}

export function sumOfEvidence(number: number, statements: string | Buffer): number {
  return crc32(statements, (Math.imul(number, SPREAD) ^ EVIDENCE_SEED) >>> 0);
}

/** The row of `meta`, without the life. */
export interface Meta {
  readonly generation: number;
  readonly restored: boolean;
  /** Null until the journal is claimed. */
  readonly desk: string | null;
}

export function sumOfMeta({ generation, restored, desk }: Meta): number {
  return crc32(`${generation} ${restored ? 1 : 0} ${desk ?? ''}`);
}

/**
 * Whether this row has the sum, or follows a row that has it. A change of `meta` is committed before the mark has its sum, so a crash in
 * between leaves the sum of the row as it was before.
 */
export function isSumOfMeta(meta: Meta, sum: number): boolean {
  const { generation, restored } = meta;
  // The changes are those of journal-meta.ts: the desk is named, and a restored copy begins a generation.
  const before = [meta, { ...meta, desk: null }];
  const all = restored
    ? before
    : before.flatMap((row) => [row, { ...row, generation: generation - 1, restored: true }]);
  return all.some((row) => sumOfMeta(row) === sum);
}
