/** In which phases nothing more happens to an offer. Without zod: the page has it too. */
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
