/** How a withdrawal reaches the maker. The rules are in docs/PROTOCOL.md. */
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/protocol/ids.ts';
import { refusal, type SendResult } from '../../src/protocol/messages.ts';
import { eventsOf, MakerUnderTest, sentBy, TakerUnderTest } from './one-desk.ts';
import { MAKER, offerId, peer } from './values.ts';

const [A, B, C] = [peer('A'), peer('B'), peer('C')];
const ORIGINAL = peer('maker', 'original');
const WITHDRAWAL = ['offer:accept:withdrawn>maker'];

describe('a taker that withdraws', () => {
  it('informs its maker once, if its acceptance waits there', () => {
    const desk = new TakerUnderTest(A).queued();
    expect(sentBy(desk.do({ kind: 'withdraw' }))).toEqual(WITHDRAWAL);
    expect(sentBy(desk.do({ kind: 'withdraw' }))).toEqual([]);
    expect(sentBy(desk.result({ what: 'hint' }, { kind: 'unknown', code: 'ERR_TIMEOUT' }))).toEqual([]);
  });

  it('waits for the answer to an acceptance in flight, which the withdrawal could overtake', () => {
    const desk = new TakerUnderTest(A).accepting();
    expect(sentBy(desk.do({ kind: 'withdraw' }))).toEqual([]);
    expect(sentBy(desk.acceptanceGot({ kind: 'queued', position: 1 }))).toEqual(WITHDRAWAL);
  });

  it.each<[string, string, SendResult, string[]]>([
    ['sends the withdrawal', 'may have arrived', { kind: 'unknown', code: 'ERR_TIMEOUT' }, WITHDRAWAL],
    ['sends nothing', 'never arrived', { kind: 'unsent', code: 'ERR_CONNECT' }, []],
    ['sends nothing', 'was refused', refusal('ERR_QUEUE_FULL', 'full'), []],
  ])('%s if that acceptance %s', (_does, _what, result, sent) => {
    const desk = new TakerUnderTest(A).accepting();
    desk.do({ kind: 'withdraw' });
    expect(sentBy(desk.acceptanceGot(result))).toEqual(sent);
    expect(desk.state.phase).toBe('withdrawn');
  });

  it('sends no withdrawal for an acceptance that is followed by another one', () => {
    const desk = new TakerUnderTest(A).accepting();
    desk.do({ kind: 'withdraw' });
    const { round, attempt } = desk.state;
    desk.do({ kind: 'accept' });
    expect(sentBy(desk.result({ what: 'acceptance', round, attempt }, { kind: 'queued', position: 1 }))).toEqual([]);
  });

  it('sends nothing to a maker of the original, which has no withdrawals', () => {
    const desk = new TakerUnderTest(A, ORIGINAL).accepting();
    desk.acceptanceGot({ kind: 'accepted' });
    expect(sentBy(desk.do({ kind: 'withdraw' }))).toEqual([]);
  });
});

function withdrawnBy(maker: MakerUnderTest, taker = B): ReturnType<MakerUnderTest['receives']> {
  const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: taker.id };
  return maker.receives(taker, { cmd: 'offer:accept:withdrawn', ...names });
}

function waiting(maker: MakerUnderTest): string[] {
  return [...maker.state.queue].map(({ taker }) => taker.id);
}

describe('a maker that receives a withdrawal', () => {
  it('removes the taker from the queue, and shows it', () => {
    const maker = MakerUnderTest.withOffer();
    for (const taker of [A, B, C]) maker.acceptedBy(taker);
    const told = withdrawnBy(maker);
    expect(told.answer).toEqual({ kind: 'acknowledged' });
    expect(told.notices).toMatchObject([{ event: 'acceptance.withdrawn', taker: 'B' }]);
    expect(told.records).toEqual([]);
    expect(waiting(maker)).toEqual(['C']);
    expect(maker.askedBy(B).answer).toMatchObject({ standing: 'none' });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation?.taker).toEqual(C);
  });

  it('acknowledges it, and changes nothing, if that taker does not wait', () => {
    const maker = MakerUnderTest.withOffer();
    maker.acceptedBy(A);
    for (const taker of [B, C]) {
      const told = withdrawnBy(maker, taker);
      expect([told.answer, told.notices]).toEqual([{ kind: 'acknowledged' }, []]);
    }
  });

  it('does not end a reservation, which may be confirmed already, nor an award', () => {
    const maker = MakerUnderTest.withOffer();
    maker.acceptedBy(A);
    withdrawnBy(maker, A);
    expect(maker.state).toMatchObject({ phase: 'reserved', reservation: { taker: A } });
    maker.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 });
    withdrawnBy(maker, A);
    expect(maker.state).toMatchObject({ phase: 'awarded', award: { taker: A } });
  });

  it('admits a later acceptance at another bid', () => {
    const maker = MakerUnderTest.withOffer({ award: 'manual' });
    const accept = (unitPrice: string): void => {
      const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: B.id };
      maker.receives(B, { cmd: 'offer:accept', ...names, unitPrice: unitPrice as Decimal });
    };
    accept('60001');
    accept('60002');
    expect([...maker.state.queue]).toMatchObject([{ unitPrice: '60001' }]);
    withdrawnBy(maker);
    accept('60002');
    expect([...maker.state.queue]).toMatchObject([{ unitPrice: '60002' }]);
  });

  it('announces the offer again if nobody waits any more', () => {
    const maker = MakerUnderTest.withOffer({ award: 'manual' });
    maker.acceptedBy(B);
    expect(sentBy(maker.tickAfter(60_000))).toEqual([]);
    expect(sentBy(withdrawnBy(maker))).toEqual(['offer:new>all']);
  });

  it('refuses it from a client of the original, which does not sign', () => {
    const maker = MakerUnderTest.withOffer();
    const original = peer('B', 'original');
    for (const taker of [A, original]) maker.acceptedBy(taker);
    expect(withdrawnBy(maker, original).answer).toMatchObject({ code: 'ERR_UNSIGNED' });
    expect(eventsOf(maker.tickAfter(1))).toEqual([]);
    expect(waiting(maker)).toEqual(['B']);
  });
});
