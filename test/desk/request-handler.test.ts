import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import { signed } from '../../testing/keyed-scheme.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import type { MemoryNetwork } from '../../testing/memory-network.ts';

const STRANGER = 'f'.repeat(64);
const ORIGINAL = 'a1b2c3d4e5f60718';
const DRAFT = { type: 'sell', amount: '1' } as const;

let world: DeskWorld;
let desk: TestDesk;
let stranger: MemoryNetwork;

beforeEach(async () => {
  world = new DeskWorld();
  desk = await world.start();
  stranger = world.hub.network(STRANGER);
  await stranger.start(() => Promise.resolve({ error: null, result: true }));
});

afterEach(async () => {
  await stranger.stop();
  await world.stop();
});

async function ask(payload: unknown): Promise<RequestResult> {
  const asking = stranger.request(desk.id, payload);
  await world.settled();
  return asking;
}

function bareOfferNew(offerId: string, source = STRANGER): unknown {
  const now = world.clock.now();
  return {
    cmd: 'offer:new',
    body: { offerId, source, type: 'buy', amount: 1, unitPrice: 2, issuedAt: now, expiresAt: now + 60_000 },
  };
}

function offerNew(offerId: string, source = STRANGER): unknown {
  return signed(bareOfferNew(offerId, source));
}

function acceptOf(body: object): object {
  return { cmd: 'offer:accept', body };
}

describe('what a stranger sends', () => {
  it.each([
    [null, 'ERR_INVALID_MESSAGE'],
    ['text', 'ERR_INVALID_MESSAGE'],
    [[], 'ERR_INVALID_MESSAGE'],
    [{}, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept' }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept', body: null }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept', body: [] }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:steal', body: {} }, 'ERR_UNKNOWN_COMMAND'],
    [{ cmd: '__proto__', body: {} }, 'ERR_UNKNOWN_COMMAND'],
    [{ cmd: 'constructor', body: {} }, 'ERR_UNKNOWN_COMMAND'],
    [{ cmd: 'offer:accept', body: { offerId: 1, source: 'a', destination: 'b' } }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept', body: { offerId: 'a/b', source: 'a', destination: 'b' } }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept', body: { offerId: 'x'.repeat(65), source: 'a', destination: 'b' } }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:accept', body: { offerId: 'a', source: 'nobody', destination: 'b' } }, 'ERR_OFFER_UNKNOWN'],
    [{ cmd: 'offer:list', body: { source: 'a', destination: 'b', limit: 51 } }, 'ERR_INVALID_MESSAGE'],
    [{ cmd: 'offer:done', body: { offerId: 'a', outcome: 'awarded' } }, 'ERR_INVALID_MESSAGE'],
  ])('is refused with a code, and changes nothing: %j', async (payload, code) => {
    const result = await ask(payload);
    expect(result).toMatchObject({ kind: 'error', error: expect.stringMatching(`^${code}: `) as string });
    expect(desk.desk.offers()).toEqual([]);
  });

  it.each<[string, (names: object) => object, string, boolean]>([
    ['an unknown command', (body) => ({ cmd: 'offer:steal', body }), 'ERR_UNKNOWN_COMMAND', false],
    ['a wrong field', () => ({ cmd: 'offer:accept', body: {} }), 'ERR_INVALID_MESSAGE', false],
    ['no auth', (body) => ({ cmd: 'offer:accept', body }), 'ERR_UNSIGNED', false],
    ['another recipient', (body) => signed(acceptOf({ ...body, source: STRANGER })), 'ERR_OFFER_UNKNOWN', false],
    [
      'the auth of another message',
      (body) => ({ ...signed(acceptOf(body)), cmd: 'offer:status' }),
      'ERR_SIGNATURE',
      false,
    ],
    ['an offer that is not known', (body) => signed(acceptOf(body)), 'ERR_OFFER_UNKNOWN', true],
  ])('with %s gets an error with auth only if its author is known', async (_, payloadOf, code, hasAuth) => {
    const result = await ask(payloadOf({ offerId: 'none', source: desk.id, destination: STRANGER }));
    expect(result).toMatchObject({ kind: 'error', error: expect.stringMatching(`^${code}: `) as string });
    expect(result).toMatchObject({ result: hasAuth ? { auth: { v: 2 } } : null });
  });

  it('in an offer is checked field by field', async () => {
    const good = bareOfferNew('good') as { body: Record<string, unknown> };
    const wrong: Record<string, unknown>[] = [
      { type: 'lend' },
      { amount: 0 },
      { amount: -1 },
      { amount: '1,5' },
      { amount: null },
      { unitPrice: 'free' },
      { pair: 'a b' },
      { expiresAt: 1.5 },
      { expiresAt: good.body['issuedAt'] },
      { expiresAt: world.clock.now() + LIMITS.validityMaxMs + 1 },
    ];
    for (const mistake of wrong) {
      const result = await ask({ ...good, body: { ...good.body, ...mistake } });
      const [field = ''] = Object.keys(mistake);
      expect(result).toMatchObject({ error: expect.stringContaining(`ERR_INVALID_MESSAGE: ${field}`) as string });
    }
    expect(desk.desk.offers()).toEqual([]);
  });

  it('is not repeated at length in our errors', async () => {
    const result = await ask({ cmd: 'x'.repeat(64), body: { junk: 'y'.repeat(10_000) } });
    expect(JSON.stringify(result).length).toBeLessThan(400);
  });

  it('as a broadcast is acknowledged before it is processed; a direct message as a broadcast is refused', async () => {
    const { reached } = await stranger.broadcast(offerNew('one'));
    expect(reached).toHaveLength(1);
    await world.settled();
    expect(desk.noticesOf('offer.received')).toHaveLength(1);
    const refused = await stranger.broadcast({
      cmd: 'offer:accept',
      body: { offerId: 'one', source: desk.id, destination: STRANGER },
    });
    expect(refused.unreached).toMatchObject([{ code: 'ERR_REFUSED' }]);
  });

  it('as the outcome of an offer counts only from its maker', async () => {
    await ask(offerNew('mine'));
    const done = { offerId: 'mine', outcome: 'cancelled' };
    await ask(signed({ cmd: 'offer:done', body: { ...done, source: 'e'.repeat(64) } }));
    await ask({ cmd: 'offer:done', body: { offerId: 'mine' } });
    expect(desk.noticesOf('deal.lost')).toEqual([]);
    await ask(signed({ cmd: 'offer:done', body: { ...done, source: STRANGER } }));
    expect(desk.noticesOf('deal.lost')).toMatchObject([{ reason: 'cancelled' }]);
  });

  it('fills at most its own share of the book', async () => {
    world.hub.intercept = (leg) => (leg.to === STRANGER ? 'drop' : 'deliver');
    const quiet = await world.start({ interest: undefined });
    const share = LIMITS.seenOffersPerMakerMax;
    // All at once, and some too many: none may slip in while another is being looked at.
    for (let count = 0; count < share + 100; count += 1) void stranger.request(quiet.id, offerNew(`offer-${count}`));
    await world.settled();
    expect(quiet.desk.offers()).toHaveLength(share);
    void stranger.broadcast(offerNew('one-too-many'));
    void stranger.broadcast(offerNew('from-another', 'd'.repeat(64)));
    await world.settled();
    expect(quiet.desk.offers()).toHaveLength(share + 1);
  });
});

