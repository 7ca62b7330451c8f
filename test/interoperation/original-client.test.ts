/** Desks of ours and clients of the original (a stand-in on stock Grenache) in one network, in both roles. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk, type Desk, type DeskNotice, type Grapes } from '../../src/index.ts';
import { freePort } from '../../testing/free-port.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { OriginalClient, type OriginalClientInit } from '../../testing/original-client.ts';

let grapes: Grapes;
const desks: Desk[] = [];
const originals: OriginalClient[] = [];

beforeEach(async () => {
  grapes = await startLocalGrapes({ count: 3 });
});

afterEach(async () => {
  for (const original of originals.splice(0)) original.stop();
  await Promise.all(desks.splice(0).map((desk) => desk.stop()));
  await grapes.stop();
});

async function startDesk(): Promise<Desk> {
  const desk = createDesk({ grapes: grapes.api, trust: 'open', interest: ({ amount }) => amount === '1' });
  desks.push(desk);
  await desk.start();
  return desk;
}

async function startOriginal(init: Partial<OriginalClientInit> = {}): Promise<OriginalClient> {
  const original = new OriginalClient({ grape: grapes.api[0] ?? '', wantedAmount: 1, ...init });
  originals.push(original);
  await original.start(await freePort());
  return original;
}

function next<Event extends DeskNotice['event']>(
  desk: Desk,
  event: Event,
): Promise<Extract<DeskNotice, { event: Event }>> {
  return new Promise((resolve) => {
    desk.once(event, resolve as never);
  });
}

describe('our maker and takers of the original demo', () => {
  it('awards the offer to exactly one of them; the others drop it', async () => {
    const takers = await Promise.all([startOriginal(), startOriginal(), startOriginal()]);
    const got: string[] = [];
    const dropped: string[] = [];
    for (const taker of takers) {
      taker.on('won', () => got.push(taker.id));
      taker.on('dropped', () => dropped.push(taker.id));
    }
    const allTold = Promise.all(takers.map((taker) => Promise.race([once(taker, 'won'), once(taker, 'dropped')])));
    const maker = await startDesk();
    const awarded = next(maker, 'deal.awarded');
    await maker.announce({ type: 'buy', amount: '1', unitPrice: '8000' });
    const { taker } = await awarded;
    await allTold;
    expect(got).toEqual([taker]);
    expect(dropped).toHaveLength(2);
  });

  it('treats an error as a refusal, and approves the next one', async () => {
    const refusing = await startOriginal({
      onApproval: (_offerId, _take, refuse) => {
        refuse(new Error('changed my mind'));
      },
    });
    const maker = await startDesk();
    const released = next(maker, 'award.released');
    await maker.announce({ type: 'buy', amount: '1' });
    expect(await released).toMatchObject({ taker: refusing.id, reason: 'refused', detail: 'ERR_REFUSED' });
    const willing = await startOriginal();
    const awarded = next(maker, 'deal.awarded');
    await maker.announce({ type: 'buy', amount: '1' });
    expect(await awarded).toMatchObject({ taker: willing.id });
  });

  it('is in doubt about a client whose answer is lost: no other taker gets the offer', async () => {
    const taker = await startOriginal({
      onApproval: (_offerId, _take) => {
        // Takes it, and its answer never comes.
      },
    });
    const maker = await startDesk();
    const inDoubt = next(maker, 'award.in_doubt');
    const { offerId } = await maker.announce({ type: 'buy', amount: '1' });
    expect(await inDoubt).toMatchObject({ offerId, taker: taker.id });
    await startOriginal();
    await expect(maker.cancel(offerId)).rejects.toMatchObject({ code: 'ERR_OFFER_IN_DOUBT' });
    await maker.resolve(offerId, 'awarded');
    expect(maker.offers()).toMatchObject([{ phase: 'awarded', taker: taker.id }]);
  });
});

describe('a maker of the original demo and our takers', () => {
  it('have one winner, unverified, and the others lose', async () => {
    const takers = await Promise.all([startDesk(), startDesk(), startDesk()]);
    const ends = takers.map((taker) => Promise.race([next(taker, 'deal.won'), next(taker, 'deal.lost')]));
    const maker = await startOriginal({ wantedAmount: -1 });
    const gave = once(maker, 'awarded') as Promise<[string, string]>;
    const offerId = maker.offer('buy', 1);
    const [gaveOffer, winner] = await gave;
    expect(gaveOffer).toBe(offerId);
    const all = await Promise.all(ends);
    expect(all.filter(({ event }) => event === 'deal.won')).toMatchObject([{ offerId, maker: maker.id, epoch: null }]);
    expect(all.filter(({ event }) => event === 'deal.lost')).toHaveLength(2);
    const won = takers.find(({ id }) => id === winner);
    expect(won?.offers()).toMatchObject([{ phase: 'won', verified: false }]);
  });
});

describe('a network of both kinds of clients', () => {
  it('has deals in both directions, each offer once', async () => {
    const [ours, theirs] = await Promise.all([startDesk(), startOriginal()]);
    const [ourTaker, theirTaker] = await Promise.all([startDesk(), startOriginal()]);
    const winners = new Map<string, string[]>();
    const note = (offerId: string, id: string): void => {
      winners.set(offerId, [...(winners.get(offerId) ?? []), id]);
    };
    for (const desk of [ours, ourTaker])
      desk.on('deal.won', ({ offerId }) => {
        note(offerId, desk.id);
      });
    for (const original of [theirs, theirTaker])
      original.on('won', (offerId) => {
        note(offerId, original.id);
      });

    const awarded = next(ours, 'deal.awarded');
    const gave = once(theirs, 'awarded');
    const our = await ours.announce({ type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' });
    const their = theirs.offer('sell', 1, 8000);
    await Promise.all([awarded, gave]);
    expect([...winners.keys()].sort()).toEqual([our.offerId, their].sort());
    for (const ids of winners.values()) expect(ids).toHaveLength(1);
  });
});
