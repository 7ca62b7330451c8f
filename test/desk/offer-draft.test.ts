import { describe, expect, it } from 'vitest';
import { draftOf, termsOf } from '../../src/desk/offer-draft.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';

const DRAFT = { type: 'sell', amount: '1' } as const;
const most = `0.${'1'.repeat(LIMITS.decimalMaxFraction)}`;

function terms(change: object): ReturnType<typeof termsOf> {
  return termsOf({ ...DRAFT, ...change }, 'offer' as OfferId, 'a'.repeat(64) as PeerId, 1_000_000);
}

describe('a draft', () => {
  it.each(['amount', 'unitPrice'])('has at most as many decimals as other desks accept: %s', (field) => {
    expect(terms({ [field]: most })).toMatchObject({ [field]: most });
    for (const tooMany of [`${most}1`, `0.${'0'.repeat(44)}1`, 1e-19]) {
      expect(() => terms({ [field]: tooMany })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_OFFER' }) as Error,
      );
    }
  });

  it('may have more zeros at the end, which change nothing', () => {
    expect(terms({ amount: `1.${'0'.repeat(30)}` })).toMatchObject({ amount: '1' });
  });

  it('of a job has the amount 1, and neither pair nor price, by default', () => {
    expect(terms({ type: 'job', amount: undefined })).toMatchObject({ amount: '1', pair: null, unitPrice: null });
    expect(() => terms({ amount: undefined })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OFFER' }) as Error);
  });

  it.each<[string, object]>([
    ['ERR_DETAILS', { details: 'x'.repeat(LIMITS.detailsMaxBytes + 1) }],
    ['ERR_DETAILS', { details: '\ud800' }],
    ['ERR_DETAILS', { details: () => 1 }],
    ['ERR_REFERENCE', { reference: '' }],
    ['ERR_REFERENCE', { reference: 'two words' }],
    ['ERR_REFERENCE', { reference: 'x'.repeat(LIMITS.referenceMaxLength + 1) }],
    ['ERR_INVALID_OFFER', { doneWithinMs: 0 }],
    ['ERR_INVALID_OFFER', { doneWithinMs: LIMITS.doneWithinMaxMs + 1 }],
  ])('is refused with %s where a field is wrong: %j', (code, change) => {
    expect(() => terms(change)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it.each([{ a: [1, null, 'x'] }, [1], 0, false, null, 'plain'])(
    'has details that come back as they were: %j',
    (details) => {
      expect(draftOf(terms({ details })).details).toEqual(details);
    },
  );
});
