/** An offer in words: its state, its terms. */
import type { Offer } from '../control/contract.ts';

const ENDED: ReadonlySet<Offer['phase']> = new Set([
  'awarded',
  'cancelled',
  'expired',
  'closed',
  'won',
  'lost',
  'withdrawn',
  'gaveUp',
  'voided',
]);

export function hasEnded({ phase }: Pick<Offer, 'phase'>): boolean {
  return ENDED.has(phase);
}

/** A few words. */
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
      return `not yours: ${reason ?? 'lost'}`;
    case 'gaveUp':
      return `given up: ${reason ?? 'no answer'}`;
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

/** `sell 1 BTC/USD at 8000 (total 8000)`. */
export function termsText({ type, amount, pair, unitPrice, total }: Offer): string {
  const what = [type, amount, pair].filter((part) => part !== null).join(' ');
  if (unitPrice === null) return what;
  return `${what} at ${unitPrice}${total === null || total === unitPrice ? '' : ` (total ${total})`}`;
}
