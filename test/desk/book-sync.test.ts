/** The book of a desk that starts late: how it is filled and updated, and that false lists don't change it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryRateLimit } from '../../src/transport/fixed-window-counter.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { refusal, type ListedOffer, type OfferList } from '../../src/protocol/messages.ts';
import { DeskWorld, type TestDesk, type TestDeskInit } from '../../testing/desk-world.ts';
import { Hold, type Leg } from '../../testing/memory-network.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 3_600_000 } as const;
const LIAR = 'f'.repeat(64);
const OTHER = 'e'.repeat(64);
/** Long enough for a newcomer to be answered and to ask, and shorter than any repetition. */
const MOMENT_MS = 200;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

/** It watches: nothing is accepted by itself. */
function watcher(init: TestDeskInit = {}): Promise<TestDesk> {
  return world.start({ interest: undefined, presence: true, ...init });
}

/** A desk with open offers that have been announced so often that it will be a while until the next time. */
async function makerOf(count: number, draft: object = DRAFT): Promise<{ maker: TestDesk; offerIds: string[] }> {
  const maker = await watcher();
  const offerIds: string[] = [];
  for (let made = 0; made < count; made += 1) {
    offerIds.push((await maker.desk.announce({ ...DRAFT, ...draft })).offerId);
  }
  return { maker, offerIds: offerIds.sort() };
}

function bookOf({ desk }: TestDesk): string[] {
  return desk
    .offers()
    .filter(({ role, phase }) => role === 'taker' && phase === 'seen')
    .map(({ terms }) => terms.offerId)
    .sort();
}

function isList(leg: Leg, kind: Leg['kind'] = 'request'): boolean {
  return leg.kind === kind && (leg.payload as { cmd: string }).cmd === 'offer:list';
}

/** What a peer lists that says hello to a desk, and what has become of it. */
async function listedTo(
  desk: TestDesk,
  offers: (peer: MemoryPeer) => readonly ListedOffer[],
  next: OfferId | null = null,
): Promise<MemoryPeer> {
  const peer = new MemoryPeer(world.hub, LIAR);
  await peer.start();
  peer.lists(offers(peer), next);
  await peer.broadcast(peer.hello());
  await world.settled();
  expect(desk.desk.peers()).toMatchObject([{ id: LIAR }]);
  return peer;
}

describe('a desk that comes late', () => {
  it('gets all open offers of all makers, as their makers have signed them', async () => {
    const makers = [await makerOf(3), await makerOf(2), await makerOf(0)];
    await makers[0]?.maker.desk.cancel(makers[0].offerIds.shift() ?? '');
    await world.clock.advance(500);
    const late = await watcher();
    await world.clock.advance(MOMENT_MS);
    expect(bookOf(late)).toEqual(makers.flatMap(({ offerIds }) => offerIds).sort());
    expect(late.desk.offers().every(({ verified }) => verified)).toBe(true);
    expect(late.noticesOf('offer.received')).toHaveLength(4);
    expect(late.desk.peers().map(({ openOffers }) => openOffers)).toEqual(expect.arrayContaining([2, 2, 0]));
  });

  it('reads all pages', async () => {
    const { offerIds } = await makerOf(2 * LIMITS.listPageMax + 20);
    await world.clock.advance(500);
    const pages: unknown[] = [];
    world.hub.intercept = (leg) => {
      if (isList(leg) && leg.to !== late.id) pages.push((leg.payload as { body: unknown }).body);
      return 'deliver';
    };
    const late = await watcher();
    await world.clock.advance(MOMENT_MS);
    expect(bookOf(late)).toEqual(offerIds);
    expect(pages).toMatchObject([{}, { after: offerIds[49] }, { after: offerIds[99] }]);
  });

  it('accepts the offers that it is interested in at once', async () => {
    const { maker } = await makerOf(1);
    await world.clock.advance(500);
    const late = await world.start({ presence: true });
    await world.clock.advance(MOMENT_MS);
    expect(late.noticesOf('deal.won')).toHaveLength(1);
    expect(maker.noticesOf('deal.awarded')).toMatchObject([{ taker: late.id }]);
  });

  it('gets a directed offer only if the offer is directed to it', async () => {
    const friend = 'c'.repeat(64) as PeerId;
    const { offerIds } = await makerOf(1, { to: [friend] });
    await world.clock.advance(500);
    const invited = await watcher({ id: friend });
    const stranger = await watcher();
    await world.clock.advance(MOMENT_MS);
    expect(bookOf(invited)).toEqual(offerIds);
    expect(bookOf(stranger)).toEqual([]);
  });

  it('asks a desk without an answer again after its next hello', async () => {
    const { offerIds } = await makerOf(1);
    await world.clock.advance(500);
    world.hub.intercept = (leg) => (isList(leg) ? 'drop' : 'deliver');
    const late = await watcher();
    await world.clock.advance(MOMENT_MS);
    world.hub.intercept = (leg) => ((leg.payload as { cmd: string }).cmd === 'offer:new' ? 'drop' : 'deliver');
    await world.clock.advance(8_000);
    expect(bookOf(late)).toEqual(offerIds);
  });

  it('does not accept an offer again that it waits for and finds in a list', async () => {
    const taker = await world.start({ presence: true, interest: ({ offerId }) => offerId === 'wanted' });
    const peer = new MemoryPeer(world.hub, LIAR);
    await peer.start();
    const offers = ['other', 'wanted'].map((id) => peer.listed(peer.terms(id)));
    peer.answer = ({ cmd }) => {
      if (cmd === 'offer:list') return { kind: 'list', offers, next: null };
      if (cmd === 'offer:accept') return { kind: 'queued', position: 1 };
      return { kind: 'status', phase: 'open', standing: 'queued', epoch: 0 };
    };
    await peer.broadcast(peer.hello());
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(peer.countOf('offer:list')).toBeGreaterThan(1);
    expect(peer.countOf('offer:accept')).toBe(1);
    expect(taker.desk.offers().map(({ phase }) => phase)).toEqual(['seen', 'queued']);
  });
});

