/** An offer as text: its state and its terms. */
import type { Offer } from '../control/contract.ts';
import { harmless } from './harmless.ts';
import { spanText } from './time-text.ts';

/** The state in a few words. */
export function stateText(offer: Offer, now: number, peer: (id: string) => string): string {
  const unverified = offer.verified || offer.phase === 'open' ? '' : ', unverified';
  return `${plainState(offer, now, peer)}${unverified}`;
}

function plainState(offer: Offer, now: number, peer: (id: string) => string): string {
  const { phase, inDoubt, taker, acceptancesWaiting, reason, expiresAt, isStale } = offer;
  if (inDoubt) return 'IN DOUBT';
  switch (phase) {
    case 'open':
      return acceptancesWaiting === 0 ? 'open' : `open, ${acceptancesWaiting} waiting`;
    case 'reserved':
      return `held for ${peer(taker ?? '')}`;
    case 'awarded':
      return `DEAL with ${peer(taker ?? '')}`;
    case 'seen':
      if (expiresAt !== null && expiresAt <= now) return 'over';
      return isStale ? 'maker gone?' : 'open';
    case 'accepting':
      return 'accepting';
    case 'queued':
      return 'in the queue';
    case 'confirmed':
      return 'confirmed';
    case 'won':
      return 'DEAL: yours';
    case 'lost':
      return `not yours: ${harmless(reason ?? 'lost')}`;
    case 'gaveUp':
      return `given up: ${harmless(reason ?? 'no answer')}`;
    case 'closed':
      return 'closed by hand';
    case 'cancelled':
    case 'expired':
    case 'withdrawn':
      return phase;
    case 'voided':
      return 'void';
  }
}

/** The agreed price, else this desk's bid, else the offer's price. */
export function priceOf({ agreedUnitPrice, bidUnitPrice, unitPrice }: Offer): string | null {
  return agreedUnitPrice ?? bidUnitPrice ?? unitPrice;
}

/** The total at that price. */
export function totalOf({ agreedTotal, bidTotal, total }: Offer): string | null {
  return agreedTotal ?? bidTotal ?? total;
}

/** `best of 30s`, `manual`, `to 2` (desks), or `directed` (by another maker); empty if the first desk of all gets it. */
export function conditionText({ award, windowMs, to, role }: Offer): string {
  const policy = award === 'first' ? [] : [award === 'best' ? `best of ${spanText(windowMs ?? 0)}` : award];
  const directed = to === null ? [] : [role === 'maker' ? `to ${to.length}` : 'directed'];
  return [...policy, ...directed].join(', ');
}

/** `sell 1 BTC/USD at 8000 (total 8000)`; of a job `have a job done`, `have 3 GB/DAY done at 5 (total 15)`. */
export function termsText(offer: Offer): string {
  const [price, total] = [priceOf(offer), totalOf(offer)];
  const what = harmless(objectText(offer));
  if (price === null) return what;
  return `${what} at ${price}${total === null || total === price ? '' : ` (total ${total})`}`;
}

function objectText({ type, amount, pair }: Offer): string {
  const what = [amount, pair].filter((part) => part !== null).join(' ');
  if (type !== 'job') return `${type} ${what}`;
  return what === '1' ? 'have a job done' : `have ${what} done`;
}
