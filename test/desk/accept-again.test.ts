/** Takers that accept an offer again after they had withdrawn or given up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LastingJournal } from '../../testing/lasting-journal.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { Hold, type Leg } from '../../testing/memory-network.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 3_600_000 } as const;

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

/** A taker that has withdrawn while its acceptance was on its way. */
async function withdrawnOffer(): Promise<{ maker: TestDesk; taker: TestDesk; offerId: string }> {
  const taker = await world.start({ interest: undefined });
  const maker = await world.start({ interest: undefined });
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  const hold = new Hold();
  world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' && leg.kind === 'request' ? hold : 'deliver');
  await taker.desk.accept(offerId);
  await taker.desk.withdraw(offerId);
  world.hub.intercept = () => 'deliver';
  hold.release();
  await world.settled();
  return { maker, taker, offerId };
}

/** A taker whose maker did not answer for so long that it gave up. */
async function gaveUpOffer(interest?: () => boolean): Promise<{ maker: TestDesk; taker: TestDesk; offerId: string }> {
  const taker = await world.start({ interest });
  const maker = await world.start({ interest: undefined });
  world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' || leg.to === taker.id ? 'drop' : 'deliver');
  const { offerId } = await announcedTo(taker, maker);
  if (interest === undefined) await taker.desk.accept(offerId);
  while (taker.noticesOf('deal.lost').length === 0) await world.clock.advance(1_000);
  expect(taker.noticesOf('deal.lost')).toMatchObject([{ reason: 'unreachable', gaveUp: true }]);
  return { maker, taker, offerId };
}

async function announcedTo(taker: TestDesk, maker: TestDesk): Promise<{ offerId: string }> {
  const { intercept } = world.hub;
  world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' ? 'drop' : 'deliver');
  const terms = await maker.desk.announce(DRAFT);
  await world.settled();
  world.hub.intercept = intercept;
  return terms;
}

describe('an offer that was withdrawn', () => {
  it('is won when it is accepted again, and then counts as open', async () => {
    const { maker, taker, offerId } = await withdrawnOffer();
    expect(taker.desk.openOffers.others).toBe(0);
    const hold = new Hold();
    world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' && leg.kind === 'request' ? hold : 'deliver');
    expect(await taker.desk.accept(offerId, { unitPrice: '8100' })).toMatchObject({
      phase: 'accepting',
      unitPrice: '8100',
      reason: null,
    });
    expect(taker.desk.openOffers.others).toBe(1);
    hold.release();
    await world.settled();
    expect(taker.noticesOf('deal.won')).toMatchObject([{ offerId, unitPrice: '8100' }]);
    expect(maker.noticesOf('deal.awarded')).toMatchObject([{ taker: taker.id, unitPrice: '8100' }]);
    expect(taker.desk.openOffers.others).toBe(0);
  });

  it('can be accepted again from the journal when it has left memory', async () => {
    const { taker, offerId } = await withdrawnOffer();
    await world.crash(taker);
    const again = await world.start({ id: taker.id, journal: taker.journal, interest: undefined });
    expect(again.desk.offer(offerId)).toBeUndefined();
    expect(await again.desk.accept(offerId)).toMatchObject({ phase: 'accepting' });
    await world.settled();
    expect(again.noticesOf('deal.won')).toMatchObject([{ offerId }]);
  });

  it('is not accepted automatically when it is announced again: its operator has decided', async () => {
    const { taker, offerId } = await withdrawnOffer();
    taker.desk.setInterest(() => true);
    await world.clock.advance(200_000);
    expect(taker.desk.offer(offerId)).toMatchObject({ phase: 'withdrawn' });
  });

  it('is not accepted when the operator withdraws while the answer of interest is pending', async () => {
    const answers: ((isWanted: boolean) => void)[] = [];
    const taker = await world.start({ interest: () => new Promise((resolve) => answers.push(resolve)) });
    const maker = await world.start({ interest: undefined });
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();
    world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept' ? 'drop' : 'deliver');
    await taker.desk.accept(offerId);
    await taker.desk.withdraw(offerId);
    for (const answer of answers) answer(true);
    await world.settled();
    expect(taker.desk.offer(offerId)).toMatchObject({ phase: 'withdrawn' });
  });
});

describe('an offer that was given up', () => {
  it('can be accepted again by hand when its maker is back', async () => {
    const { taker, offerId } = await gaveUpOffer();
    world.hub.intercept = () => 'deliver';
    await taker.desk.accept(offerId);
    await world.settled();
    expect(taker.noticesOf('deal.won')).toMatchObject([{ offerId }]);
  });

  it('is accepted again automatically when it is announced again', async () => {
    const { taker, offerId } = await gaveUpOffer(() => true);
    world.hub.intercept = () => 'deliver';
    await world.clock.advance(200_000);
    expect(taker.noticesOf('offer.received')).toHaveLength(2);
    expect(taker.noticesOf('deal.won')).toMatchObject([{ offerId }]);
  });

  it('continues after a restart when it was accepted again before', async () => {
    const { taker, offerId } = await gaveUpOffer();
    await taker.desk.accept(offerId);
    await world.crash(taker);
    world.hub.intercept = () => 'deliver';
    const again = await world.start({ id: taker.id, journal: taker.journal, interest: undefined });
    await world.settled();
    expect(again.noticesOf('deal.won')).toMatchObject([{ offerId }]);
  });
});

describe('a restored copy', () => {
  it.each(['withdrawn', 'given up'])('never accepts again an offer that was %s in it', async (how) => {
    const { maker, taker, offerId } = how === 'withdrawn' ? await withdrawnOffer() : await gaveUpOffer();
    const { journal } = taker;
    if (!(journal instanceof LastingJournal)) throw new Error('a journal that can be copied is needed');
    const copy = journal.copied();
    world.hub.intercept = () => 'deliver';
    await taker.desk.accept(offerId);
    await world.settled();
    expect(taker.noticesOf('deal.won')).toHaveLength(1);
    await world.crash(taker);

    const restored = await world.start({ id: taker.id, journal: copy, interest: () => true });
    expect(restored.noticesOf('offer.voided')).toMatchObject([{ offerId }]);
    await expect(restored.desk.accept(offerId)).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    await world.settled();
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
  });
});