describe('a desk that is not admitted', () => {
  it('is asked for its offers only after it is admitted', async () => {
    const { maker, offerIds } = await makerOf(2);
    await world.clock.advance(500);
    let asked = 0;
    world.hub.intercept = (leg) => {
      if (isList(leg) && leg.to === maker.id) asked += 1;
      return 'deliver';
    };
    const late = await watcher({ access: { deny: [maker.id] } });
    await world.clock.advance(5_000);
    expect(asked).toBe(0);
    expect(bookOf(late)).toEqual([]);
    expect(late.desk.peers()).toMatchObject([{ id: maker.id, isAdmitted: false }]);
    late.desk.setAccess({});
    await world.settled();
    expect(bookOf(late)).toEqual(offerIds);
  });

  it('because it signed contradicting statements, is not asked again', async () => {
    const desk = await watcher();
    const peer = await listedTo(desk, (liar) => [liar.listed(liar.terms('one'))]);
    await peer.broadcast({ cmd: 'offer:new', terms: { ...peer.terms('one'), type: 'buy' } });
    await world.settled();
    expect(desk.desk.peers()).toMatchObject([{ isBanned: true }]);
    peer.lists([peer.listed(peer.terms('two'))]);
    const asked = peer.countOf('offer:list');
    await world.clock.advance(2 * LIMITS.bookSyncMs);
    expect(peer.countOf('offer:list')).toBe(asked);
    expect(bookOf(desk)).toEqual(['one']);
  });
});

describe('a false list', () => {
  let desk: TestDesk;
  let other: MemoryPeer;

  beforeEach(async () => {
    desk = await watcher();
    other = new MemoryPeer(world.hub, OTHER);
  });

  it('with an offer of another maker changes nothing, even if the rest is right', async () => {
    await listedTo(desk, (liar) => [liar.listed(liar.terms('a')), other.listed(other.terms('b'))]);
    expect(desk.desk.offers()).toEqual([]);
  });

  it.each<[string, (liar: MemoryPeer) => ListedOffer]>([
    ['an offer without a signature', (liar) => ({ terms: liar.terms('a') })],
    ['an offer with the signature of another desk', (liar) => ({ ...other.listed(liar.terms('a')) })],
    [
      'an offer with other terms than were signed',
      (liar) => ({ ...liar.listed(liar.terms('a')), terms: liar.terms('b') }),
    ],
  ])('%s is not accepted', async (_, offer) => {
    await listedTo(desk, (liar) => [offer(liar)]);
    expect(desk.desk.offers()).toEqual([]);
  });

  it('with other signed terms of a known offer proves an equivocation and does not change the offer', async () => {
    const peer = await listedTo(desk, (liar) => [liar.listed(liar.terms('a'))]);
    const before = desk.desk.offers()[0]?.terms;
    peer.lists([peer.listed({ ...peer.terms('a'), type: 'buy' })]);
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(desk.noticesOf('peer.equivocated')).toMatchObject([{ maker: LIAR, offerId: 'a' }]);
    expect(desk.desk.offers()[0]?.terms).toEqual(before);
  });

  it.each<[string, (liar: MemoryPeer) => readonly ListedOffer[], string | null]>([
    ['in the wrong order', (liar) => [liar.listed(liar.terms('b')), liar.listed(liar.terms('a'))], null],
    ['with an offer twice', (liar) => [liar.listed(liar.terms('a')), liar.listed(liar.terms('a'))], null],
    ['that continues at an offer that is not in it', (liar) => [liar.listed(liar.terms('a'))], 'z'],
    ['that is empty and continues', () => [], 'a'],
  ])('%s is rejected as a whole, and not requested again', async (_, offers, next) => {
    const peer = await listedTo(desk, offers, next as OfferId | null);
    expect(desk.desk.offers()).toEqual([]);
    expect(peer.countOf('offer:list')).toBe(1);
  });

  it('that is not signed by the desk that was asked is no answer', async () => {
    const peer = await listedTo(desk, (liar) => [liar.listed(liar.terms('a'))]);
    // Another program at its address answers with an empty list.
    await peer.network.stop();
    const impostor = world.hub.network(LIAR);
    await impostor.start(() => Promise.resolve({ error: null, result: { offers: [], next: null } }));
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(bookOf(desk)).toEqual(['a']);
    expect(desk.desk.offers()).toMatchObject([{ isStale: true }]);
    await impostor.stop();
  });

  it('without an end is read up to the limit', async () => {
    let page = 0;
    const peer = new MemoryPeer(world.hub, LIAR);
    await peer.start();
    peer.answer = (message) => {
      if (message.cmd !== 'offer:list') return { kind: 'acknowledged' };
      page += 1;
      const terms = peer.terms(`offer-${page.toString().padStart(4, '0')}`);
      return { kind: 'list', offers: [peer.listed(terms)], next: terms.offerId };
    };
    await peer.broadcast({ cmd: 'offer:new', terms: peer.terms('beyond-the-last-page'.padStart(30, 'z')) });
    for (let round = 0; round < 20; round += 1) await world.settled();
    expect(page).toBe(LIMITS.listPagesMax);
    // What would come later than the last page that was read may be listed there, for all we know.
    expect(bookOf(desk)).toHaveLength(LIMITS.listPagesMax + 1);
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(bookOf(desk)).toContain('beyond-the-last-page'.padStart(30, 'z'));
  });
});

