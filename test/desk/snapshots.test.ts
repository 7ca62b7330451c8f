/** Snapshots of offers for programs. */
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signed } from '../../testing/keyed-scheme.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const STRANGER = 'f'.repeat(64);

let world: DeskWorld;
let maker: TestDesk;
let taker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start({ interest: undefined });
  taker = await world.start({ interest: undefined });
});

afterEach(async () => {
  await world.stop();
});

describe('a snapshot of an offer', () => {
  it('has the bid as the agreed price, on both sides, and a repeated acceptance returns it', async () => {
    const { offerId } = await maker.desk.announce({
      type: 'sell',
      amount: '1',
      unitPrice: '100',
      award: 'best',
      windowMs: 1_000,
    });
    await world.settled();
    const first = await taker.desk.accept(offerId, { unitPrice: '101.50' });
    expect(first).toMatchObject({ unitPrice: '101.5', agreedUnitPrice: '101.5' });
    expect(await taker.desk.accept(offerId)).toMatchObject({ phase: first.phase, agreedUnitPrice: '101.5' });
    await world.clock.advance(2_000);
    for (const { desk } of [maker, taker]) {
      expect(desk.offer(offerId)).toMatchObject({ agreedUnitPrice: '101.5' });
    }
  });

  it('has its policy, its window and its receivers, on both sides', async () => {
    const announcedAt = world.clock.now();
    const { offerId } = await maker.desk.announce({
      type: 'sell',
      amount: '1',
      unitPrice: '100',
      award: 'best',
      windowMs: 5_000,
      to: [taker.id],
    });
    await world.settled();
    const shown = { award: 'best', windowEndsAt: announcedAt + 5_000, to: [taker.id], agreedUnitPrice: '100' };
    for (const { desk } of [maker, taker]) expect(desk.offer(offerId)).toMatchObject(shown);
    const plain = await maker.desk.announce({ type: 'buy', amount: '1' });
    expect(maker.desk.offer(plain.offerId)).toMatchObject({
      award: 'first',
      windowEndsAt: null,
      to: null,
      agreedUnitPrice: null,
    });
  });

  it('is found by the beginning of its id, on both sides', async () => {
    const { offerId } = await maker.desk.announce({ type: 'sell', amount: '1', unitPrice: '100' });
    const other = await maker.desk.announce({ type: 'sell', amount: '2', unitPrice: '100' });
    await world.settled();
    for (const { desk } of [maker, taker]) {
      expect(desk.offers(offerId).map(({ terms }) => terms.amount)).toEqual(['1']);
      expect(desk.offers().map(({ terms }) => terms.offerId)).toEqual([offerId, other.offerId]);
      expect(desk.offers(`${offerId}x`)).toEqual([]);
    }
  });

  it('is found by its id, and with its maker where several makers use the id', async () => {
    for (const id of ['d', 'e']) {
      const peer = new MemoryPeer(world.hub, id.repeat(64));
      await peer.start();
      await peer.send(taker.id, { cmd: 'offer:new', terms: peer.terms('same') });
    }
    expect(() => taker.desk.offer('same')).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }) as Error);
    expect(taker.desk.offer('same', 'e'.repeat(64))).toMatchObject({ terms: { maker: 'e'.repeat(64) } });
    expect(taker.desk.offer('other')).toBeUndefined();
  });
});

describe('a directed offer', () => {
  it('is not revealed to other desks, also after it has ended', async () => {
    const { offerId } = await maker.desk.announce({ type: 'sell', amount: '1', to: [taker.id] });
    const stranger = world.hub.network(STRANGER);
    await stranger.start(() => Promise.resolve({ error: null, result: true }));
    const status = signed({ cmd: 'offer:status', body: { offerId, source: maker.id, destination: STRANGER } });
    const asking = stranger.request(maker.id, status);
    await world.settled();
    expect(await asking).toMatchObject({ error: expect.stringContaining('ERR_NOT_ADDRESSED') as string });
    await maker.desk.cancel(offerId);
    const again = signed({ cmd: 'offer:status', body: { offerId, source: maker.id, destination: STRANGER } });
    const askingAgain = stranger.request(maker.id, again);
    await world.settled();
    expect(await askingAgain).toMatchObject({ error: expect.stringContaining('ERR_NOT_ADDRESSED') as string });
  });
});

describe('waiting for notices', () => {
  it('works for any number of waits without a warning of Node', async () => {
    const warned = once(process, 'warning').then(([warning]) => String(warning));
    const { signal } = new AbortController();
    const waits = Array.from({ length: 30 }, () =>
      maker.desk.until(({ event }) => event === 'offer.opened', { signal }),
    );
    await maker.desk.announce({ type: 'sell', amount: '1' });
    await Promise.all(waits);
    process.emitWarning('the last one');
    expect(await warned).toContain('the last one');
  });
});
