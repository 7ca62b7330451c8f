/** Follows one offer until it has ended: the option `--wait`. */
import { GrapevineError, type ErrorCode } from '../protocol/errors.ts';
import type { ControlClient } from '../control/client.ts';
import type { ControlEvent, Offer } from '../control/contract.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';
import { eventLine } from '../text/event-text.ts';
import { askUntilAnswered, reportDeskAway } from './desk-away.ts';
import { whenReaderGone } from './output-reader.ts';
import { printJson, printText } from './print.ts';

/**
 * Prints the events of an offer, as long as the output has a reader.
 * @param after the cursor to start from: read before the command, so that no event is missed
 * @throws GrapevineError when it ends without a deal, with the code of the reason; ERR_DESK_NOT_RUNNING when the desk stops and does
 * not come back
 */
export async function waitForDeal(
  client: ControlClient,
  offer: Offer,
  after: string,
  json: boolean | undefined,
): Promise<void> {
  const abort = new AbortController();
  const stopFollowing = whenReaderGone(() => abort.abort());
  try {
    const events = client.events({ after, signal: abort.signal, onAway: reportDeskAway });
    const ask = (): Promise<Offer | null> => offerNow(client, offer, abort.signal);
    const ended = await showUntilEnded(offer, events, ask, json === true ? printJson : printLine);
    if (ended !== null) assertDeal(ended);
    else if (!abort.signal.aborted)
      throw new GrapevineError('ERR_CONNECTION_LOST', 'the desk has ended its stream of events');
  } finally {
    stopFollowing();
  }
}

function printLine(event: ControlEvent): void {
  printText(eventLine(event));
}

/** The desk may stop between the event that ends the offer and this request. Null when the output has ended. */
async function offerNow(client: ControlClient, { offerId, maker }: Offer, signal: AbortSignal): Promise<Offer | null> {
  try {
    return await askUntilAnswered(() => client.offer(offerId, maker, { signal }), signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** The offer after its end; null if the event stream or the output ends first. */
async function showUntilEnded(
  { offerId, maker }: Offer,
  events: AsyncIterable<ControlEvent>,
  ask: () => Promise<Offer | null>,
  show: (event: ControlEvent) => void,
): Promise<Offer | null> {
  for await (const event of events) {
    if (event.event !== 'stream.gap') {
      if (!isAbout(event, offerId, maker)) continue;
      show(event);
      // The offer may have ended already, but the event that says so must be printed first.
      if (!ENDS.has(event.event)) continue;
    }
    const offer = await ask();
    if (offer === null) return null;
    if (hasEnded(offer)) return offer;
  }
  return null;
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

function isAbout(event: ControlEvent, offerId: string, maker: string): boolean {
  if (!('offerId' in event) || event.offerId !== offerId) return false;
  return !('maker' in event) || event.maker === maker;
}

/** @throws GrapevineError for an offer that ended without a deal, with the code of the reason */
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