describe('an offer that its maker no longer lists', () => {
  it('is dropped, and listed offers stay', async () => {
    const desk = await watcher();
    const peer = await listedTo(desk, (liar) => ['a', 'b', 'c'].map((id) => liar.listed(liar.terms(id))));
    // Signed at another time than before, they would be other offers: only those that are new are.
    peer.lists([
      ...desk.desk
        .offers()
        .filter(({ terms }) => terms.offerId !== 'b')
        .map(({ terms }) => peer.listed(terms)),
      peer.listed(peer.terms('d')),
    ]);
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(bookOf(desk)).toEqual(['a', 'c', 'd']);
    expect(desk.noticesOf('offer.gone')).toMatchObject([{ offerId: 'b', outcome: null }]);
  });

  it('stays when we have accepted it', async () => {
    const desk = await watcher();
    const peer = await listedTo(desk, (liar) => ['a', 'b'].map((id) => liar.listed(liar.terms(id))));
    peer.answer = ({ cmd }) => {
      if (cmd === 'offer:list') return { kind: 'list', offers: [], next: null };
      if (cmd === 'offer:accept') return { kind: 'queued', position: 1 };
      return { kind: 'status', phase: 'open', standing: 'queued', epoch: 0 };
    };
    await desk.desk.accept('a');
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(desk.desk.offers().map(({ terms, phase }) => [terms.offerId, phase])).toEqual([
      ['a', 'queued'],
      ['b', 'lost'],
    ]);
    await expect(desk.desk.accept('b')).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });
  });

  it('stays when it arrived during the request', async () => {
    const desk = await watcher();
    const hold = new Hold();
    world.hub.intercept = (leg) => (isList(leg, 'answer') ? hold : 'deliver');
    const peer = new MemoryPeer(world.hub, LIAR);
    await peer.start();
    await peer.broadcast(peer.hello());
    await world.settled();
    expect(hold.count).toBe(1);
    const terms = peer.terms('just-made');
    await peer.broadcast({ cmd: 'offer:new', terms });
    await world.settled();
    hold.release();
    await world.settled();
    expect(bookOf(desk)).toEqual(['just-made']);
  });

  it('stays when the list was not read up to its place', async () => {
    const desk = await watcher();
    const peer = await listedTo(desk, (liar) => ['a', 'b', 'z'].map((id) => liar.listed(liar.terms(id))));
    const [a] = desk.desk.offers();
    if (a === undefined) throw new Error('no offer');
    peer.answer = (message) => {
      if (message.cmd !== 'offer:list') return { kind: 'acknowledged' };
      if (message.after === null) return { kind: 'list', offers: [peer.listed(a.terms)], next: a.terms.offerId };
      return refusal('ERR_RATE_LIMITED', 'not now');
    };
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(bookOf(desk)).toEqual(['a', 'b', 'z']);
  });
});

