/** What is said before it is durable, and what a crash may forget: histories made by hand. */
import { describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/protocol/ids.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import type { WirePayload } from '../../simulation/wire-payload.ts';
import {
  accepting,
  awarded,
  confirmed,
  History,
  MAKER,
  NAMES,
  OFFER,
  OLD,
  ONE,
  opened,
  released,
  reserved,
  TERMS,
  TWO,
  won,
} from './history.ts';

const notice = { offerId: TERMS.offerId, maker: MAKER, verified: true } as const;
const approval = (epoch: number): WirePayload => ({
  cmd: 'offer:accept:approved',
  body: { ...NAMES, destination: ONE.id, epoch, until: 10_000 },
});
const question: WirePayload = { cmd: 'offer:status', body: { ...NAMES, destination: ONE.id } };
const lost: TakerRecord = { type: 'lost', at: 0, reason: 'taken' };

/** Each time: what is written, what is said on top of it, and by whom. */
const SAID: readonly (readonly [string, (history: History) => History, (history: History) => void])[] = [
  [
    'an approval of an offer',
    (history) => history.makerWrites(opened).makerWrites(reserved(ONE, 1)),
    ({ tell }) => {
      tell.sent(MAKER, ONE.id, approval(1));
    },
  ],
  [
    'an approval to a client of the original',
    (history) => history.maker(opened).makerWrites(reserved(OLD, 1)),
    ({ tell }) => {
      tell.sent(MAKER, OLD.id, { cmd: 'offer:accept:approved', body: { ...NAMES, destination: OLD.id } });
    },
  ],
  [
    'an announcement to its operator',
    (history) => history.makerWrites(opened),
    ({ tell }) => {
      tell.commanded(MAKER, 'announce', OFFER, null);
    },
  ],
  [
    'an award',
    (history) => confirmedByOne(history).makerWrites(awarded(ONE, 1)),
    ({ tell }) => {
      tell.sent(MAKER, ONE.id, {
        cmd: 'offer:done',
        body: { ...NAMES, outcome: 'awarded', winner: ONE.id, epoch: 1 },
      });
    },
  ],
  [
    'an award, as an answer',
    (history) => confirmedByOne(history).makerWrites(awarded(ONE, 1)),
    ({ tell }) => {
      const result = { phase: 'awarded', standing: 'won', epoch: 1 };
      tell.replied(MAKER, ONE.id, question, { error: null, result });
    },
  ],
  [
    'the end of a hold, as an answer',
    (history) => confirmedByOne(history).makerWrites(released(1)),
    ({ tell }) => {
      tell.replied(MAKER, ONE.id, question, { error: null, result: { phase: 'open', standing: 'none', epoch: 1 } });
    },
  ],
  [
    'the end of a hold',
    (history) => confirmedByOne(history).makerWrites(released(1)),
    ({ tell }) => {
      tell.sent(MAKER, ONE.id, { cmd: 'offer:accept:released', body: { ...NAMES, destination: ONE.id, epoch: 1 } });
    },
  ],
  [
    'that it is gone',
    (history) => history.maker(opened).makerWrites({ type: 'cancelled', at: 0 }),
    ({ tell }) => {
      const acceptance = { cmd: 'offer:accept', body: { ...NAMES, destination: TWO.id } };
      tell.replied(MAKER, TWO.id, acceptance, { error: 'ERR_OFFER_CANCELLED: gone', result: null });
    },
  ],
  [
    'a confirmation',
    (history) => history.taker(ONE, accepting).takerWrites(ONE, confirmed(1)),
    ({ tell }) => {
      tell.replied(ONE.id, MAKER, approval(1), { error: null, result: { confirmed: true, epoch: 1 } });
    },
  ],
  [
    'a win',
    (history) => confirmedByOne(history).maker(awarded(ONE, 1)).takerWrites(ONE, won(1)),
    ({ tell }) => {
      tell.noticed(ONE.id, { event: 'deal.won', ...notice, epoch: 1 });
    },
  ],
  [
    'a withdrawal to its operator',
    (history) => history.taker(ONE, accepting).takerWrites(ONE, { type: 'withdrawn', at: 0 }),
    ({ tell }) => {
      tell.commanded(ONE.id, 'withdraw', OFFER, null);
    },
  ],
  [
    'a loss after a confirmation',
    (history) => history.taker(ONE, accepting, confirmed(1)).takerWrites(ONE, lost),
    ({ tell }) => {
      tell.noticed(ONE.id, { event: 'deal.lost', ...notice, reason: 'taken', gaveUp: false });
    },
  ],
];

function confirmedByOne(history: History): History {
  return history.maker(opened).taker(ONE, accepting).maker(reserved(ONE, 1)).taker(ONE, confirmed(1));
}

describe('the checkers find a message that is sent before its record is durable', () => {
  it.each(SAID)('%s', (_what, write, say) => {
    const history = write(new History());
    expect(history.says).toBeNull();
    say(history);
    expect(history.says).toMatch(/^(persist, then speak|answers): /);
    const durable = write(new History('durable'));
    say(durable);
    expect(durable.says).toBeNull();
  });
});

describe('a record that no caller waits for', () => {
  it('may be reported at once', () => {
    const history = new History().maker(opened).takerWrites(ONE, accepting);
    history.tell.sent(ONE.id, MAKER, { cmd: 'offer:accept', body: { ...NAMES, destination: ONE.id } });
    history.makerWrites(reserved(ONE, 1)).tell.sent(MAKER, ONE.id, approval(1));
    history.takerWrites(ONE, lost).tell.noticed(ONE.id, {
      event: 'deal.lost',
      ...notice,
      reason: 'taken',
      gaveUp: false,
    });
    expect(history.says).toBeNull();
  });

  it('may be lost by a crash, and be different after it', () => {
    const history = new History().maker(opened).takerWrites(ONE, accepting).takerWrites(ONE, lost);
    history.forgets(ONE.id, accepting, lost).takerWrites(ONE, accepting);
    history.makerWrites(reserved(ONE, 1)).forgets(MAKER, reserved(ONE, 1)).makerWrites(reserved(TWO, 2));
    expect(history.says).toBeNull();
    expect(history.ledger.maker(OFFER)?.epoch).toBe(2);
    expect(history.ledger.taker(OFFER, ONE.id)?.records).toEqual([accepting]);
  });

  it.each<[PeerId, MakerRecord | TakerRecord, string]>([
    [MAKER, { type: 'cancelled', at: 0 }, 'an end'],
    [ONE.id, won(1), 'a win'],
  ])('is not %s', (desk, record) => {
    const history = confirmedByOne(new History());
    if (record.type === 'won') history.maker(awarded(ONE, 1)).taker(ONE, record);
    else history.maker(record as MakerRecord);
    // A disk that loses what it has said to be durable.
    const state = history.ledger.maker(OFFER);
    history.tell.recovered(desk, []);
    expect(state).not.toBeNull();
    expect(history.says).toMatch(/^journal: .* and finds 0$/);
  });
});
