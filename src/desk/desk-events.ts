/** The typed events of a desk: every notice is emitted under its own name and as `notice`. */
import type { ErrorCode } from '../protocol/errors.ts';
import type { Notice } from '../protocol/notices.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';

/** The start is complete: other desks can find this desk. */
interface DeskReady {
  readonly event: 'desk.ready';
  readonly id: PeerId;
  readonly port: number;
}

/**
 * An offer was sent to all peers that could be found. `reached` received it, `unreachable` did not. `refused` counts
 * those of `unreachable` that answered with a refusal, for example because their book is full.
 */
export interface OfferAnnounced {
  readonly event: 'offer.announced';
  readonly offerId: OfferId;
  readonly reached: number;
  readonly unreachable: number;
  readonly refused: number;
}

/** The journal failed, so the desk stops: without a journal, it could break its promises after a restart. */
interface DeskFailed {
  readonly event: 'desk.failed';
  /** ERR_JOURNAL, or a more specific code such as ERR_JOURNAL_FULL. */
  readonly code: ErrorCode;
  readonly text: string;
}

/** A maker signed two contradicting statements about an offer. This desk does no new business with it. */
interface PeerEquivocated {
  readonly event: 'peer.equivocated';
  readonly maker: PeerId;
  readonly offerId: OfferId;
}

/** A notice about an offer. `verified` is false if the peers in it did not prove their identity (trust `open`). */
type OfferNotice = Notice & { readonly verified: boolean };

export type DeskNotice = OfferNotice | DeskReady | OfferAnnounced | DeskFailed | PeerEquivocated;

export type NoticeOf<Event extends DeskNotice['event']> = Extract<DeskNotice, { event: Event }>;

export type DeskEvents = { readonly [Event in DeskNotice['event']]: [NoticeOf<Event>] } & {
  readonly notice: [DeskNotice];
};