describe('a maker that is gone', () => {
  it('leaves its offers in the book, shown as stale, until they end', async () => {
    const { maker, offerIds } = await makerOf(1, { validForMs: 600_000 });
    const desk = await watcher();
    await world.clock.advance(20_000);
    const seenAt = world.clock.now();
    expect(desk.desk.offers()).toMatchObject([{ isStale: false }]);
    await world.crash(maker);
    await world.clock.advance(LIMITS.bookSyncMs + LIMITS.requestTimeoutMs);
    expect(bookOf(desk)).toEqual(offerIds);
    const [offer] = desk.desk.offers();
    expect(offer).toMatchObject({ phase: 'seen', isStale: true });
    expect(offer?.role === 'taker' && offer.makerSeenAt).toBeLessThanOrEqual(seenAt);
    expect(desk.desk.peers()).toMatchObject([{ id: maker.id, failures: expect.any(Number) as number }]);
    expect(desk.desk.peers()[0]?.failures).toBeGreaterThan(0);
    await world.clock.advance(600_000 + LIMITS.clockSkewMs);
    expect(desk.desk.offers()).toMatchObject([{ phase: 'lost', isStale: false }]);
  });

  it('and comes back: its offers are no longer stale', async () => {
    const { maker } = await makerOf(1);
    const desk = await watcher();
    await world.clock.advance(20_000);
    await world.crash(maker);
    await world.clock.advance(LIMITS.bookSyncMs + LIMITS.requestTimeoutMs);
    expect(desk.desk.offers()).toMatchObject([{ isStale: true }]);
    await watcher({ id: maker.id, journal: maker.journal });
    await world.clock.advance(MOMENT_MS);
    expect(desk.desk.offers()).toMatchObject([{ isStale: false, makerSeenAt: expect.any(Number) as number }]);
    expect(desk.desk.peers()).toMatchObject([{ failures: 0 }]);
  });

  it('is detected by its silence when no desk asks it', async () => {
    const desk = await world.start({ interest: undefined });
    const { maker } = await makerOf(1);
    await world.settled();
    await world.crash(maker);
    await world.clock.advance(LIMITS.staleAfterMs);
    expect(desk.desk.offers()).toMatchObject([{ isStale: false }]);
    await world.clock.advance(1);
    expect(desk.desk.offers()).toMatchObject([{ isStale: true }]);
  });
});

describe('asking others for their offers', () => {
  it('happens at listsAtOnce desks at the same time', async () => {
    const peers = Array.from({ length: LIMITS.listsAtOnce + 3 }, (_, index) => {
      return new MemoryPeer(world.hub, (index + 1).toString(16).repeat(64));
    });
    const desk = await watcher();
    const hold = new Hold();
    const asked = new Set<string>();
    world.hub.intercept = (leg) => {
      if (!isList(leg)) return 'deliver';
      asked.add(leg.to);
      return hold;
    };
    for (const peer of peers) {
      await peer.start();
      await peer.broadcast(peer.hello());
    }
    await world.settled();
    expect(desk.desk.peers()).toHaveLength(peers.length);
    expect(asked.size).toBe(LIMITS.listsAtOnce);
    hold.release();
    await world.settled();
    expect(asked.size).toBe(peers.length);
  });

  it('is refused above the limit by a signed answer, and the book does not change', async () => {
    const { maker, offerIds } = await makerOf(2);
    await world.crash(maker);
    await watcher({ id: maker.id, journal: maker.journal, listLimit: memoryRateLimit(1, 10) });
    const desk = await watcher();
    await world.clock.advance(MOMENT_MS);
    expect(bookOf(desk)).toEqual(offerIds);
    await world.clock.advance(LIMITS.bookSyncMs);
    expect(bookOf(desk)).toEqual(offerIds);

    const asker = new MemoryPeer(world.hub, LIAR);
    await asker.start();
    const question: OfferList = { cmd: 'offer:list', asked: maker.id, asking: asker.id, after: null, limit: 50 };
    const answers = [];
    for (let count = 0; count < 2; count += 1) {
      const asking = asker.send(maker.id, question);
      await world.settled();
      answers.push(await asking);
    }
    expect(answers).toMatchObject([
      { kind: 'answer' },
      { kind: 'error', error: expect.stringMatching(/^ERR_RATE_LIMITED/) as string, result: { auth: {} } },
    ]);
  });

  it('has a limit that allows the longest comparison twice a minute', () => {
    expect(LIMITS.listPagesMax * LIMITS.listPageMax).toBeGreaterThanOrEqual(LIMITS.seenOffersPerMakerMax);
    expect(LIMITS.listsPerPeerPerMinute).toBeGreaterThanOrEqual(
      (LIMITS.listPagesMax * 60_000) / (LIMITS.bookSyncMs / 2),
    );
  });
});
