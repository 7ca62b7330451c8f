/**
 * Writes a proof file for each desk that contradicted itself. That is rare, and the file can be shown to others at once. It can be
 * written again from the journal at any time. (Receipts of deals are read from the journal when requested: a file and a disk sync for
 * each deal would cost more than the deal.)
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Desk } from '../desk/desk.ts';
import { EQUIVOCATION_FORMAT } from '../identity/verify-proof.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Log } from '../ports/log.ts';

const PROOFS_FOLDER = 'proofs';
const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY = 0o600;

export function writeProofs(desk: Desk, evidence: Evidence, dataDir: string, log: Log): void {
  desk.on('peer.equivocated', ({ maker, offerId }) => {
    const write = async (): Promise<void> => {
      const proof = (await evidence.readEvidence()).find((each) => each.maker === maker && each.offerId === offerId);
      // Two makers may use the same id.
      const name = `${offerId}-${maker.slice(0, 16)}.json`;
      const file = writeProof(join(dataDir, PROOFS_FOLDER), name, { grapevine: EQUIVOCATION_FORMAT, ...proof });
      log.write('debug', 'proof.written', { file });
    };
    write().catch((error: unknown) => log.write('warn', 'proof.not_written', { offerId, reason: String(error) }));
  });
}

/**
 * Only the owner can read the file. It replaces an older one of that name, and is always complete.
 * @returns the path of the file
 */
function writeProof(folder: string, name: string, proof: object): string {
  mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
  const file = join(folder, name);
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(proof, null, 2)}\n`, { mode: OWNER_ONLY, flush: true });
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  return file;
}