describe('a client of the original, which names no maker in its offer:done', () => {
  function originalOffer(offerId: string): unknown {
    return { cmd: 'offer:new', body: { offerId, source: ORIGINAL, type: 'buy', amount: 1 } };
  }

  it('ends only offers of clients of the original with that id', async () => {
    await ask(originalOffer('same-id'));
    await ask(offerNew('same-id'));
    await stranger.broadcast({ cmd: 'offer:done', body: { offerId: 'same-id' } });
    await world.settled();
    const ended = desk.notices.filter(({ event }) => event === 'deal.lost');
    expect(ended).toMatchObject([{ maker: ORIGINAL, reason: 'taken' }]);
  });

  it('makes the deal with its approval', async () => {
    const original = world.hub.network(ORIGINAL);
    await original.start(() => Promise.resolve({ error: null, result: true }));
    await ask(originalOffer('o1'));
    const approving = original.request(desk.id, {
      cmd: 'offer:accept:approved',
      body: { offerId: 'o1', source: ORIGINAL, destination: desk.id },
    });
    await world.settled();
    expect(await approving).toMatchObject({ kind: 'answer', result: { confirmed: true } });
    expect(desk.noticesOf('deal.won')).toMatchObject([{ offerId: 'o1', maker: ORIGINAL, epoch: null }]);
    await original.stop();
  });
});

describe('offer:list', () => {
  it('returns all open offers of a desk, page by page, without those that have ended', async () => {
    const quiet = await world.start({ interest: undefined });
    await desk.desk.stop();
    const made: string[] = [];
    for (let count = 0; count < 120; count += 1) made.push((await quiet.desk.announce(DRAFT)).offerId);
    await quiet.desk.cancel(made[0] ?? '');
    const seen: string[] = [];
    let after: string | null = null;
    let pages = 0;
    do {
      const body = { source: quiet.id, destination: STRANGER, ...(after !== null && { after }) };
      const asking = stranger.request(quiet.id, signed({ cmd: 'offer:list', body }));
      await world.settled();
      const { result } = (await asking) as { result: { offers: { offerId: string }[]; next: string | null } };
      seen.push(...result.offers.map(({ offerId }) => offerId));
      after = result.next;
      pages += 1;
    } while (after !== null);
    expect(pages).toBe(3);
    expect(seen).toEqual(made.slice(1));
  });
});
