/** A desk that is known here, in the words of the contract. */
import type { PeerSnapshot } from '../../desk/neighbours.ts';
import { isDeskId } from '../../wire/desk-id.ts';
import type { PeerView } from '../contract.ts';

export function peerView(peer: PeerSnapshot): PeerView {
  const { id, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure, openOffers } = peer;
  // A name that is a key is always proven.
  const verified = isDeskId(id);
  return { id, verified, firstSeenAt, lastSeenAt, upSince, clockOffsetMs, failures, lastFailure, openOffers };
}
