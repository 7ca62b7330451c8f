import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { DealReport, DealSide, Details, OfferTerms } from '../../src/protocol/messages.ts';
import { makerDeadline, isMakerFinished } from '../../src/protocol/maker-state.ts';
import { isTakerFinished } from '../../src/protocol/taker-state.ts';
import { eventsOf, MakerUnderTest, sentBy, TakerUnderTest, typesOf } from './one-desk.ts';
import { MAKER, offerId, peer, START } from './values.ts';

const A = peer('A');
const B = peer('B');
const DETAILS: Details = { format: 'json', text: '{"txid":"abc"}' };
const ACKNOWLEDGED = { kind: 'acknowledged' } as const;

function awardedMaker(change: Partial<OfferTerms> = {}): MakerUnderTest {
  const maker = MakerUnderTest.withOffer(change);
  maker.acceptedBy(A);
  maker.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 });
  maker.deliveryGot(A, ACKNOWLEDGED);
  return maker;
}

function wonTaker(): TakerUnderTest {
  const taker = new TakerUnderTest(A).confirmed();
  taker.receives({
    cmd: 'offer:done',
    offerId: offerId('offer-1'),
    maker: MAKER.id,
    outcome: 'awarded',
    winner: A.id,
    epoch: 1,
  });
  expect(taker.state.phase).toBe('won');
  return taker;
}

function report(by: DealSide, change: Partial<DealReport> = {}): DealReport {
  return {
    cmd: 'deal:report',
    offerId: offerId('offer-1'),
    maker: MAKER.id,
    taker: A.id,
    by,
    result: 'done',
    at: START,
    ...change,
  };
}

describe('a report of ours', () => {
  it('is durable before it is sent to the other side', () => {
    for (const desk of [awardedMaker(), wonTaker()]) {
      const told = desk.do({ kind: 'report', result: 'done', details: DETAILS });
      expect(typesOf(told)).toEqual(['reported']);
      expect(told.mustSync).toBe(true);
      expect(told.answer).toEqual(ACKNOWLEDGED);
      expect(eventsOf(told)).toEqual(['deal.done']);
      expect(sentBy(told)).toEqual([desk instanceof MakerUnderTest ? 'deal:report>A' : 'deal:report>maker']);
    }
  });

  it('is sent again after a wait until it is acknowledged; then nothing is left to do', () => {
    const taker = wonTaker();
    taker.do({ kind: 'report', result: 'failed' });
    expect(isTakerFinished(taker.state)).toBe(false);
    expect(sentBy(taker.result({ what: 'report' }, { kind: 'unknown', code: 'ERR_TIMEOUT' }))).toEqual([]);
    expect(sentBy(taker.tickAfter(LIMITS.reportRetryMinMs * 2))).toEqual(['deal:report>maker']);
    expect(typesOf(taker.result({ what: 'report' }, ACKNOWLEDGED))).toEqual(['reportDelivered']);
    expect(isTakerFinished(taker.state)).toBe(true);
    expect(sentBy(taker.tickAfter(LIMITS.reportRetryMaxMs))).toEqual([]);
  });

  it('that is not delivered does not make a deal void in a restored copy', () => {
    for (const desk of [awardedMaker(), wonTaker()]) {
      desk.do({ kind: 'report', result: 'done' });
      expect(typesOf(desk.do({ kind: 'void' }))).toEqual([]);
    }
  });

  it('is sent again if the other side does not know the deal yet', () => {
    const maker = awardedMaker();
    maker.do({ kind: 'report', result: 'done' });
    maker.do({
      kind: 'result',
      to: A,
      correlation: { what: 'report' },
      result: { kind: 'refused', code: 'ERR_NO_DEAL', text: '' },
    });
    expect(sentBy(maker.tickAfter(LIMITS.reportRetryMinMs * 2))).toEqual(['deal:report>A']);
  });

  it('survives a restart, and is sent again', () => {
    const maker = awardedMaker();
    maker.do({ kind: 'report', result: 'failed', details: DETAILS });
    expect(isMakerFinished(maker.state)).toBe(false);
    expect(sentBy(maker.restart())).toContain('deal:report>A');
    expect(maker.state.reports.own).toEqual({ result: 'failed', details: DETAILS, at: START });
  });

  it('is final: repeating it changes nothing, another one is refused', () => {
    const taker = wonTaker();
    taker.do({ kind: 'report', result: 'done' });
    expect(taker.do({ kind: 'report', result: 'done' }).records).toEqual([]);
    for (const other of [{ result: 'failed' }, { result: 'done', details: DETAILS }] as const) {
      const told = taker.do({ kind: 'report', ...other });
      expect(told.answer).toMatchObject({ kind: 'refused', code: 'ERR_REPORTED' });
      expect(told.records).toEqual([]);
    }
  });

  it('needs a deal', () => {
    const open = MakerUnderTest.withOffer();
    const waiting = new TakerUnderTest(A).confirmed();
    for (const desk of [open, waiting]) {
      expect(desk.do({ kind: 'report', result: 'done' }).answer).toMatchObject({ code: 'ERR_NO_DEAL' });
    }
  });
});

