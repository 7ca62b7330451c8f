import { describe, expect, it } from 'vitest';
import { termsOf } from '../../src/desk/offer-draft.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/protocol/limits.ts';

const DRAFT = { type: 'sell', amount: '1' } as const;
const most = `0.${'1'.repeat(LIMITS.decimalMaxFraction)}`;

function terms(change: object): ReturnType<typeof termsOf> {
  return termsOf({ ...DRAFT, ...change }, 'offer' as OfferId, 'a'.repeat(64) as PeerId, 1_000_000);
}

describe('what we offer', () => {
  it.each(['amount', 'unitPrice'])('has at most as many decimals as others take: %s', (field) => {
    expect(terms({ [field]: most })).toMatchObject({ [field]: most });
    for (const tooMany of [`${most}1`, `0.${'0'.repeat(44)}1`, 1e-19]) {
      expect(() => terms({ [field]: tooMany })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OFFER' }) as Error,
      );
    }
  });

  it('may have zeros behind them that carry no value', () => {
    expect(terms({ amount: `1.${'0'.repeat(30)}` })).toMatchObject({ amount: '1' });
  });
});
