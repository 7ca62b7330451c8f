/** The phases in which an offer has ended. Without zod, because the page uses it too. */
import type { Offer } from './offers.ts';

export const ENDED: ReadonlySet<string> = new Set<Offer['phase']>([
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
