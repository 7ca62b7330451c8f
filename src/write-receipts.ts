/**
 * Leaves a file for each deal that proves it, and one for each desk that contradicted itself: so that an operator has them
 * at hand without asking anybody. They can be made again from the journal at any time.
 */
import { join } from 'node:path';
import type { Desk } from './desk/desk.ts';
import { writeDocument } from './host/document-folder.ts';
import { EQUIVOCATION_FORMAT } from './identity/verify-proof.ts';
import type { Evidence } from './ports/evidence.ts';
import type { Log } from './ports/log.ts';
import { GrapevineError } from './protocol/errors.ts';

export const RECEIPTS_FOLDER = 'receipts';
export const PROOFS_FOLDER = 'proofs';

export function writeReceipts(desk: Desk, evidence: Evidence, dataDir: string, log: Log): void {
  const keep = async (folder: string, name: string, document: () => Promise<unknown>): Promise<void> => {
    try {
      const file = writeDocument(join(dataDir, folder), name, await document());
      log.write('debug', 'proof.kept', { file });
    } catch (error) {
      // A deal with a client of the original has no receipt; everything else is worth a look.
      const isNone = error instanceof GrapevineError && error.code === 'ERR_RECEIPT';
      log.write(isNone ? 'debug' : 'warn', 'proof.not_kept', { name, reason: String(error) });
    }
  };
  const receipt = ({ offerId, maker }: { readonly offerId: string; readonly maker: string }): void => {
    void keep(RECEIPTS_FOLDER, documentName(maker, offerId), () => desk.receipt(offerId, maker));
  };
  desk.on('deal.awarded', receipt);
  desk.on('deal.won', receipt);
  desk.on('peer.equivocated', ({ maker, offerId }) => {
    void keep(PROOFS_FOLDER, documentName(maker, offerId), async () => {
      const proof = (await evidence.readEvidence()).find((each) => each.maker === maker && each.offerId === offerId);
      return { grapevine: EQUIVOCATION_FORMAT, ...proof };
    });
  });
}

/** Two makers may use the same id. */
function documentName(maker: string, offerId: string): string {
  return `${offerId}-${maker.slice(0, 16)}.json`;
}