describe('a report of the other side', () => {
  it('is durable before it is acknowledged, and shown once', () => {
    const maker = awardedMaker();
    const told = maker.receives(A, report('taker', { result: 'failed', details: DETAILS }));
    expect(typesOf(told)).toEqual(['reportReceived']);
    expect(told.mustSync).toBe(true);
    expect(told.answer).toEqual(ACKNOWLEDGED);
    expect(told.notices).toMatchObject([{ event: 'deal.failed', by: 'taker', details: DETAILS }]);
    const again = maker.receives(A, report('taker', { result: 'failed', details: DETAILS }));
    expect([again.records, again.notices, again.answer]).toEqual([[], [], ACKNOWLEDGED]);
  });

  it('that differs from the first is a contradiction, and changes nothing', () => {
    const taker = wonTaker();
    taker.receives(report('maker'));
    const told = taker.receives(report('maker', { result: 'failed' }));
    expect(told.answer).toMatchObject({ code: 'ERR_CONTRADICTION' });
    expect(told.records).toEqual([]);
    expect(eventsOf(told)).toEqual(['peer.contradiction']);
    expect(taker.state.reports.other?.result).toBe('done');
  });

  it('is refused from another desk, for our own side, and before the award', () => {
    const maker = awardedMaker();
    const early = MakerUnderTest.withOffer();
    early.acceptedBy(A);
    for (const told of [
      maker.receives(B, report('taker')),
      maker.receives(A, report('maker')),
      early.receives(A, report('taker')),
    ]) {
      expect(told.answer).toMatchObject({ code: 'ERR_NO_DEAL' });
      expect(told.records).toEqual([]);
    }
    expect(new TakerUnderTest(A).confirmed().receives(report('maker')).answer).toMatchObject({ code: 'ERR_NO_DEAL' });
  });
});

describe('an offer with a time limit for the report', () => {
  it('is overdue after that time, once, and a late report is shown as late', () => {
    const maker = awardedMaker({ doneWithinMs: 60_000 });
    expect(isMakerFinished(maker.state)).toBe(false);
    expect(makerDeadline(maker.state).wallMs).toBe(START + 60_000);
    expect(eventsOf(maker.tickAfter(59_999))).toEqual([]);
    const told = maker.tickAfter(1);
    expect(typesOf(told)).toEqual(['overdue']);
    expect(told.notices).toMatchObject([{ event: 'deal.overdue', taker: A.id }]);
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(eventsOf(maker.tickAfter(60_000))).toEqual([]);
    expect(maker.receives(A, report('taker')).notices).toMatchObject([{ event: 'deal.done', late: true }]);
  });

  it('is overdue after a restart as well', () => {
    const maker = awardedMaker({ doneWithinMs: 60_000 });
    maker.now += 60_000;
    expect(eventsOf(maker.restart())).toContain('deal.overdue');
  });

  it('is not overdue when its winner has reported', () => {
    const maker = awardedMaker({ doneWithinMs: 60_000 });
    maker.receives(A, report('taker'));
    expect(isMakerFinished(maker.state)).toBe(true);
    expect(eventsOf(maker.tickAfter(60_000))).toEqual([]);
  });
});

describe('a report that cannot be delivered', () => {
  it('is not sent again if the other side refuses it as a contradiction', () => {
    const taker = wonTaker();
    taker.do({ kind: 'report', result: 'failed' });
    const refused = taker.result({ what: 'report' }, { kind: 'refused', code: 'ERR_CONTRADICTION', text: '' });
    expect(refused.records).toMatchObject([{ type: 'reportDelivered', givenUp: true }]);
    expect(eventsOf(refused)).toEqual([]);
    expect(isTakerFinished(taker.state)).toBe(true);
    taker.expectNoChange({ kind: 'result', to: MAKER, correlation: { what: 'report' }, result: ACKNOWLEDGED });
  });

  it('is given up after the maximum of attempts, and not before', () => {
    const taker = wonTaker();
    taker.do({ kind: 'report', result: 'done' });
    const lost = { kind: 'unknown', code: 'ERR_TIMEOUT' } as const;
    for (let attempt = 1; attempt < LIMITS.reportMaxAttempts; attempt += 1) {
      expect(taker.result({ what: 'report' }, lost).records).toEqual([]);
      expect(sentBy(taker.tickAfter(LIMITS.reportRetryMaxMs))).toEqual(['deal:report>maker']);
      expect(sentBy(taker.tickAfter(LIMITS.reportRetryMaxMs))).toEqual([]);
    }
    expect(taker.result({ what: 'report' }, lost).records).toMatchObject([{ type: 'reportDelivered', givenUp: true }]);
  });

  it('is not sent to a client of the original, which has no reports', () => {
    const original = peer('O', 'original');
    const maker = MakerUnderTest.withOffer();
    maker.acceptedBy(original);
    maker.approvalGot(original, 1, { kind: 'accepted' });
    const told = maker.do({ kind: 'report', result: 'done' });
    expect(told.records).toMatchObject([{ type: 'reported' }, { type: 'reportDelivered', givenUp: true }]);
    expect(sentBy(told)).toEqual([]);
    expect(isMakerFinished(maker.state)).toBe(true);
  });
});

describe('a report with a signature', () => {
  it('is stored with it', () => {
    const auth = { sig: 'signature' };
    const told = awardedMaker().do({ kind: 'message', from: A, message: report('taker'), auth });
    expect(told.records).toMatchObject([{ type: 'reportReceived', auth }]);
  });
});
