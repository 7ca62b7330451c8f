import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { GatedJournal } from '../../testing/gated-journal.ts';
import { Hold, type Leg } from '../../testing/memory-network.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

function commandOf(leg: Leg): string {
  return (leg.payload as { cmd: string }).cmd;
}

function sentTo(legs: readonly Leg[], kind: Leg['kind'] = 'request'): string[] {
  return legs.filter((leg) => leg.kind === kind).map(commandOf);
}

function recordLegs(): Leg[] {
  const legs: Leg[] = [];
  world.hub.intercept = (leg) => {
    legs.push(leg);
    return 'deliver';
  };
  return legs;
}

async function dealBetween(takerCount: number): Promise<{ maker: TestDesk; takers: TestDesk[] }> {
  const takers = await Promise.all(Array.from({ length: takerCount }, () => world.start()));
  const maker = await world.start();
  return { maker, takers };
}

describe('a deal', () => {
  it('goes to exactly one of three takers, and the others learn that it is gone', async () => {
    const { maker, takers } = await dealBetween(3);
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();

    const winners = takers.filter((taker) => taker.noticesOf('deal.won').length === 1);
    expect(winners).toHaveLength(1);
    expect(maker.noticesOf('deal.awarded')).toMatchObject([{ offerId, taker: winners[0]?.id }]);
    for (const loser of takers.filter((taker) => taker !== winners[0])) {
      expect(loser.noticesOf('deal.lost')).toMatchObject([{ offerId, reason: 'taken' }]);
    }
    expect(maker.noticesOf('offer.announced')).toMatchObject([{ offerId, reached: 3, unreachable: 0 }]);
  });

  it('does not touch other offers of the same maker', async () => {
    const { maker, takers } = await dealBetween(3);
    const offers = await Promise.all(Array.from({ length: 20 }, () => maker.desk.announce(DRAFT)));
    await world.settled();
    const awarded = maker.noticesOf('deal.awarded').map(({ offerId }) => offerId);
    expect(awarded.sort()).toEqual(offers.map(({ offerId }) => offerId).sort());
    const won = takers.flatMap((taker) => taker.noticesOf('deal.won').map(({ offerId }) => offerId));
    expect(won.sort()).toEqual(awarded);
  });

  it('reaches desks that start late, because an open offer is announced again', async () => {
    const maker = await world.start();
    await maker.desk.announce(DRAFT);
    await world.settled();
    const late = await world.start();
    await world.clock.advance(LIMITS.announceAgainMinMs);
    expect(late.noticesOf('deal.won')).toHaveLength(1);
  });

  it('survives a lost answer to the approval: the same taker is asked again, and no other', async () => {
    const { maker, takers } = await dealBetween(3);
    let lost = 0;
    const asked = new Set<string>();
    world.hub.intercept = (leg) => {
      if (commandOf(leg) !== 'offer:accept:approved') return 'deliver';
      if (leg.kind === 'request') asked.add(leg.to);
      return leg.kind === 'answer' && ++lost <= 2 ? 'drop' : 'deliver';
    };
    await maker.desk.announce(DRAFT);
    await world.clock.advance(LIMITS.reservationMs);
    expect(lost).toBe(3);
    expect(asked.size).toBe(1);
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
    expect(takers.flatMap((taker) => taker.noticesOf('deal.won'))).toHaveLength(1);
  });

  it('moves on from a taker that is silent until its hold ends', async () => {
    const { maker, takers } = await dealBetween(2);
    let silenced: string | null = null;
    world.hub.intercept = (leg) => {
      if (commandOf(leg) !== 'offer:accept:approved' || leg.kind !== 'request') return 'deliver';
      silenced ??= leg.to;
      return leg.to === silenced ? 'drop' : 'deliver';
    };
    await maker.desk.announce(DRAFT);
    await world.clock.advance(LIMITS.reservationMs + LIMITS.requestTimeoutMs);
    expect(maker.noticesOf('award.released')).toMatchObject([{ taker: silenced, reason: 'silent' }]);
    const winner = takers.find((taker) => taker.noticesOf('deal.won').length > 0);
    expect(winner?.id).not.toBe(silenced);
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
  });

  it('expires by the clock of its maker, and the waiting takers learn it', async () => {
    const taker = await world.start();
    const maker = await world.start();
    // The taker accepts, and its confirmations never arrive.
    world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept:approved' ? 'drop' : 'deliver');
    await maker.desk.announce({ ...DRAFT, validForMs: 5_000 });
    await world.clock.advance(5_000);
    expect(maker.noticesOf('offer.expired')).toHaveLength(1);
    expect(taker.noticesOf('deal.lost')).toMatchObject([{ reason: 'expired' }]);
  });

  it('can be cancelled, once, and not after the award', async () => {
    const maker = await world.start();
    const first = await maker.desk.announce(DRAFT);
    await maker.desk.cancel(first.offerId);
    await maker.desk.cancel(first.offerId);
    expect(maker.noticesOf('offer.cancelled')).toHaveLength(1);
    await world.start();
    const second = await maker.desk.announce(DRAFT);
    await world.settled();
    await expect(maker.desk.cancel(second.offerId)).rejects.toMatchObject({ code: 'ERR_OFFER_TAKEN' });
    await expect(maker.desk.cancel('unknown')).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });
  });
});

