/** Compares prices exactly. Independent of the product's comparison, as this checks it. */
import type { OfferTerms } from '../src/protocol/messages.ts';

const PLACES = 18;

export function isBetterForMaker({ type }: Pick<OfferTerms, 'type'>, a: string, b: string): boolean {
  return type === 'sell' ? scaled(a) > scaled(b) : scaled(a) < scaled(b);
}

function scaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0'));
}
