/** The taker's half, rule by rule. The rules are in docs/PROTOCOL.md. */
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferDone } from '../../src/protocol/messages.ts';
import type { TakerInput } from '../../src/protocol/step.ts';
import { takerDeadline, isTakerFinished } from '../../src/protocol/taker-state.ts';
import { stepTaker } from '../../src/protocol/taker.ts';
import {
  A,
  STRANGER,
  LOST,
  taker,
  done,
  status,
  codeOf,
  waitForQuestion,
  EVERY_PHASE,
  seen,
  won,
  lost,
  withdrawn,
  closed,
} from './takers.ts';
import type { TakerUnderTest } from './one-desk.ts';
import { eventsOf } from './one-desk.ts';
import { dueAt, MAKER, START, terms, VALIDITY_MS, envAt } from './values.ts';

describe('an announced offer', () => {
  it('is shown and not journalled: strangers must not be able to fill a journal', () => {
    const result = taker().receivesOffer();
    expect(eventsOf(result)).toEqual(['offer.received']);
    expect(result.records).toEqual([]);
    expect(result.answer).toEqual({ kind: 'acknowledged' });
  });

  it('is accepted only from its maker', () => {
    const desk = taker();
    const refused = desk.receives({ cmd: 'offer:new', terms: terms() }, STRANGER);
    expect(codeOf(refused.answer)).toBe('ERR_OFFER_UNKNOWN');
    expect(desk.hasState).toBe(false);
  });

  it('is not stored if its validity is over, even with the margin for clocks', () => {
    const desk = taker();
    desk.now = START + VALIDITY_MS + LIMITS.clockSkewMs;
    expect(codeOf(desk.receivesOffer().answer)).toBe('ERR_OFFER_EXPIRED');
    expect(desk.hasState).toBe(false);
  });

  it('is gone after `offer:done`, or after its validity', () => {
    expect(seen().receives(done({ winner: STRANGER.id })).notices).toMatchObject([
      { event: 'offer.gone', outcome: 'awarded' },
    ]);
    const late = seen().tickAfter(VALIDITY_MS + LIMITS.clockSkewMs);
    expect(late.notices).toMatchObject([{ event: 'offer.gone', outcome: 'expired' }]);
    expect(late.records).toEqual([]);
  });

  it('is gone when its maker no longer lists it; nothing is written, and it does not return', () => {
    const desk = seen();
    const gone = desk.do({ kind: 'unlisted' });
    expect(gone.notices).toMatchObject([{ event: 'offer.gone', outcome: null }]);
    expect(gone.records).toEqual([]);
    expect(desk.state).toMatchObject({ phase: 'lost', reason: 'unknown-offer' });
    expect(desk.do({ kind: 'unlisted' }).notices).toEqual([]);
  });

  it.each<[string, (desk: TakerUnderTest) => unknown]>([
    ['accepting', (desk) => desk.accepting()],
    ['queued', (desk) => desk.accepting().acceptanceGot({ kind: 'queued', position: 1 })],
    ['withdrawn', (desk) => (desk.accepting(), desk.do({ kind: 'withdraw' }))],
  ])('that is %s stays so, whatever its maker lists', (phase, lead) => {
    const desk = taker();
    lead(desk);
    const before = desk.state;
    const told = desk.do({ kind: 'unlisted' });
    expect(desk.state).toBe(before);
    expect([before.phase, told.records, told.effects, told.notices]).toEqual([phase, [], [], []]);
  });

  it('cannot be withdrawn, resolved or approved', () => {
    const desk = seen();
    expect(codeOf(desk.expectNoChange({ kind: 'withdraw' }).answer)).toBe('ERR_WRONG_STATE');
    expect(codeOf(desk.expectNoChange({ kind: 'resolve', as: 'won' }).answer)).toBe('ERR_WRONG_STATE');
    expect(codeOf(desk.approved(1).answer)).toBe('ERR_NOT_INTERESTED');
  });

  it('can be repeated with its details, which are a new object each time', () => {
    const withDetails = () => ({ details: { format: 'json', text: '{"n":1}' } }) as const;
    const desk = taker();
    desk.receivesOffer(withDetails());
    expect(desk.receivesOffer(withDetails())).toMatchObject({ answer: { kind: 'acknowledged' }, notices: [] });
    const other = desk.receivesOffer({ details: { format: 'json', text: '{"n":2}' } });
    expect(codeOf(other.answer)).toBe('ERR_CONTRADICTION');
    expect(codeOf(desk.receivesOffer({ details: { format: 'text', text: '{"n":1}' } }).answer)).toBe(
      'ERR_CONTRADICTION',
    );
    expect(codeOf(desk.receivesOffer({}).answer)).toBe('ERR_CONTRADICTION');
  });

  it('does not change its terms: a second announcement with other terms is reported and changes nothing', () => {
    for (const [, desk] of EVERY_PHASE) {
      const changed = { cmd: 'offer:new', terms: terms({ amount: '2' as Decimal }) } as const;
      const result = desk().expectNoChange({ kind: 'message', from: MAKER, message: changed });
      expect(codeOf(result.answer)).toBe('ERR_CONTRADICTION');
      expect(eventsOf(result)).toEqual(['peer.contradiction']);
    }
  });
});

