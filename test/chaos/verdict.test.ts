/** The verdict on journals made by hand: what is right is not complained about, and each wrong is found under its name. */
import { describe, expect, it } from 'vitest';
import { Chronicle } from '../../chaos/chronicle.ts';
import type { DeskJournal } from '../../chaos/desk-journal.ts';
import { storyOf } from '../../chaos/story.ts';
import { checkTold } from '../../chaos/told-checker.ts';
import { judge, readSides } from '../../chaos/verdict.ts';
import type { DeskNotice } from '../../src/index.ts';
import { offerKey, type Decimal, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';

const [MAKER, A, B] = ['m', 'a', 'b'] as [PeerId, PeerId, PeerId];
const OFFER_ID = 'offer' as OfferId;
const OFFER = offerKey(MAKER, OFFER_ID);
const at = 1;
const terms: OfferTerms = {
  offerId: OFFER_ID,
  maker: MAKER,
  type: 'sell',
  amount: '1' as Decimal,
  pair: null,
  unitPrice: null,
  issuedAt: 0,
  expiresAt: 1_000,
};

const opened: MakerRecord = { type: 'opened', at, terms };
const reserved = (id: PeerId, epoch: number): MakerRecord => ({
  type: 'reserved',
  at,
  taker: { id, dialect: 'grapevine' },
  epoch,
  until: 500,
});
const awarded = (id: PeerId, epoch: number): MakerRecord => ({
  type: 'awarded',
  at,
  taker: { id, dialect: 'grapevine' },
  epoch,
});
const delivered: MakerRecord = { type: 'delivered', at };
const cancelled: MakerRecord = { type: 'cancelled', at };
const accepting: TakerRecord = { type: 'accepting', at, terms, dialect: 'grapevine' };
const confirmed = (epoch: number): TakerRecord => ({ type: 'confirmed', at, epoch });
const won = (epoch: number): TakerRecord => ({ type: 'won', at, epoch });
const taken: TakerRecord = { type: 'lost', at, reason: 'taken' };
const gaveUp: TakerRecord = { type: 'gaveUp', at, reason: 'unreachable' };

function maker(records: readonly MakerRecord[], finished = true, id = MAKER): DeskJournal {
  const entries = records.map((record) => ({ role: 'maker', record }) as const);
  return { name: `maker ${id}`, role: 'maker', id, damage: [], offers: [{ offer: OFFER, finished, records: entries }] };
}

function taker(id: PeerId, ...records: readonly TakerRecord[]): DeskJournal {
  const entries = records.map((record) => ({ role: 'taker', record }) as const);
  return {
    name: `taker ${id}`,
    role: 'taker',
    id,
    damage: [],
    offers: [{ offer: OFFER, finished: true, records: entries }],
  };
}

const GOOD_MAKER = maker([opened, reserved(A, 1), awarded(A, 1), delivered]);
const GOOD_WINNER = taker(A, accepting, confirmed(1), won(1));
const GOOD_LOSER = taker(B, accepting, taken);

function found(journals: readonly DeskJournal[], isHealed = true): readonly string[] {
  const { offers, violations } = readSides(journals);
  const judged = [...offers.values()].flatMap((sides) => judge(sides, isHealed));
  return [...violations, ...judged].map(({ promise, text }) => `${promise}: ${text}`);
}

const finding = (text: string): unknown => expect.arrayContaining([expect.stringContaining(text)]) as unknown;

describe('the verdict', () => {
  it('accepts a deal, a cancellation, and a taker that gave up', () => {
    expect(found([GOOD_MAKER, GOOD_WINNER, GOOD_LOSER])).toEqual([]);
    expect(found([maker([opened, cancelled]), taker(A, accepting, { type: 'lost', at, reason: 'cancelled' })])).toEqual(
      [],
    );
    expect(found([GOOD_MAKER, GOOD_WINNER, taker(B, accepting, gaveUp)])).toEqual([]);
  });

  it.each<[string, readonly DeskJournal[], string]>([
    ['two awards in one journal', [maker([opened, reserved(A, 1), awarded(A, 1), awarded(B, 1)]), GOOD_WINNER], 'S4: '],
    [
      'an award each in two journals',
      [GOOD_MAKER, maker([opened, reserved(B, 1), awarded(B, 1), delivered], true, 'x' as PeerId), GOOD_WINNER],
      'S1: awarded 2 times',
    ],
    [
      'two who have won',
      [GOOD_MAKER, GOOD_WINNER, taker(B, accepting, confirmed(1), won(1))],
      'S1: taker a and taker b both believe',
    ],
    [
      'one who has won what was cancelled',
      [maker([opened, reserved(A, 1), cancelled, delivered]), GOOD_WINNER],
      'S2: taker a believes that it has won (reservation 1)',
    ],
    [
      'one who has won in another reservation',
      [GOOD_MAKER, taker(A, accepting, confirmed(2), won(2))],
      'S2: taker a believes that it has won (reservation 2)',
    ],
    [
      'a winner that has not confirmed',
      [GOOD_MAKER, taker(A, accepting)],
      'S3: awarded to taker a, which has not confirmed',
    ],
    ['a winner that knows nothing of it', [GOOD_MAKER], 'S3: awarded to a, which has not confirmed'],
    [
      'something after the end',
      [GOOD_MAKER, GOOD_WINNER, taker(B, accepting, taken, confirmed(1))],
      'S4: taker b: IllegalRecordError',
    ],
    [
      'a winner that believes it has lost',
      [GOOD_MAKER, taker(A, accepting, confirmed(1), taken)],
      'agreement: taker a',
    ],
    [
      'a wrong reason',
      [GOOD_MAKER, GOOD_WINNER, taker(B, accepting, { type: 'lost', at, reason: 'expired' })],
      'agreement: taker b believes lost (expired), and its maker has awarded',
    ],
    ['an offer that no maker knows', [GOOD_LOSER], 'agreement: taker b believes lost (taken), and no maker'],
    ['an offer that is still open', [maker([opened], false)], 'L1: still open at maker m'],
    [
      'an outcome that is still owed',
      [maker([opened, reserved(A, 1), awarded(A, 1)], false), GOOD_WINNER],
      'L1: maker m still owes',
    ],
    ['somebody in doubt', [GOOD_MAKER, taker(A, accepting, confirmed(1))], 'L1: taker a is still in doubt'],
    [
      'somebody who waits',
      [GOOD_MAKER, GOOD_WINNER, taker(B, accepting)],
      'L1: taker b has learned no outcome: accepting',
    ],
    ['an offer that was voided', [maker([opened, { type: 'voided', at }])], 'agreement: maker m has voided it'],
    ['a damaged file', [{ ...GOOD_MAKER, damage: ['is damaged'] }, GOOD_WINNER], 'journal: maker m is damaged'],
  ])('finds %s', (_what, journals, text) => {
    expect(found(journals)).toEqual(finding(text));
  });

  it('requires no outcome if there was no time for one', () => {
    expect(found([maker([opened], false), taker(B, accepting)], false)).toEqual([]);
  });
});

describe('the verdict on a notice of a desk', () => {
  const names = { offerId: OFFER_ID, maker: MAKER, verified: false };
  const journals = [GOOD_MAKER, GOOD_WINNER, GOOD_LOSER];
  const textsOf = (chronicle: Chronicle, read = journals): readonly string[] =>
    checkTold(read, chronicle).map(({ promise, text }) => `${promise}: ${text}`);
  const chronicleOf = (desk: string, notices: readonly DeskNotice[]): Chronicle => {
    const chronicle = new Chronicle();
    for (const notice of notices) chronicle.told.push({ at, desk, life: 1, lifeStartedAt: at, notice });
    return chronicle;
  };
  /** In a life that was killed. */
  const told = (desk: string, ...notices: readonly DeskNotice[]): readonly string[] =>
    textsOf(chronicleOf(desk, notices));
  /** In a life that ended in order. */
  const toldInOrder = (journal: DeskJournal, ...notices: readonly DeskNotice[]): readonly string[] => {
    const chronicle = chronicleOf(journal.name, notices);
    chronicle.orderlyLives.push({ desk: journal.name, life: 1, startedAt: at, stoppedAt: at });
    return textsOf(chronicle, [journal]);
  };

  it('accepts it if the journal has the same', () => {
    expect(told('maker m', { event: 'deal.awarded', taker: A, epoch: 1, byHand: false, ...names })).toEqual([]);
    expect(told('taker a', { event: 'deal.won', epoch: 1, ...names })).toEqual([]);
    expect(told('taker b', { event: 'deal.lost', reason: 'taken', gaveUp: false, ...names })).toEqual([]);
    expect(told('taker b', { event: 'offer.received', terms, ...names })).toEqual([]);
  });

  it.each<[string, DeskNotice]>([
    ['maker m', { event: 'award.reserved', taker: B, epoch: 7, until: 1_000, ...names }],
    ['taker b', { event: 'deal.lost', reason: 'taken', gaveUp: true, ...names }],
  ])('accepts that it is not in the journal if nobody waits for the disk: %s reported %j', (desk, notice) => {
    expect(told(desk, notice)).toEqual([]);
  });

  it.each<[string, DeskNotice]>([
    ['maker m', { event: 'deal.awarded', taker: B, epoch: 1, byHand: false, ...names }],
    ['maker m', { event: 'award.reserved', taker: B, epoch: 7, until: null, ...names }],
    ['maker m', { event: 'offer.cancelled', ...names }],
    ['taker a', { event: 'deal.won', epoch: 2, ...names }],
    ['taker b', { event: 'deal.won', epoch: 1, ...names }],
    ['taker b', { event: 'award.confirmed', epoch: 1, ...names }],
  ])('finds it if the journal of %s does not have it: %j', (desk, notice) => {
    expect(told(desk, notice)).toEqual(finding(`told: ${desk} told ${notice.event}`));
  });

  it('accepts that a kill loses a loss which was reported before the confirmation', () => {
    const lost: DeskNotice = { event: 'deal.lost', reason: 'taken', gaveUp: false, ...names };
    const hasConfirmed: DeskNotice = { event: 'award.confirmed', epoch: 1, ...names };
    const unknown = ['told: taker b told deal.lost, and its journal does not know it'];
    const confirmedOnly = [taker(B, accepting, confirmed(1))];
    expect(textsOf(chronicleOf('taker b', [lost, hasConfirmed]), confirmedOnly)).toEqual([]);
    expect(textsOf(chronicleOf('taker b', [hasConfirmed, lost]), confirmedOnly)).toEqual(unknown);
  });

  it('finds a missing loss if the desk had confirmed before its last start', () => {
    const lost: DeskNotice = { event: 'deal.lost', reason: 'taken', gaveUp: false, ...names };
    const inLifeFrom = (lifeStartedAt: number): Chronicle => {
      const chronicle = new Chronicle();
      chronicle.told.push({ at: at + 9, desk: 'taker b', life: 2, lifeStartedAt, notice: lost });
      return chronicle;
    };
    const journal = [taker(B, accepting, confirmed(1))];
    expect(textsOf(inLifeFrom(at), journal)).toEqual([]);
    expect(textsOf(inLifeFrom(at + 1), journal)).toEqual([
      'told: taker b told deal.lost, and its journal does not know it',
    ]);
    expect(textsOf(inLifeFrom(at + 1), [taker(B, accepting, confirmed(1), taken)])).toEqual([]);
  });

  it('finds a loss if the journal has a win, unless the desk had given up before', () => {
    const lost: DeskNotice = { event: 'deal.lost', reason: 'taken', gaveUp: false, ...names };
    expect(told('taker a', lost)).toEqual(['told: taker a told deal.lost, and its journal says otherwise']);
    expect(told('taker a', { event: 'deal.lost', reason: 'unreachable', gaveUp: true, ...names })).toEqual([]);
  });

  it('requires the notices to be exactly those of the journal if the desk was stopped in order', () => {
    const sent: DeskNotice = { event: 'acceptance.sent', attempt: 1, ...names };
    const hold: DeskNotice = { event: 'award.reserved', taker: A, epoch: 1, until: 500, ...names };
    const deal: readonly DeskNotice[] = [
      { event: 'offer.opened', terms, ...names },
      hold,
      { event: 'deal.awarded', taker: A, epoch: 1, byHand: false, ...names },
      { event: 'outcome.delivered', taker: A, ...names },
    ];
    const confirmation: DeskNotice = { event: 'award.confirmed', epoch: 1, ...names };
    expect(toldInOrder(GOOD_MAKER, ...deal)).toEqual([]);
    expect(toldInOrder(GOOD_WINNER, sent, confirmation, { event: 'deal.won', epoch: 1, ...names })).toEqual([]);
    expect(toldInOrder(GOOD_LOSER, sent, { event: 'deal.lost', reason: 'taken', gaveUp: false, ...names })).toEqual([]);
    const missing = deal.filter((notice) => notice !== hold);
    expect(toldInOrder(GOOD_MAKER, ...missing)).toEqual([
      'told: maker m wrote reserved and stopped in order, and never told it',
    ]);
    const unwritten: DeskNotice = { event: 'award.reserved', taker: B, epoch: 7, until: 1_000, ...names };
    expect(toldInOrder(GOOD_MAKER, ...deal, unwritten)).toEqual([
      'told: maker m told award.reserved (reservation 7), and its journal does not know it',
    ]);
    expect(toldInOrder(GOOD_LOSER, sent, { event: 'deal.lost', reason: 'taken', gaveUp: true, ...names })).toEqual([
      'told: taker b told deal.lost, and its journal does not know it',
      'told: taker b wrote lost and stopped in order, and never told it',
    ]);
  });

  it('requires no notice of what was recorded before this start', () => {
    const chronicle = new Chronicle();
    chronicle.orderlyLives.push({ desk: 'maker m', life: 2, startedAt: at + 1, stoppedAt: at + 9 });
    expect(textsOf(chronicle)).toEqual([]);
  });

  it('requires no notice of records that are not reported', () => {
    const again = taker(A, accepting, confirmed(1), { type: 'released', at, epoch: 1 }, confirmed(2));
    const confirmations = [1, 2].map((epoch): DeskNotice => ({ event: 'award.confirmed', epoch, ...names }));
    expect(toldInOrder(again, { event: 'acceptance.sent', attempt: 1, ...names }, ...confirmations)).toEqual([]);
    const undelivered = maker([opened, cancelled, { ...delivered, givenUp: true }]);
    const ended: readonly DeskNotice[] = [
      { event: 'offer.opened', terms, ...names },
      { event: 'offer.cancelled', ...names },
    ];
    expect(toldInOrder(undelivered, ...ended)).toEqual([]);
  });

  it('finds every notice of a contradiction', () => {
    expect(told('taker a', { event: 'peer.contradiction', text: 'no', ...names })).toEqual(
      finding('agreement: taker a'),
    );
  });

  it('finds an answered command that is not in the journal', () => {
    const chronicle = new Chronicle();
    chronicle.granted.push({ desk: 'maker m', what: 'announce', offerId: OFFER_ID });
    chronicle.granted.push({ desk: 'maker m', what: 'cancel', offerId: OFFER_ID });
    const violations = checkTold([GOOD_MAKER], chronicle);
    expect(violations.map(({ text }) => text)).toEqual([
      'maker m carried out cancel, and its journal does not know it',
    ]);
  });
});

it('the history of an offer has all sides and all faults, in order of time', () => {
  const chronicle = new Chronicle();
  chronicle.incidents.push({ at: 3, desk: 'maker m', text: 'killed (SIGKILL)' });
  chronicle.incidents.push({ at: 60_000, desk: 'taker b', text: 'killed long after' });
  chronicle.told.push({
    at: 2,
    desk: 'taker a',
    life: 1,
    lifeStartedAt: 0,
    notice: { event: 'deal.won', epoch: 1, offerId: OFFER_ID, maker: MAKER, verified: false },
  });
  expect(storyOf(OFFER, [maker([opened, reserved(A, 1)]), taker(A, accepting)], chronicle)).toEqual([
    '    0.000 s  maker m writes OPENED',
    '    0.000 s  maker m writes RESERVED taker a reservation 1',
    '    0.000 s  taker a writes ACCEPTING',
    '    0.001 s  taker a tells deal.won',
    '    0.002 s  maker m killed (SIGKILL)',
  ]);
});