describe('persist, then send', () => {
  it('an announcement is sent while the offer is being written; `announce` and the first approval wait', async () => {
    const legs = recordLegs();
    await world.start();
    const journal = new GatedJournal();
    const maker = await world.start({ journal });
    journal.holds = () => true;
    let announced = false;
    const announcing = maker.desk.announce(DRAFT).then(() => (announced = true));
    await world.settled();
    expect(journal.heldCount).toBe(1);
    expect(sentTo(legs)).toEqual(['offer:new', 'offer:accept']);
    expect([announced, maker.noticesOf('offer.opened').length]).toEqual([false, 0]);
    journal.open();
    await announcing;
    await world.settled();
    expect(sentTo(legs)).toContain('offer:accept:approved');
  });

  it('a maker sends no `offer:done` before the award is durable', async () => {
    const legs = recordLegs();
    const journal = new GatedJournal();
    journal.holds = ({ records }) => records.some(({ record }) => record.type === 'awarded');
    await world.start();
    const maker = await world.start({ journal });
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(journal.heldCount).toBe(1);
    expect(sentTo(legs)).not.toContain('offer:done');
    journal.open();
    await world.settled();
    expect(sentTo(legs)).toContain('offer:done');
  });

  it('records that a crash may lose are written in order, and no message waits for them', async () => {
    const journals = { maker: new GatedJournal(), taker: new GatedJournal() };
    await world.start({ journal: journals.taker });
    const maker = await world.start({ journal: journals.maker });
    await maker.desk.announce(DRAFT);
    await world.settled();
    const lazy = ({ lazy: entries }: GatedJournal): string[] =>
      entries.flatMap(({ records }) => records.map(({ record }) => record.type));
    expect(lazy(journals.maker)).toEqual(['reserved', 'delivered']);
    expect(lazy(journals.taker)).toEqual(['accepting']);
  });

  it('a desk stops when its journal fails, also when no caller waited for it', async () => {
    const journal = new GatedJournal();
    const maker = await world.start({ journal });
    journal.fail(new GrapevineError('ERR_JOURNAL_MOVED', 'the file is gone'));
    await world.settled();
    const said = { code: 'ERR_JOURNAL_MOVED', text: 'the file is gone' };
    expect(maker.noticesOf('desk.failed')).toMatchObject([said]);
    await expect(maker.desk.announce(DRAFT)).rejects.toMatchObject({ code: said.code, message: said.text });
  });

  it('a taker does not answer an approval before its confirmation is durable', async () => {
    const legs = recordLegs();
    const journal = new GatedJournal();
    journal.holds = ({ records }) => records.some(({ record }) => record.type === 'confirmed');
    await world.start({ journal });
    const maker = await world.start();
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(sentTo(legs)).toContain('offer:accept:approved');
    expect(sentTo(legs, 'answer')).not.toContain('offer:accept:approved');
    expect(maker.noticesOf('deal.awarded')).toHaveLength(0);
    journal.open();
    await world.settled();
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
  });

  it('a desk whose journal fails sends nothing more and stops', async () => {
    await world.start();
    const journal = new GatedJournal();
    const maker = await world.start({ journal });
    const legs = recordLegs();
    journal.failure = new GrapevineError('ERR_JOURNAL_FULL', 'disk full');
    await expect(maker.desk.announce(DRAFT)).rejects.toMatchObject({ code: 'ERR_JOURNAL_FULL', message: 'disk full' });
    await world.settled();
    expect(legs).toEqual([]);
    expect(maker.noticesOf('desk.failed')).toMatchObject([{ code: 'ERR_JOURNAL_FULL', text: 'disk full' }]);
    await expect(maker.desk.announce(DRAFT)).rejects.toMatchObject({ code: 'ERR_JOURNAL_FULL' });
  });
});

