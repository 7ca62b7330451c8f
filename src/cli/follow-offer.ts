/** Follows one offer until it has ended, live: what `--wait` does. */
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { ControlClient } from '../control/client.ts';
import type { ControlEvent, Offer } from '../control/contract.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';

interface FollowInit {
  readonly offerId: string;
  readonly maker: string;
  /** Where to begin: taken before the offer was touched, so that nothing is missed. */
  readonly after: string;
  readonly show: (event: ControlEvent) => void;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** The offer as it ended; null when the signal ended the waiting. @throws GrapevineError ERR_DESK_NOT_RUNNING when the desk goes and does not come back */
export async function followOffer(client: ControlClient, init: FollowInit): Promise<Offer | null> {
  const { offerId, maker, after, show, signal } = init;
  for await (const event of client.events({ after, signal })) {
    if (event.event !== 'stream.gap' && !isAbout(event, init)) continue;
    if (event.event !== 'stream.gap') show(event);
    // Not before the event that says so has been shown, although the offer may have ended already.
    if (event.event !== 'stream.gap' && !ENDS.has(event.event)) continue;
    const offer = await client.offer(offerId, maker);
    if (hasEnded(offer)) return offer;
  }
  if (signal.aborted) return null;
  throw new GrapevineError('ERR_CONNECTION_LOST', 'the desk has ended its stream of events');
}

const ENDS: ReadonlySet<ControlEvent['event']> = new Set([
  'deal.awarded',
  'deal.won',
  'deal.lost',
  'deal.closed_by_hand',
  'offer.cancelled',
  'offer.expired',
  'offer.gone',
  'offer.voided',
  'acceptance.withdrawn',
]);

function isAbout(event: ControlEvent, { offerId, maker }: FollowInit): boolean {
  if (!('offerId' in event) || event.offerId !== offerId) return false;
  return !('maker' in event) || event.maker === maker;
}

/** @throws GrapevineError for an offer that ended without a deal: its code says how */
export function assertDeal(offer: Offer): void {
  const { phase, offerId } = offer;
  if (phase === 'awarded' || phase === 'won') return;
  const [code, text] = endOf(offer);
  throw new GrapevineError(code, `offer ${offerId} ${text}`);
}

const REASONS: Readonly<Record<string, ErrorCode>> = {
  taken: 'ERR_OFFER_TAKEN',
  cancelled: 'ERR_OFFER_CANCELLED',
  expired: 'ERR_OFFER_EXPIRED',
  refused: 'ERR_REFUSED',
  'unknown-offer': 'ERR_OFFER_UNKNOWN',
  unreachable: 'ERR_CONNECT',
  'no-answer': 'ERR_TIMEOUT',
  contradiction: 'ERR_CONTRADICTION',
};

function endOf({ phase, reason }: Offer): readonly [ErrorCode, string] {
  if (phase === 'cancelled') return ['ERR_OFFER_CANCELLED', 'was cancelled; nobody gets it'];
  if (phase === 'expired') return ['ERR_OFFER_EXPIRED', 'has expired; nobody gets it'];
  if (phase === 'lost') return [REASONS[reason ?? ''] ?? 'ERR_REFUSED', `is not yours: ${reason ?? 'lost'}`];
  if (phase === 'gaveUp') return [REASONS[reason ?? ''] ?? 'ERR_TIMEOUT', `was given up: ${reason ?? 'no answer'}`];
  return ['ERR_WRONG_STATE', `has ended without a deal: ${phase}`];
}
