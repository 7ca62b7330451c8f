/** Which desks a desk deals with, the limit for their messages, and the memory of ended offers. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RecentSet } from '../../src/desk/recent-set.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { signed } from '../../testing/keyed-scheme.ts';
import { DeskWorld, type TestDesk, type TestDeskInit } from '../../testing/desk-world.ts';
import type { MemoryNetwork } from '../../testing/memory-network.ts';

const FRIEND = 'f'.repeat(64) as PeerId;
const OTHER = 'e'.repeat(64) as PeerId;
const DRAFT = { type: 'sell', amount: '1', unitPrice: '8000' } as const;

let world: DeskWorld;
let network: MemoryNetwork;

beforeEach(async () => {
  world = new DeskWorld();
  network = world.hub.network(FRIEND);
  await network.start(() => Promise.resolve({ error: null, result: null }));
});

afterEach(async () => {
  await network.stop();
  await world.stop();
});

function start(init: TestDeskInit = {}): Promise<TestDesk> {
  return world.start({ trust: 'signed', interest: undefined, ...init });
}

async function tell(desk: TestDesk, payload: unknown): Promise<RequestResult> {
  const telling = network.request(desk.id, payload);
  await world.settled();
  return telling;
}

function codeOf(result: RequestResult): string {
  return result.kind === 'error' ? (result.error.split(':')[0] ?? '') : result.kind;
}

function offer(source: string, offerId = 'one', change: object = {}): unknown {
  const now = world.clock.now();
  const times = { issuedAt: now, expiresAt: now + 60_000 };
  return signed({ cmd: 'offer:new', body: { offerId, source, type: 'buy', amount: 1, ...times, ...change } });
}

function accept(desk: TestDesk, offerId: string, destination: string, change: object = {}): unknown {
  return signed({ cmd: 'offer:accept', body: { offerId, source: desk.id, destination, ...change } });
}

function seen(desk: TestDesk): readonly string[] {
  return desk.desk.offers().map(({ terms }) => `${terms.maker[0] ?? ''} ${terms.offerId}`);
}

describe('an offer that is passed on', () => {
  it('and refused counts as one refusal', async () => {
    const desk = await start();
    const tomorrow = world.clock.now() + 24 * 3_600_000;
    const payload = offer(FRIEND, 'early', { issuedAt: tomorrow, expiresAt: tomorrow + 1_000 });
    await network.request(desk.id, { ...(payload as object), passedOn: true }, { service: 'broadcast' });
    await world.settled();
    expect(seen(desk)).toEqual([]);
    expect([...desk.desk.refusals]).toEqual([['ERR_INVALID_MESSAGE', 1]]);
  });
});

describe('an access list', () => {
  it('admits only desks on the allow list, in both directions', async () => {
    const desk = await start({ access: { allow: [FRIEND] } });
    const { offerId } = await desk.desk.announce(DRAFT);
    expect(codeOf(await tell(desk, offer(FRIEND)))).toBe('answer');
    expect(codeOf(await tell(desk, offer(OTHER)))).toBe('ERR_NOT_ADMITTED');
    expect(codeOf(await tell(desk, accept(desk, offerId, OTHER)))).toBe('ERR_NOT_ADMITTED');
    expect(codeOf(await tell(desk, accept(desk, offerId, FRIEND)))).toBe('answer');
    const list = (destination: string): unknown =>
      signed({ cmd: 'offer:list', body: { source: desk.id, destination } });
    expect(codeOf(await tell(desk, list(OTHER)))).toBe('ERR_NOT_ADMITTED');
    expect(codeOf(await tell(desk, list(FRIEND)))).toBe('answer');
    expect(desk.desk.refusals.get('ERR_NOT_ADMITTED')).toBe(3);
  });

  it('excludes desks on the deny list, even if they are on the allow list', async () => {
    const desk = await start({ access: { allow: [FRIEND, OTHER], deny: [OTHER] } });
    expect(codeOf(await tell(desk, offer(OTHER)))).toBe('ERR_NOT_ADMITTED');
    void network.broadcast(offer(OTHER, 'two'));
    void network.broadcast(offer(FRIEND, 'two'));
    await world.settled();
    expect(seen(desk)).toEqual(['f two']);
  });

  it('that is empty admits no desk, and one that is missing admits all', async () => {
    const closed = await start({ access: { allow: [] } });
    expect(codeOf(await tell(closed, offer(FRIEND)))).toBe('ERR_NOT_ADMITTED');
    const open = await start();
    expect(codeOf(await tell(open, offer(FRIEND)))).toBe('answer');
  });

  it('can be changed at any time, and applies only to new business', async () => {
    const desk = await start();
    const { offerId } = await desk.desk.announce(DRAFT);
    await tell(desk, accept(desk, offerId, FRIEND));
    desk.desk.setAccess({ deny: [FRIEND] });
    const question = { cmd: 'offer:status', body: { offerId, source: desk.id, destination: FRIEND } };
    expect(codeOf(await tell(desk, signed(question)))).toBe('answer');
    expect(codeOf(await tell(desk, offer(FRIEND)))).toBe('ERR_NOT_ADMITTED');
    desk.desk.setAccess({});
    expect(codeOf(await tell(desk, offer(FRIEND)))).toBe('answer');
  });
});

describe('a directed offer', () => {
  it('is sent only to the desks that it is directed to, by direct messages', async () => {
    const [ann, bob, maker] = [await start(), await start(), await start()];
    await maker.desk.announce({ ...DRAFT, to: [ann.id] });
    await world.settled();
    expect(ann.noticesOf('offer.received')).toHaveLength(1);
    expect(bob.noticesOf('offer.received')).toEqual([]);
    expect(maker.noticesOf('offer.announced')).toMatchObject([{ reached: 1, unreachable: 0 }]);
    await maker.desk.announce({ ...DRAFT, to: [OTHER] });
    await world.clock.advance(LIMITS.requestTimeoutMs);
    expect(maker.noticesOf('offer.announced')[1]).toMatchObject({ reached: 0, unreachable: 1, refused: 0 });
  });

  it('counts a desk that refuses it as refused, like the broadcast of any other offer', async () => {
    const [ann, bob, maker] = [await start(), await start(), await start()];
    ann.desk.setAccess({ deny: [maker.id] });
    await maker.desk.announce({ ...DRAFT, to: [ann.id, bob.id] });
    await world.settled();
    expect(ann.noticesOf('offer.received')).toEqual([]);
    expect(maker.noticesOf('offer.announced')).toMatchObject([{ reached: 1, unreachable: 1, refused: 1 }]);
  });

  it('is listed only for these desks', async () => {
    const maker = await start();
    const { offerId } = await maker.desk.announce({ ...DRAFT, to: [FRIEND] });
    const open = await maker.desk.announce(DRAFT);
    const listed = async (destination: string): Promise<string[]> => {
      const asking = await tell(maker, signed({ cmd: 'offer:list', body: { source: maker.id, destination } }));
      const { offers } = (asking as { result: { offers: { offerId: string }[] } }).result;
      return offers.map((each) => each.offerId);
    };
    expect(await listed(FRIEND)).toEqual([offerId, open.offerId].sort());
    expect(await listed(OTHER)).toEqual([open.offerId]);
  });

  it('that is passed on to other desks is refused by them', async () => {
    const desk = await start();
    expect(codeOf(await tell(desk, offer(OTHER, 'one', { to: [FRIEND] })))).toBe('ERR_NOT_ADDRESSED');
    expect(seen(desk)).toEqual([]);
  });
});

describe('a desk that sends too much', () => {
  it('is refused, and other desks are not', async () => {
    const left = new Map<string, number>([[FRIEND, 3]]);
    const rateLimit = {
      take: (key: string) => {
        left.set(key, (left.get(key) ?? 100) - 1);
        return (left.get(key) ?? 0) >= 0;
      },
    };
    const desk = await start({ rateLimit });
    const results = [];
    for (const offerId of ['a', 'b', 'c', 'd', 'e']) results.push(codeOf(await tell(desk, offer(FRIEND, offerId))));
    expect(results).toEqual(['answer', 'answer', 'answer', 'ERR_RATE_LIMITED', 'ERR_RATE_LIMITED']);
    expect(codeOf(await tell(desk, offer(OTHER)))).toBe('answer');
    expect(desk.desk.refusals.get('ERR_RATE_LIMITED')).toBe(2);
    expect(seen(desk)).toHaveLength(4);
  });
});

describe('an offer that has ended', () => {
  it('does not come back by a repetition of its old announcement', async () => {
    const desk = await start();
    const announcement = offer(FRIEND);
    await tell(desk, announcement);
    await tell(desk, signed({ cmd: 'offer:done', body: { offerId: 'one', source: FRIEND, outcome: 'cancelled' } }));
    // So many that it has left memory.
    for (let count = 0; count <= LIMITS.finishedOffersMax; count += 1) {
      void network.request(desk.id, offer(OTHER, `o${count}`));
      const end = { offerId: `o${count}`, source: OTHER, outcome: 'expired' };
      void network.request(desk.id, signed({ cmd: 'offer:done', body: end }));
      if (count % 500 === 0) await world.settled();
    }
    await world.settled();
    expect(seen(desk)).not.toContain('f one');
    const before = desk.noticesOf('offer.received').length;
    await tell(desk, announcement);
    expect(desk.noticesOf('offer.received')).toHaveLength(before);
    expect(seen(desk)).not.toContain('f one');
  }, 60_000);

  it('is remembered, in a limited number', () => {
    const ended = new RecentSet(2);
    const key = (offerId: string) => offerKey(FRIEND, offerId as OfferId);
    for (const offerId of ['a', 'b', 'a', 'c']) ended.add(key(offerId));
    expect(['a', 'b', 'c'].map((offerId) => ended.has(key(offerId)))).toEqual([true, false, true]);
  });
});

describe('an acceptance', () => {
  it('that is forged is refused and counted, and does not block other takers', async () => {
    const desk = await start();
    const { offerId } = await desk.desk.announce(DRAFT);
    const forged = {
      ...(accept(desk, offerId, OTHER) as object),
      auth: { v: 2, mac: 'A'.repeat(43), nonce: '0'.repeat(32) },
    };
    expect(codeOf(await tell(desk, forged))).toBe('ERR_SIGNATURE');
    expect(desk.noticesOf('acceptance.queued')).toEqual([]);
    expect(desk.desk.refusals.get('ERR_SIGNATURE')).toBe(1);
    expect(codeOf(await tell(desk, accept(desk, offerId, FRIEND)))).toBe('answer');
    expect(desk.noticesOf('acceptance.queued')).toMatchObject([{ taker: FRIEND, verified: true }]);
    expect(desk.noticesOf('award.reserved')).toMatchObject([{ taker: FRIEND }]);
  });

  it('of protocol version 1 is refused with its own error code', async () => {
    const desk = await start();
    const { offerId } = await desk.desk.announce(DRAFT);
    const former = {
      ...(accept(desk, offerId, OTHER) as object),
      auth: { sig: 'A'.repeat(86), nonce: '0'.repeat(32) },
    };
    expect(codeOf(await tell(desk, former))).toBe('ERR_PROTOCOL_VERSION');
    expect(desk.noticesOf('acceptance.queued')).toEqual([]);
  });
});