describe('a restart', () => {
  it('of a maker that had decided and sent nothing: the winner learns it, and no other taker gets the offer', async () => {
    const { maker, takers } = await dealBetween(2);
    world.hub.intercept = (leg) => (leg.from === maker.id && commandOf(leg) === 'offer:done' ? 'drop' : 'deliver');
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
    await world.crash(maker);
    world.hub.intercept = () => 'deliver';
    const again = await world.start({ id: maker.id, journal: maker.journal });
    await world.clock.advance(LIMITS.confirmedStatusMinMs);
    const winner = takers.find((taker) => taker.noticesOf('deal.won').length === 1);
    expect(winner?.id).toBe(maker.noticesOf('deal.awarded')[0]?.taker);
    expect(again.noticesOf('deal.awarded')).toHaveLength(0);
    await world.clock.advance(60_000);
    expect(takers.flatMap((taker) => taker.noticesOf('deal.won'))).toHaveLength(1);
    expect(takers.flatMap((taker) => taker.noticesOf('deal.lost'))).toHaveLength(1);
  });

  it('of a maker with an open offer: announced again with the same id', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.crash(maker);
    const taker = await world.start();
    await world.start({ id: maker.id, journal: maker.journal });
    await world.settled();
    expect(taker.noticesOf('deal.won')).toMatchObject([{ offerId }]);
  });

  it('of a taker in doubt: it asks, and learns the decision of the maker', async () => {
    const taker = await world.start();
    const maker = await world.start();
    world.hub.intercept = (leg) => (leg.to === taker.id && commandOf(leg) === 'offer:done' ? 'drop' : 'deliver');
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(taker.noticesOf('award.confirmed')).toHaveLength(1);
    expect(taker.noticesOf('deal.won')).toHaveLength(0);
    await world.crash(taker);
    const again = await world.start({ id: taker.id, journal: taker.journal });
    await world.settled();
    expect(again.noticesOf('deal.won')).toHaveLength(1);
  });

  it('does not touch what is finished', async () => {
    const { maker, takers } = await dealBetween(1);
    await maker.desk.announce(DRAFT);
    await world.settled();
    await world.crash(maker);
    const again = await world.start({ id: maker.id, journal: maker.journal });
    await world.clock.advance(60_000);
    expect(again.notices.map(({ event }) => event)).toEqual(['desk.ready']);
    expect(takers[0]?.noticesOf('deal.won')).toHaveLength(1);
  });

  it('in doubt never ends by time alone', async () => {
    const taker = await world.start();
    const maker = await world.start();
    world.hub.intercept = (leg) =>
      leg.kind === 'answer' && commandOf(leg) === 'offer:accept:approved' ? 'drop' : 'deliver';
    await maker.desk.announce(DRAFT);
    await world.settled();
    world.hub.takeDown(maker.id);
    await world.crash(maker);
    await world.clock.advance(24 * 3_600_000);
    expect(taker.noticesOf('deal.in_doubt')).toHaveLength(1);
    expect(taker.desk.offers()).toMatchObject([{ phase: 'confirmed', inDoubt: true }]);
    const { offerId } = taker.noticesOf('offer.received')[0] ?? { offerId: '' };
    await expect(taker.desk.withdraw(offerId)).rejects.toMatchObject({ code: 'ERR_OFFER_IN_DOUBT' });
    await taker.desk.resolve(offerId, 'lost');
    expect(taker.noticesOf('deal.closed_by_hand')).toMatchObject([{ as: 'lost' }]);
  });
});

