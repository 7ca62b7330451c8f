/** The checkers themselves, on short histories made by hand: each tells what is wrong, and only that. */
import { describe, expect, it } from 'vitest';
import type { Decimal, OfferId } from '../../src/protocol/ids.ts';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import type { TakerRecord } from '../../src/protocol/records.ts';
import { applyMaker, type MakerState } from '../../src/protocol/maker-state.ts';
import {
  MAKER,
  ONE,
  TWO,
  OLD,
  OFFER,
  NAMES,
  TERMS,
  opened,
  reserved,
  released,
  awarded,
  accepting,
  confirmed,
  won,
  History,
  dealWithOne,
} from './history.ts';

describe('the checker of decisions', () => {
  it('accepts a correct deal', () => {
    const history = dealWithOne().taker(ONE, won(1)).maker({ type: 'delivered', at: 0 });
    expect(history.says).toBeNull();
    expect(history.ends()).toBe('well');
  });

  it('S1: finds a second award, also by a restored journal without the first one', () => {
    const history = new History().maker(opened);
    history.tell.copied(MAKER, 'copy');
    history.taker(ONE, accepting).maker(reserved(ONE, 1)).taker(ONE, confirmed(1)).maker(awarded(ONE, 1));
    history.tell.restored(MAKER, 'copy');
    history.taker(TWO, accepting).maker(reserved(TWO, 1)).taker(TWO, confirmed(1)).maker(awarded(TWO, 1));
    expect(history.says).toMatch(/^S1: .* was awarded to 1+ and then to 2+$/);
  });

  it('S1: finds two takers that both believe they have won', () => {
    const history = dealWithOne().taker(ONE, won(1));
    history.tell.noticed(TWO.id, {
      event: 'deal.won',
      offerId: TERMS.offerId,
      maker: MAKER,
      epoch: 1,
      verified: false,
    });
    expect(history.says).toMatch(/^S1: 1+ and 2+ both believe/);
  });

  it('S2: finds a winner without an award', () => {
    const history = new History().maker(opened, reserved(ONE, 1)).taker(ONE, accepting, confirmed(1), won(1));
    expect(history.says).toMatch(/^S2: 1+ believes that it has won .*nobody's$/);
  });

  it('S2: finds an awarded taker that believes it has lost', () => {
    const history = dealWithOne().taker(ONE, { type: 'lost', at: 0, reason: 'expired' });
    expect(history.says).toMatch(/^S2: .* was awarded to 1+, which believes lost$/);
  });

  it('S2: finds an offer released after a client of the original took it', () => {
    const history = new History().maker(opened, reserved(OLD, 1));
    history.tell.took(OLD.id, OFFER);
    expect(history.says).toBeNull();
    history.maker(released(1));
    expect(history.says).toMatch(/^S2: 0+ of the original took .* nobody's$/);
  });

  it('S3: finds an award without a confirmation, or with that of another reservation', () => {
    expect(new History().maker(opened, reserved(ONE, 1), awarded(ONE, 1)).says).toMatch(/^S3: /);
    const other = new History().maker(opened, reserved(ONE, 1)).taker(ONE, accepting, confirmed(1));
    expect(other.maker(released(1), reserved(ONE, 2), awarded(ONE, 2)).says).toMatch(/^S3: .*reservation 2$/);
  });

  it('S3: finds an award to a client of the original that has not taken the offer', () => {
    expect(new History().maker(opened, reserved(OLD, 1), awarded(OLD, 1)).says).toMatch(/^S3: .*never took it$/);
  });

  it('S4: finds a changed outcome', () => {
    expect(dealWithOne().maker({ type: 'cancelled', at: 0 }).says).toMatch(/^S4: .* cancelled in awarded$/);
    expect(dealWithOne().taker(ONE, won(1), confirmed(2)).says).toMatch(/^S4: /);
  });

  it('L1: finds an outcome that is recorded as delivered, but unknown to the taker', () => {
    expect(dealWithOne().maker({ type: 'delivered', at: 0 }).says).toMatch(/^L1: .*which is confirmed$/);
  });
});

describe('the checker of messages (persist, then speak)', () => {
  it.each([
    ['offer:accept', ONE.id, MAKER, { ...NAMES, destination: ONE.id }],
    ['offer:accept:approved', MAKER, ONE.id, { ...NAMES, destination: ONE.id, epoch: 1, until: 10_000 }],
    ['offer:done', MAKER, ONE.id, { ...NAMES, outcome: 'awarded', winner: ONE.id, epoch: 1 }],
  ])('finds %s sent without a record', (cmd, desk, to, body) => {
    const history = new History();
    history.tell.sent(desk, to, { cmd, body });
    expect(history.says).toMatch(/^persist, then speak: /);
  });

  it('finds an approval of another reservation than the recorded one', () => {
    const history = new History().maker(opened, reserved(ONE, 1));
    const body = { ...NAMES, destination: ONE.id, epoch: 1, until: 10_000 };
    history.tell.sent(MAKER, ONE.id, { cmd: 'offer:accept:approved', body });
    expect(history.says).toBeNull();
    history.tell.sent(MAKER, ONE.id, { cmd: 'offer:accept:approved', body: { ...body, epoch: 2 } });
    expect(history.says).toMatch(/^persist, then speak: /);
  });

  it('finds a cancellation that the operator got an answer for, but that is not recorded', () => {
    const history = new History().maker(opened);
    history.tell.commanded(MAKER, 'cancel', OFFER, null);
    expect(history.says).toMatch(/^persist, then speak: cancel /);
  });

  it('S4: finds two different outcomes of an offer in messages', () => {
    const history = new History().maker(opened);
    history.tell.copied(MAKER, 'copy');
    const done = (outcome: string) => ({ cmd: 'offer:done', body: { ...NAMES, outcome } });
    history.maker({ type: 'cancelled', at: 0 }).tell.sent(MAKER, ONE.id, done('cancelled'));
    history.tell.restored(MAKER, 'copy');
    history.maker({ type: 'expired', at: 0 }).tell.sent(MAKER, ONE.id, done('expired'));
    expect(history.says).toMatch(/^S4: the end of /);
  });
});

describe('the checker of answers', () => {
  const approval = { cmd: 'offer:accept:approved', body: { ...NAMES, destination: ONE.id, epoch: 1 } };
  const refused = { error: 'ERR_NOT_INTERESTED: no', result: null };
  const yes = { error: null, result: { confirmed: true, epoch: 1 } };

  it('finds a confirmation that is not recorded', () => {
    const history = new History().taker(ONE, accepting);
    history.tell.replied(ONE.id, MAKER, approval, yes);
    expect(history.says).toMatch(/^answers: /);
  });

  it('finds two different answers to the same approval', () => {
    const history = new History().taker(ONE, accepting, confirmed(1));
    history.tell.replied(ONE.id, MAKER, approval, yes);
    expect(history.says).toBeNull();
    history.tell.replied(ONE.id, MAKER, approval, refused);
    expect(history.says).toMatch(/^answers: /);
  });

  it.each([
    ['of another phase', { phase: 'open', standing: 'won', epoch: 1 }],
    ['of another standing', { phase: 'awarded', standing: 'lost', epoch: 1 }],
    ['of an earlier reservation', { phase: 'awarded', standing: 'won', epoch: 0 }],
  ])('finds a status %s', (_what, result) => {
    const history = dealWithOne();
    const question = { cmd: 'offer:status', body: { ...NAMES, destination: ONE.id } };
    history.tell.replied(MAKER, ONE.id, question, {
      error: null,
      result: { phase: 'awarded', standing: 'won', epoch: 1 },
    });
    expect(history.says).toBeNull();
    history.tell.replied(MAKER, ONE.id, question, { error: null, result });
    expect(history.says).toMatch(/^answers: /);
  });

  it('finds an acceptance that is queued although the offer has ended', () => {
    const history = dealWithOne();
    const acceptance = { cmd: 'offer:accept', body: { ...NAMES, destination: TWO.id } };
    history.tell.replied(MAKER, TWO.id, acceptance, { error: null, result: { queued: true, position: 1 } });
    expect(history.says).toMatch(/^answers: /);
  });
});

describe('the checker of agreement', () => {
  const at = (unitPrice: string) => ({ unitPrice: unitPrice as Decimal });
  const priced = { ...TERMS, ...at('100') };
  const bidding: TakerRecord = { type: 'accepting', at: 0, terms: priced, dialect: 'grapevine', ...at('102') };

  /** The maker offers `made`, and holds it for one that wants `wanted`. */
  function deal(made: OfferTerms, wanted: TakerRecord, bid: { unitPrice?: Decimal } = {}): History {
    const history = new History().maker({ type: 'opened', at: 0, terms: made }).taker(ONE, wanted);
    history.maker({ ...reserved(ONE, 1), ...bid }).taker(ONE, confirmed(1));
    return history.maker(awarded(ONE, 1)).taker(ONE, won(1));
  }

  it('accepts a deal at a bid', () => {
    expect(deal(priced, bidding, at('102')).says).toBeNull();
  });

  it('finds different amounts', () => {
    const wanted: TakerRecord = { ...accepting, terms: { ...TERMS, amount: '2' as Decimal } };
    expect(deal(TERMS, wanted).says).toMatch(/^agreement: amount of .* is 1 to its maker and 2 to 1+$/);
  });

  it('finds different prices', () => {
    expect(deal(priced, bidding, at('101')).says).toMatch(/^agreement: the price of .* is 101 to its maker and 102 to/);
    expect(deal(priced, bidding).says).toMatch(/^agreement: the price of .* is 100 to its maker and 102 to 1+$/);
  });

  it('finds an offer for one desk that is awarded to another', () => {
    const forTwo = { ...TERMS, to: [TWO.id] };
    expect(deal(forTwo, { ...accepting, terms: forTwo }).says).toMatch(/^agreement: .*for whom it is not/);
  });

  it('finds an offer that is reserved for a desk its operator did not choose', () => {
    const terms: OfferTerms = { ...TERMS, award: 'manual' };
    const history = new History().maker({ type: 'opened', at: 0, terms });
    history.tell.chose(MAKER, OFFER, TWO.id);
    expect(history.maker(reserved(TWO, 1), released(1)).says).toBeNull();
    expect(history.maker(reserved(ONE, 2)).says).toMatch(/^agreement: .*whom its operator has not chosen/);
  });

  it('finds a notice with another price than the agreed one', () => {
    const history = deal(priced, bidding, at('102'));
    const shown = { event: 'deal.won', maker: MAKER, offerId: 'offer' as OfferId, epoch: 1, verified: true } as const;
    history.tell.noticed(ONE.id, { ...shown, ...at('102') });
    expect(history.says).toBeNull();
    history.tell.noticed(ONE.id, shown);
    expect(history.says).toMatch(/^agreement: .* is shown the price asked .* its journal says 102$/);
  });

  it('finds an offer that differs from what the operator ordered', () => {
    const history = new History();
    history.tell.ordered(MAKER, { type: 'sell', amount: '1', validForMs: 60_000 }, TERMS);
    expect(history.says).toBeNull();
    history.tell.ordered(MAKER, { type: 'sell', amount: '1', to: [TWO.id] }, TERMS);
    expect(history.says).toMatch(/^agreement: .* is not what its operator ordered/);
  });
});

describe('the checker of recovery', () => {
  it('finds a desk that acts on an offer before it has recovered it', () => {
    const stored = [{ offer: OFFER, records: [{ role: 'maker', record: opened } as const] }];
    const state = applyMaker(null, opened);
    const history = new History().maker(opened);
    history.tell.recovered(MAKER, stored);
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state }, 'recover');
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state }, 'message');
    expect(history.says).toBeNull();
    history.tell.crashed(MAKER, 'kill -9');
    history.tell.recovered(MAKER, stored);
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state }, 'message');
    expect(history.says).toMatch(/^recovery: .* takes a message .* before it is recovered$/);
  });
});

