/** A maker that signs two contradicting statements: the proof is stored and published, and the maker is banned. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessList } from '../../src/desk/access-list.ts';
import { EquivocationWatch } from '../../src/desk/equivocation-watch.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { BroadcastMessage, Signature } from '../../src/protocol/messages.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { parsePayload } from '../../src/wire/message-codec.ts';
import { signed } from '../../testing/keyed-scheme.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import type { MemoryNetwork } from '../../testing/memory-network.ts';

const LIAR = 'f'.repeat(64) as PeerId;
const OTHER = 'e'.repeat(64) as PeerId;
const DRAFT = { type: 'sell', amount: '1' } as const;

let world: DeskWorld;
let desk: TestDesk;
let liar: MemoryNetwork;
let journal: MemoryJournal;
/** What is asked of the liar, and what it says. */
let asked: string[];

beforeEach(async () => {
  world = new DeskWorld();
  journal = new MemoryJournal();
  desk = await world.start({ trust: 'signed', evidence: journal });
  liar = world.hub.network(LIAR);
  asked = [];
  await liar.start(({ payload }) => {
    asked.push((payload as { cmd: string }).cmd);
    return Promise.resolve({ error: null, result: null });
  });
});

afterEach(async () => {
  await liar.stop();
  await world.stop();
});

function offer(offerId: string, change: object = {}): unknown {
  const now = world.clock.now();
  const times = { issuedAt: now, expiresAt: now + 60_000 };
  return signed({ cmd: 'offer:new', body: { offerId, source: LIAR, type: 'buy', amount: 1, ...times, ...change } });
}

function done(offerId: string, change: object): unknown {
  return signed({ cmd: 'offer:done', body: { offerId, source: LIAR, ...change } });
}

function awardTo(winner: string, offerId = 'one'): unknown {
  return done(offerId, { outcome: 'awarded', winner, epoch: 1 });
}

async function tell(payload: unknown): Promise<RequestResult> {
  const telling = liar.request(desk.id, payload);
  await world.settled();
  return telling;
}

function errorOf(result: RequestResult): string {
  return result.kind === 'error' ? (result.error.split(':')[0] ?? '') : result.kind;
}

async function proofs(): Promise<readonly { readonly maker: string; readonly statements: readonly unknown[] }[]> {
  return journal.readEvidence();
}

describe('two signed terms of one offer', () => {
  it('are detected, stored as they were signed, and published', async () => {
    const [one, two] = [offer('one'), offer('one', { amount: 2 })];
    expect(errorOf(await tell(one))).toBe('answer');
    expect(errorOf(await tell(two))).toBe('ERR_EQUIVOCATION');
    expect(desk.noticesOf('peer.equivocated')).toMatchObject([{ maker: LIAR, offerId: 'one' }]);
    const [proof] = await proofs();
    expect(proof).toMatchObject({ maker: LIAR, offerId: 'one', foundAt: world.clock.now() });
    expect(JSON.parse(JSON.stringify(proof?.statements))).toEqual([one, two]);
  });

  it('contradict each other when any field differs; a repetition does not', async () => {
    const to = [desk.id, OTHER];
    const same = offer('one', { to });
    for (let times = 0; times < 3; times += 1) await tell(same);
    expect(await proofs()).toEqual([]);
    expect(errorOf(await tell(offer('one', { to: [...to].reverse() })))).toBe('ERR_EQUIVOCATION');
  });

  it('are detected in broadcasts as well', async () => {
    void liar.broadcast(offer('one'));
    void liar.broadcast(offer('one', { amount: 2 }));
    await world.settled();
    expect(await proofs()).toHaveLength(1);
    expect(desk.desk.refusals.get('ERR_EQUIVOCATION')).toBe(1);
    void liar.broadcast(offer('two'));
    await world.settled();
    expect(desk.desk.refusals.get('ERR_EQUIVOCATION')).toBe(2);
    expect(desk.desk.offers().map(({ terms }) => terms.offerId)).toEqual(['one']);
  });
});

describe('two signed outcomes of one offer', () => {
  it('are detected by a desk that did not accept the offer', async () => {
    await tell(awardTo(OTHER));
    expect(errorOf(await tell(awardTo(desk.id)))).toBe('ERR_EQUIVOCATION');
    expect(await proofs()).toHaveLength(1);
  });

  it.each([
    [{ outcome: 'cancelled' }],
    [{ outcome: 'awarded', winner: OTHER, epoch: 2 }],
    [{ outcome: 'awarded', winner: OTHER, epoch: 1, unitPrice: 5 }],
  ])('are two when they differ: %j', async (second) => {
    await tell(awardTo(OTHER));
    expect(errorOf(await tell(done('one', second)))).toBe('ERR_EQUIVOCATION');
  });

  it('do not change the effect of the first one', async () => {
    await tell(offer('one'));
    await tell(awardTo(OTHER));
    const before = JSON.stringify(desk.desk.offers());
    await tell(awardTo(desk.id));
    expect(JSON.stringify(desk.desk.offers())).toBe(before);
    expect(desk.noticesOf('deal.won')).toEqual([]);
  });
});

