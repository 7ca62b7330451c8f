/**
 * Writes a proof file for each desk that contradicted itself. That is rare, and the file can be shown to others at once. It can be
 * written again from the journal at any time. (Receipts of deals are read from the journal when requested: a file and a disk sync for
 * each deal would cost more than the deal.)
 */
import { join } from 'node:path';
import type { Desk } from '../desk/desk.ts';
import { writeDocument } from '../host/write-document.ts';
import { EQUIVOCATION_FORMAT } from '../identity/verify-proof.ts';
import type { Evidence } from '../ports/evidence.ts';
import type { Log } from '../ports/log.ts';

const PROOFS_FOLDER = 'proofs';

export function writeProofs(desk: Desk, evidence: Evidence, dataDir: string, log: Log): void {
  desk.on('peer.equivocated', ({ maker, offerId }) => {
    const write = async (): Promise<void> => {
      const proof = (await evidence.readEvidence()).find((each) => each.maker === maker && each.offerId === offerId);
      const document = { grapevine: EQUIVOCATION_FORMAT, ...proof };
      const file = writeDocument(join(dataDir, PROOFS_FOLDER), documentName(maker, offerId), document);
      log.write('debug', 'proof.written', { file });
    };
    write().catch((error: unknown) => log.write('warn', 'proof.not_written', { offerId, reason: String(error) }));
  });
}

/** Two makers may use the same id. */
function documentName(maker: string, offerId: string): string {
  return `${offerId}-${maker.slice(0, 16)}.json`;
}