describe('an error of a program', () => {
  it('in its interest is logged and counts as no', async () => {
    const taker = await world.start({
      interest: () => {
        throw new Error('bad rule');
      },
    });
    const maker = await world.start();
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(taker.noticesOf('acceptance.sent')).toHaveLength(0);
    expect(taker.logged).toContainEqual({ level: 'error', event: 'interest.failed', fields: { text: 'bad rule' } });
  });

  it('in a listener is logged and changes nothing', async () => {
    const taker = await world.start();
    taker.desk.on('offer.received', () => {
      throw new Error('bad listener');
    });
    const maker = await world.start();
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(taker.noticesOf('deal.won')).toHaveLength(1);
    expect(taker.logged).toContainEqual({ level: 'error', event: 'listener.failed', fields: { text: 'bad listener' } });
  });

  it.each([
    [{ amount: '1,5' }, 'ERR_INVALID_OFFER'],
    [{ amount: '1e3' }, 'ERR_INVALID_OFFER'],
    [{ amount: '-0' }, 'ERR_INVALID_OFFER'],
    [{ amount: '0' }, 'ERR_INVALID_OFFER'],
    [{ amount: '9'.repeat(400) }, 'ERR_INVALID_OFFER'],
    [{ amount: NaN }, 'ERR_INVALID_OFFER'],
    [{ unitPrice: '-1' }, 'ERR_INVALID_OFFER'],
    [{ pair: 'no pair' }, 'ERR_INVALID_OFFER'],
    [{ validForMs: 0 }, 'ERR_INVALID_OFFER'],
    [{ validForMs: LIMITS.validityMaxMs + 1 }, 'ERR_INVALID_OFFER'],
    [{ type: 'steal' as 'buy' }, 'ERR_INVALID_OFFER'],
  ])('in an offer is refused: %j', async (mistake, code) => {
    const maker = await world.start();
    await expect(maker.desk.announce({ ...DRAFT, ...mistake })).rejects.toMatchObject({ code });
    expect(maker.desk.offers()).toEqual([]);
  });

  it('is reported for an unknown offer, a second start, and a call after the stop', async () => {
    const desk = await world.start();
    await expect(desk.desk.accept('nothing')).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });
    await expect(desk.desk.start()).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    await desk.desk.stop();
    await desk.desk.stop();
    await expect(desk.desk.announce(DRAFT)).rejects.toBeInstanceOf(GrapevineError);
  });
});

describe('an operator', () => {
  it('accepts by hand, and withdraws while it only waits', async () => {
    const taker = await world.start({ interest: undefined });
    const maker = await world.start();
    const hold = new Hold();
    world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' && leg.kind === 'request' ? hold : 'deliver');
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();
    expect(taker.desk.offers()).toMatchObject([{ role: 'taker', phase: 'seen', verified: true }]);
    await taker.desk.accept(offerId);
    await taker.desk.withdraw(offerId);
    hold.release();
    await world.settled();
    expect(maker.noticesOf('award.released')).toMatchObject([{ reason: 'refused', detail: 'ERR_NOT_INTERESTED' }]);
    expect(taker.desk.offers()).toMatchObject([{ phase: 'withdrawn' }]);
  });
});
