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

export function sumOfMeta(generation: number, restored: boolean, desk: string | null): number {
  return crc32(`${generation} ${restored ? 1 : 0} ${desk ?? ''}`);
}
