/** What the library promises to a compiler; `npm run types` is what checks most of this file. */
import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  createDesk,
  ERROR_CODES,
  GrapevineError,
  type DeskNotice,
  type ErrorCode,
  type NoticeOf,
  type OfferId,
  type OfferTerms,
  type PeerId,
} from '../src/index.ts';

describe('the types of the library', () => {
  it('events carry what they say', async () => {
    const desk = createDesk({ interest: (offer: OfferTerms) => offer.amount === '1' });
    desk.on('deal.won', (notice) => {
      expectTypeOf(notice).toEqualTypeOf<NoticeOf<'deal.won'>>();
      expectTypeOf(notice.verified).toEqualTypeOf<boolean>();
    });
    desk.on('notice', (notice) => {
      expectTypeOf(notice).toEqualTypeOf<DeskNotice>();
    });
    // @ts-expect-error there is no such event
    desk.on('deal.wonn', () => undefined);
    await desk.stop();
  });

  it('an id of an offer is none of a peer', () => {
    expectTypeOf<OfferId>().not.toEqualTypeOf<PeerId>();
    expectTypeOf<string>().not.toExtend<OfferId>();
    expectTypeOf<OfferId>().toExtend<string>();
  });

  it('codes are a closed set', () => {
    expectTypeOf(new GrapevineError('ERR_USAGE', '').code).toEqualTypeOf<ErrorCode>();
    // @ts-expect-error there is no such code
    expect(ERROR_CODES.ERR_MADE_UP).toBeUndefined();
    expect(new GrapevineError('ERR_USAGE', 'no').toString()).toBe('ERR_USAGE: no');
    expect([new GrapevineError('ERR_USAGE', '').family, new GrapevineError('ERR_TIMEOUT', '').family]).toEqual([
      'usage',
      'peer',
    ]);
  });
});