describe('no equivocation', () => {
  it('is a statement in the name of the maker that another desk signed', async () => {
    await tell(offer('one'));
    const forged = { ...(offer('one', { amount: 2 }) as object), auth: { v: 2, sig: 'A'.repeat(86) } };
    expect(errorOf(await tell(forged))).toBe('ERR_SIGNATURE');
    expect(await proofs()).toEqual([]);
  });

  it('is an offer and its outcome, two offers, or the offers of two makers', async () => {
    await tell(offer('one'));
    await tell(offer('two', { amount: 2 }));
    await tell(offer('one', { source: OTHER, amount: 3 }));
    await tell(awardTo(OTHER, 'one'));
    await tell(awardTo(OTHER, 'two'));
    expect(await proofs()).toEqual([]);
  });
});

describe('a banned desk', () => {
  async function convict(): Promise<void> {
    await tell(awardTo(OTHER, 'convicted'));
    await tell(awardTo(desk.id, 'convicted'));
    expect(desk.noticesOf('peer.equivocated')).toHaveLength(1);
  }

  it('gets no new business of any kind', async () => {
    const { offerId } = await desk.desk.announce(DRAFT);
    await convict();
    expect(errorOf(await tell(offer('new')))).toBe('ERR_EQUIVOCATION');
    const names = { source: desk.id, destination: LIAR };
    expect(errorOf(await tell(signed({ cmd: 'offer:accept', body: { offerId, ...names } })))).toBe('ERR_EQUIVOCATION');
    expect(errorOf(await tell(signed({ cmd: 'offer:list', body: names })))).toBe('ERR_EQUIVOCATION');
    expect(desk.desk.offers()).toMatchObject([{ terms: { offerId }, acceptancesWaiting: 0, phase: 'open' }]);
  });

  it('is refused after a restart, and its proof is still there', async () => {
    await convict();
    await world.crash(desk);
    // The same journal, and a desk that has heard nothing yet.
    const again = await world.start({ id: desk.id, trust: 'signed', evidence: journal });
    desk = again;
    expect(errorOf(await tell(offer('new')))).toBe('ERR_EQUIVOCATION');
    expect(await proofs()).toHaveLength(1);
  });

  it('completes the deals in progress', async () => {
    await tell(offer('deal'));
    expect(asked).toEqual(['offer:accept']);
    const names = { offerId: 'deal', source: LIAR, destination: desk.id };
    const until = world.clock.now() + 10_000;
    await tell(signed({ cmd: 'offer:accept:approved', body: { ...names, epoch: 1, until } }));
    expect(desk.noticesOf('award.confirmed')).toHaveLength(1);
    await convict();
    expect(errorOf(await tell(awardTo(desk.id, 'deal')))).toBe('answer');
    expect(desk.noticesOf('deal.won')).toMatchObject([{ offerId: 'deal' }]);
  });
});

describe('the memory for contradicting statements', () => {
  function check(watch: EquivocationWatch, offerId: string, amount: number): ReturnType<EquivocationWatch['check']> {
    const { message, auth } = parsePayload(offer(offerId, { amount }));
    return watch.check(message as BroadcastMessage, auth as Signature);
  }

  it('has room for factsRemembered facts, and a forgotten fact proves nothing', () => {
    const watch = new EquivocationWatch();
    for (let count = 0; count <= LIMITS.factsRemembered; count += 1) {
      expect(check(watch, `offer-${count}`, 1)).toBeNull();
    }
    expect(check(watch, 'offer-1', 2)).not.toBeNull();
    expect(check(watch, 'offer-0', 2)).toBeNull();
  });

  it('has room for bannedDesksMax banned desks, because a stranger can have any number of keys', () => {
    const access = new AccessList();
    const ids = Array.from({ length: LIMITS.bannedDesksMax + 1 }, (_, index) => `desk-${index}` as PeerId);
    const isBanned = ids.map((_, index) => index < LIMITS.bannedDesksMax);
    expect(ids.map((id) => access.ban(id))).toEqual(isBanned);
    expect(ids.map((id) => access.isBanned(id))).toEqual(isBanned);
    expect(access.ban('desk-0' as PeerId)).toBe(true);
  });
});