describe('the checker of memory', () => {
  const state = [opened, reserved(ONE, 1)].reduce<MakerState | null>(applyMaker, null);

  it('finds a reservation in the journal that the desk has forgotten', () => {
    const history = new History().maker(opened, reserved(ONE, 1));
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state }, 'tick');
    expect(history.says).toBeNull();
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state: applyMaker(null, opened) }, 'tick');
    expect(history.says).toMatch(/^fold: /);
  });

  it('finds a crashed desk with more in memory than in its journal', () => {
    const history = new History().maker(opened);
    history.tell.stepped(MAKER, OFFER, { role: 'maker', state }, 0);
    history.tell.crashed(MAKER, 'kill -9');
    expect(history.says).toMatch(/^fold: /);
  });

  it('finds a taker that waits twice in one queue', () => {
    const queue = [ONE, TWO, ONE].map((taker) => ({ taker }));
    const history = new History().maker(opened);
    history.tell.stepping(MAKER, OFFER, { role: 'maker', state: { ...applyMaker(null, opened), queue } }, 'tick');
    expect(history.says).toMatch(/^queue: /);
  });

  it('finds a journal that returns fewer records than were written', () => {
    const history = new History().maker(opened, reserved(ONE, 1));
    history.tell.recovered(MAKER, [{ offer: OFFER, records: [{ role: 'maker', record: opened }] }]);
    expect(history.says).toMatch(/^journal: .*wrote 2 records .* finds 1$/);
  });
});

describe('the checker of liveness, at the end', () => {
  it.each([
    ['an offer is still open', new History().maker(opened), /is still open/],
    ['a taker is left in doubt', new History().taker(ONE, accepting, confirmed(1)), /is left confirmed/],
    ['an outcome is still owed', dealWithOne().taker(ONE, won(1)), /is still owed/],
    [
      'a taker was told another end',
      new History()
        .maker(opened, { type: 'expired', at: 0 })
        .taker(ONE, accepting, { type: 'lost', at: 0, reason: 'taken' }),
      /was told taken of .* which is expired/,
    ],
  ])('finds that %s', (_what, history, says) => {
    expect(history.says).toBeNull();
    expect(history.ends()).toMatch(says);
  });
});