describe('in a restored copy', () => {
  it.each([
    ['accepted', () => taker().accepting()],
    ['confirmed', () => taker().confirmed()],
  ])(
    'an offer that was %s is voided: it is not accepted again, and the maker’s decision is recorded when it arrives',
    (_phase, make) => {
      const desk = make();
      const voided = desk.do({ kind: 'void' });
      expect(voided.records).toMatchObject([{ type: 'voided' }]);
      expect(voided.effects).toEqual([]);
      expect(eventsOf(voided)).toEqual(['offer.voided']);
      expect(isTakerFinished(desk.state)).toBe(true);
      expect(codeOf(desk.approved(7).answer)).toBe('ERR_NOT_INTERESTED');
      const truth = desk.receives(done());
      expect(truth.records).toMatchObject([{ type: 'truth', outcome: 'awarded', won: true }]);
      expect(truth.notices).toMatchObject([{ event: 'deal.truth', contradicts: false }]);
    },
  );

  it('what is final stays final', () => {
    for (const desk of [won(), lost(), closed('lost')]) expect(desk.do({ kind: 'void' }).records).toEqual([]);
  });
});

describe('a message of the maker that contradicts earlier ones is reported and changes nothing', () => {
  const claims: readonly (readonly [what: string, desk: () => TakerUnderTest, message: OfferDone])[] = [
    ['a won offer is awarded to another', won, done({ winner: STRANGER.id })],
    ['a won offer is cancelled', won, done({ outcome: 'cancelled', winner: null, epoch: null })],
    ['a won offer was won in another reservation', won, done({ epoch: 2 })],
    ['a lost offer is awarded to us', lost, done()],
    ['a withdrawn acceptance is awarded', withdrawn, done()],
    ['an award in a reservation that we did not confirm', () => taker().confirmed(1), done({ epoch: 2 })],
    ['an award without a confirmation', () => taker().queued(), done()],
    ['an award of an offer that was never accepted', seen, done()],
  ];
  it.each(claims)('%s', (_what, desk, message) => {
    const result = desk().expectNoChange({ kind: 'message', from: MAKER, message });
    expect(codeOf(result.answer)).toBe('ERR_CONTRADICTION');
    expect(eventsOf(result)).toEqual(['peer.contradiction']);
  });

  it('also in an answer to a status query', () => {
    const desk = taker().confirmed(1);
    waitForQuestion(desk);
    expect(eventsOf(desk.questionGot(status('awarded', 'won', 2)))).toEqual(['peer.contradiction']);
    expect(desk.state.phase).toBe('confirmed');
  });
});

describe('the end of an offer', () => {
  it('is accepted only from its maker', () => {
    for (const [, desk] of EVERY_PHASE) {
      desk().expectNoChange({ kind: 'message', from: STRANGER, message: done({ winner: STRANGER.id }) });
    }
  });

  it('without an outcome is refused, except from makers of the original', () => {
    for (const [, desk] of EVERY_PHASE) {
      const message = done({ outcome: null, winner: null, epoch: null });
      const result = desk().expectNoChange({ kind: 'message', from: MAKER, message });
      expect(codeOf(result.answer)).toBe('ERR_INVALID_MESSAGE');
    }
  });
});

describe('an offer that has ended for the taker changes no more after its validity', () => {
  const inputs: readonly TakerInput[] = [
    { kind: 'accept' },
    { kind: 'withdraw' },
    { kind: 'resolve', as: 'won' },
    { kind: 'tick' },
    { kind: 'message', from: MAKER, message: { cmd: 'offer:new', terms: terms() } },
    { kind: 'result', to: MAKER, correlation: { what: 'status' }, result: status('open', 'none', 9) },
    { kind: 'result', to: MAKER, correlation: { what: 'acceptance', round: 1, attempt: 1 }, result: LOST },
    { kind: 'recover' },
  ];
  it.each(EVERY_PHASE.filter(([phase]) => ['won', 'lost', 'withdrawn', 'closed'].includes(phase)))(
    '%s',
    (phase, desk) => {
      const final = desk();
      final.tickAfter(100 * VALIDITY_MS);
      for (const input of inputs) {
        const result = final.do(input);
        expect(result.records).toEqual([]);
        expect(result.effects).toEqual([]);
      }
      final.approved(9);
      final.released(9);
      expect(final.state.phase).toBe(phase);
      expect(dueAt(takerDeadline(final.state))).toBeNull();
    },
  );
});

describe('the validity of an offer', () => {
  const DAY = 24 * 3_600_000;

  it.each([
    ['issued in the far future', { issuedAt: START + 29 * DAY, expiresAt: START + 58 * DAY }],
    ['without a time of issue', { issuedAt: null, expiresAt: START + 31 * DAY }],
    ['valid for longer than 30 days from now', { issuedAt: START, expiresAt: START + 31 * DAY }],
  ])('is bounded by our own clock: %s', (_what, change) => {
    const desk = taker();
    expect(desk.receivesOffer(change).answer).toMatchObject({ kind: 'refused', code: 'ERR_INVALID_MESSAGE' });
    expect(desk.hasState).toBe(false);
  });

  it('may be from a clock that is ahead by less than an hour', () => {
    const ahead = LIMITS.validitySkewMs;
    const desk = taker();
    expect(desk.receivesOffer({ issuedAt: START + ahead, expiresAt: START + ahead + 30 * DAY }).answer).toEqual({
      kind: 'acknowledged',
    });
  });
});

it('a step is a function of its inputs, and an idle tick returns the same state object', () => {
  for (const [, desk] of EVERY_PHASE) {
    const { state } = desk();
    const input = { kind: 'message', from: MAKER, message: done() } as const;
    expect(stepTaker(state, input, envAt(START + 1), A.id)).toEqual(stepTaker(state, input, envAt(START + 1), A.id));
    expect(stepTaker(state, { kind: 'tick' }, envAt(START), A.id).state).toBe(state);
  }
});
