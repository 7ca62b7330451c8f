/** A stranger with many keys fills the book. Keys are free, so limits for each key do not help. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const DRAFT = { type: 'sell', amount: '1', validForMs: 600_000 } as const;
const FLOOD_VALID_MS = 29 * 24 * 60 * 60 * 1000;
const CAPACITY = 200;

let world: DeskWorld;
let desk: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  desk = await world.start({ interest: ({ pair }) => pair === 'A/B', bookCapacity: CAPACITY, trust: 'signed' });
});

afterEach(async () => {
  await world.stop();
});

/** Offers that nobody wants, from keys that nobody knows, valid for very long. */
async function flood(keys: number, offers: number): Promise<void> {
  for (let key = 0; key < keys; key += 1) {
    const peer = new MemoryPeer(world.hub, key.toString(16).padStart(64, 'e'));
    await peer.start();
    for (let number = 0; number < offers / keys; number += 1) {
      const terms = peer.terms(`flood-${key}-${number}`, { expiresAt: world.clock.now() + FLOOD_VALID_MS });
      void peer.send(desk.id, { cmd: 'offer:new', terms });
    }
    await world.settled();
  }
}

describe('a book full of offers of a stranger with many keys', () => {
  it('lets honest desks deal during the flood and after it, and stays within its limit', async () => {
    const maker = await world.start({ interest: undefined });
    await flood(26, 2 * CAPACITY);
    expect(desk.desk.openOffers.others).toBe(CAPACITY);
    await maker.desk.announce({ ...DRAFT, pair: 'A/B' });
    await flood(26, 2 * CAPACITY);
    await world.clock.advance(100);
    expect(desk.noticesOf('deal.won')).toHaveLength(1);
    await maker.desk.announce({ ...DRAFT, pair: 'A/B' });
    await world.clock.advance(100);
    expect(desk.noticesOf('deal.won')).toHaveLength(2);
    expect(desk.desk.openOffers.others).toBeLessThanOrEqual(CAPACITY);
  });

  it('keeps the offers of a maker that we had a deal with', async () => {
    const maker = await world.start({ interest: undefined });
    await maker.desk.announce({ ...DRAFT, pair: 'A/B' });
    await world.clock.advance(100);
    expect(desk.noticesOf('deal.won')).toHaveLength(1);
    const kept = [];
    for (let count = 0; count < 20; count += 1) kept.push((await maker.desk.announce(DRAFT)).offerId);
    await world.settled();
    await flood(2 * CAPACITY, 2 * CAPACITY);
    expect(kept.filter((offerId) => desk.desk.offer(offerId) !== undefined)).toHaveLength(20);
  });

  it('never drops an offer that we have accepted, of any maker', async () => {
    const peer = new MemoryPeer(world.hub, 'f'.repeat(64));
    await peer.start();
    peer.answer = () => ({ kind: 'queued', position: 2 });
    await peer.send(desk.id, { cmd: 'offer:new', terms: peer.terms('wanted', { pair: 'A/B' }) });
    await world.settled();
    for (let number = 0; number < 20; number += 1) {
      void peer.send(desk.id, { cmd: 'offer:new', terms: peer.terms(`more-${number}`) });
    }
    await flood(2 * CAPACITY, 2 * CAPACITY);
    expect(desk.desk.offer('wanted')).toMatchObject({ phase: 'queued' });
  });

  it('refuses the offer to its maker, and emits offer.gone for a dropped offer', async () => {
    const greedy = await world.start({ interest: undefined });
    for (let number = 0; number < CAPACITY; number += 1) await greedy.desk.announce(DRAFT);
    await world.settled();
    await greedy.desk.announce(DRAFT);
    await world.settled();
    expect(greedy.noticesOf('offer.announced').at(-1)).toMatchObject({ reached: 0, unreachable: 1, refused: 1 });
    expect(desk.desk.refusals.get('ERR_OVERLOADED')).toBe(1);
    const modest = await world.start({ interest: undefined });
    const { offerId } = await modest.desk.announce(DRAFT);
    await world.settled();
    expect(desk.desk.offer(offerId)).toBeDefined();
    expect(desk.noticesOf('offer.gone')).toMatchObject([{ maker: greedy.id, outcome: null }]);
  });

  it('has room for seenOffersMax offers by default', () => {
    expect(LIMITS.seenOffersMax).toBe(50_000);
  });
});
