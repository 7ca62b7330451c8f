/** The queue of acceptances, rule by rule. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { refusal, type Peer } from '../../src/protocol/messages.ts';
import type { MakerInput } from '../../src/protocol/step.ts';
import { A, B, C, reservedForA, awardedToA, codeOf } from './makers.ts';
import { MakerUnderTest, sentBy, typesOf } from './one-desk.ts';
import { MAKER, offerId, peer, VALIDITY_MS } from './values.ts';

describe('acceptances that a maker receives', () => {
  it('wait in order of arrival, and each answer has the position', () => {
    const maker = MakerUnderTest.withOffer();
    const first = maker.acceptedBy(A);
    expect(first.answer).toEqual({ kind: 'queued', position: 0 });
    expect(typesOf(first)).toEqual(['reserved']);
    expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: 1 });
    expect(maker.acceptedBy(C).answer).toEqual({ kind: 'queued', position: 2 });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation).toMatchObject({ taker: B, epoch: 2 });
    maker.approvalGot(B, 2, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.state.reservation).toMatchObject({ taker: C, epoch: 3 });
  });

  it('of the same taker are one acceptance, and the same request again gets the same answer', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    for (let times = 0; times < 3; times += 1) {
      expect(maker.acceptedBy(A).answer).toEqual({ kind: 'queued', position: 0 });
      expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: 1 });
    }
    expect([...maker.state.queue]).toEqual([{ taker: B }]);
    expect(maker.journal.map(({ type }) => type)).toEqual(['opened', 'reserved']);
  });

  it('are shown to the program with their position', () => {
    const maker = reservedForA();
    maker.acceptedBy(B);
    expect(maker.acceptedBy(C).notices).toMatchObject([{ event: 'acceptance.queued', taker: C.id, position: 2 }]);
  });

  it('in a full queue: one that loses the draw is refused with ERR_QUEUE_FULL and may try again', () => {
    const maker = reservedForA();
    const names = Array.from({ length: LIMITS.acceptancesPerOfferMax }, (_, index) =>
      peer(`taker-${index.toString()}`),
    );
    for (const taker of names) expect(maker.acceptedBy(taker).answer?.kind).toBe('queued');
    const before = maker.state.queue;
    const oneTooMany = maker.acceptedBy(B);
    expect([oneTooMany.records, oneTooMany.effects, oneTooMany.notices]).toEqual([[], [], []]);
    expect(maker.state.queue).toBe(before);
    expect(codeOf(oneTooMany.answer)).toBe('ERR_QUEUE_FULL');
    expect(maker.acceptedBy(names[7] ?? A).answer).toEqual({ kind: 'queued', position: 8 });
    maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(maker.acceptedBy(B).answer).toEqual({ kind: 'queued', position: LIMITS.acceptancesPerOfferMax });
  });

  it('leave the offer open when the reserved taker refuses the approval', () => {
    const maker = reservedForA();
    const refused = maker.approvalGot(A, 1, refusal('ERR_NOT_INTERESTED', 'no'));
    expect(typesOf(refused)).toEqual(['released']);
    expect(refused.records[0]).toMatchObject({ epoch: 1, reason: 'refused', detail: 'ERR_NOT_INTERESTED' });
    expect(maker.state.phase).toBe('open');
    expect(sentBy(refused)).toEqual([]);
  });

  it.each([
    ['awarded', 'ERR_OFFER_TAKEN'],
    ['cancelled', 'ERR_OFFER_CANCELLED'],
    ['expired', 'ERR_OFFER_EXPIRED'],
  ] as const)('of an offer that was %s are refused with %s', (outcome, code) => {
    const maker = outcome === 'awarded' ? awardedToA() : MakerUnderTest.withOffer();
    if (outcome === 'cancelled') maker.do({ kind: 'cancel' });
    if (outcome === 'expired') maker.tickAfter(VALIDITY_MS);
    expect(codeOf(maker.acceptedBy(B).answer)).toBe(code);
    expect(maker.state.phase).toBe(outcome);
  });

  it('of the winner, repeated by the network, still get their first answer', () => {
    expect(awardedToA().acceptedBy(A).answer).toEqual({ kind: 'queued', position: 0 });
  });

  it("of the maker's own offer are refused and change nothing", () => {
    const maker = MakerUnderTest.withOffer();
    const own = { cmd: 'offer:accept', offerId: offerId('offer-1'), maker: MAKER.id, taker: MAKER.id } as const;
    expect(codeOf(maker.expectNoChange({ kind: 'message', from: MAKER, message: own }).answer)).toBe(
      'ERR_CONTRADICTION',
    );
  });
});

describe('in a full queue', () => {
  const strangers = Array.from({ length: LIMITS.acceptancesPerOfferMax }, (_, index) => peer(`s${index.toString()}`));

  function full(): MakerUnderTest {
    const maker = reservedForA();
    for (const stranger of strangers) maker.acceptedBy(stranger);
    return maker;
  }

  function acceptance(from: Peer, isKnown?: true): MakerInput {
    const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: from.id };
    return { kind: 'message', from, message: { cmd: 'offer:accept', ...names }, ...(isKnown && { isKnown }) };
  }

  it('a known taker replaces a stranger that is drawn', () => {
    const maker = full();
    maker.random = 0.999_999;
    expect(maker.do(acceptance(B, true)).answer).toEqual({ kind: 'queued', position: strangers.length });
    expect(maker.state.queue.map(({ taker }) => taker.id)).toEqual([...strangers.slice(0, -1), B].map(({ id }) => id));
  });

  it('no known taker is replaced', () => {
    const maker = reservedForA();
    for (const known of strangers) maker.do(acceptance(known, true));
    expect(codeOf(maker.do(acceptance(B, true)).answer)).toBe('ERR_QUEUE_FULL');
  });

  // A has accepted as well, and is reserved. So the new stranger is the 258th that accepted.
  it.each([
    [0, 'refused', null],
    [1 / 258 + 1e-9, 'refused', null],
    [2 / 258 + 1e-9, 'queued', 255],
    [0.999_999, 'queued', 0],
  ])('another stranger gets a place as it is drawn (%s: %s)', (random, kind, place) => {
    const maker = full();
    maker.random = random;
    expect(maker.do(acceptance(B)).answer?.kind).toBe(kind);
    const left = strangers.filter((_, index) => index !== place);
    expect(maker.state.queue.map(({ taker }) => taker.id)).toEqual(
      (place === null ? strangers : [...left, B]).map(({ id }) => id),
    );
  });
});
