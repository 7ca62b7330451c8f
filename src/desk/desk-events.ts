/** What a desk tells its program, typed: every notice under its own name, and all of them as `notice`. */
import type { ErrorCode } from '../protocol/errors.ts';
import type { Notice, NoticeEvent } from '../protocol/notices.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';

/** The desk can be found by others. */
export interface DeskReady {
  readonly event: 'desk.ready';
  readonly id: PeerId;
  readonly port: number;
}

/**
 * An offer has been told to all who could be found; how many were reached, how many were not. `refused` of the latter have
 * answered that they do not take it, as a desk does whose book is full.
 */
export interface OfferAnnounced {
  readonly event: 'offer.announced';
  readonly offerId: OfferId;
  readonly reached: number;
  readonly unreachable: number;
  readonly refused: number;
}

/** The journal has failed: the desk has stopped, because nothing it could still say would be safe. */
export interface DeskFailed {
  readonly event: 'desk.failed';
  /** ERR_JOURNAL or one of its kin, like ERR_JOURNAL_FULL. */
  readonly code: ErrorCode;
  readonly text: string;
}

/** A maker has signed two things about an offer of which at most one can be true. It is not dealt with again. */
export interface PeerEquivocated {
  readonly event: 'peer.equivocated';
  readonly maker: PeerId;
  readonly offerId: OfferId;
}

/** A notice about an offer. `verified` is false when the peers that it is about were taken at their word (trust `open`). */
export type OfferNotice = Notice & { readonly verified: boolean };

export type DeskNotice = OfferNotice | DeskReady | OfferAnnounced | DeskFailed | PeerEquivocated;

export type NoticeOf<Event extends DeskNotice['event']> = Extract<DeskNotice, { event: Event }>;

export type DeskEvents = { readonly [Event in NoticeEvent]: [NoticeOf<Event>] } & {
  readonly 'desk.ready': [DeskReady];
  readonly 'offer.announced': [OfferAnnounced];
  readonly 'desk.failed': [DeskFailed];
  readonly 'peer.equivocated': [PeerEquivocated];
  readonly notice: [DeskNotice];
};
