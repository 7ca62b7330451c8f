/** Presence: broadcast hellos, their answers, and which hellos are accepted. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { DeskHello } from '../../src/protocol/messages.ts';
import { keyedIdentity } from '../../testing/keyed-scheme.ts';
import { encodeMessage } from '../../src/wire/message-codec.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import type { Leg } from '../../testing/memory-network.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const STRANGER = 'f'.repeat(64);
const OTHER = 'e'.repeat(64);
/** Long enough for an answer. */
const ANSWER_MS = 200;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

function idsOf({ desk }: TestDesk): string[] {
  return desk
    .peers()
    .map(({ id }) => id)
    .sort();
}

function recordHellos(): Leg[] {
  const legs: Leg[] = [];
  world.hub.intercept = (leg) => {
    if (leg.kind === 'request' && (leg.payload as { cmd: string }).cmd === 'desk:hello') legs.push(leg);
    return 'deliver';
  };
  return legs;
}

async function strangerAt(id = STRANGER): Promise<MemoryPeer> {
  const peer = new MemoryPeer(world.hub, id);
  await peer.start();
  return peer;
}

describe('a new desk', () => {
  it('knows all other desks after one round trip, and they know it', async () => {
    const old = [await world.start({ presence: true }), await world.start({ presence: true })];
    await world.clock.advance(5_000);
    const newcomer = await world.start({ presence: true });
    await world.clock.advance(ANSWER_MS);
    const all = [...old, newcomer];
    for (const desk of all) {
      expect(idsOf(desk)).toEqual(
        all
          .filter((other) => other !== desk)
          .map(({ id }) => id)
          .sort(),
      );
    }
  });

  it('is answered at once in the reply to its hello: no desk sends a hello because of a hello', async () => {
    const old = await world.start({ presence: true });
    await world.clock.advance(1_000);
    const hellos = recordHellos();
    const newcomer = await world.start({ presence: true });
    await world.settled();
    expect(hellos).toMatchObject([{ service: 'broadcast', from: newcomer.id, to: old.id }]);
    expect(idsOf(newcomer)).toEqual([old.id]);
    expect(idsOf(old)).toEqual([newcomer.id]);
  });

  it('soon repeats its hello only to addresses that have not answered', async () => {
    const old = await world.start({ presence: true });
    await world.clock.advance(1_000);
    world.hub.intercept = (leg) => (leg.kind === 'answer' && leg.from === old.id ? 'drop' : 'deliver');
    const newcomer = await world.start({ presence: true });
    await world.clock.advance(LIMITS.requestTimeoutMs);
    const hellos = recordHellos();
    await world.clock.advance(30_000);
    const again = hellos.filter(({ from, to }) => from === newcomer.id && to === old.id);
    expect(again).toHaveLength(1);
    expect(idsOf(newcomer)).toEqual([old.id]);
  });

  it('ignores a hello in an answer that its desk has not signed', async () => {
    const newcomer = await world.start({ presence: true });
    const liar = await strangerAt();
    const hello = new MemoryPeer(world.hub, OTHER).hello();
    const network = world.hub.network(STRANGER);
    await liar.network.stop();
    const forged = encodeMessage(hello, liar.identity.sign(hello));
    await network.start(() => Promise.resolve({ error: null, result: { hello: forged } }));
    await world.clock.advance(60_000);
    expect(idsOf(newcomer)).toEqual([]);
    await network.stop();
  });

  it('that is not admitted is recorded and not answered', async () => {
    const old = await world.start({ presence: true, access: { deny: [STRANGER] } });
    const stranger = await strangerAt();
    await stranger.broadcast(stranger.hello());
    await world.clock.advance(1_000);
    expect(stranger.countOf('desk:hello')).toBeLessThanOrEqual(1);
    expect(stranger.asked.filter((message) => message.cmd === 'desk:hello' && message.to !== null)).toEqual([]);
    expect(old.desk.peers()).toMatchObject([{ id: STRANGER, isAdmitted: false, isBanned: false }]);
  });
});

describe('a desk that stays up', () => {
  it('repeats its hello, first soon and then after 30 to 60 s', async () => {
    const hellos = recordHellos();
    const stranger = await strangerAt();
    const desk = await world.start({ presence: true });
    const startedAt = world.clock.now();
    await world.clock.advance(10 * 60_000);
    const times = hellos
      .filter(({ from, to }) => from === desk.id && to === stranger.id)
      .map(({ payload }) => (payload as { body: DeskHello }).body.at - startedAt);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(times[0]).toBe(0);
    expect(gaps[0]).toBeLessThanOrEqual(LIMITS.helloMinMs);
    const late = gaps.slice(6);
    expect(late.length).toBeGreaterThan(5);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(LIMITS.helloMaxMs / 2);
    expect(Math.max(...late)).toBeLessThanOrEqual(LIMITS.helloMaxMs);
    expect(new Set(late).size).toBeGreaterThan(1);
  });

  it('sends no hello without presence, and records the hellos of others', async () => {
    const hellos = recordHellos();
    const quiet = await world.start();
    const stranger = await strangerAt();
    await stranger.broadcast(stranger.hello());
    await world.clock.advance(120_000);
    expect(hellos.filter(({ from }) => from === quiet.id)).toEqual([]);
    expect(idsOf(quiet)).toEqual([STRANGER]);
  });

  it('shows the difference of the clocks, and the start time of the other desk', async () => {
    const desk = await world.start({ presence: true });
    const stranger = await strangerAt();
    const at = world.clock.now() + 5_000;
    await stranger.broadcast(stranger.hello({ at, since: at - 60_000 }));
    await world.settled();
    expect(desk.desk.peers()).toMatchObject([
      { id: STRANGER, clockOffsetMs: 5_000, upSince: at - 60_000, lastSeenAt: world.clock.now(), failures: 0 },
    ]);
  });
});

describe('a hello', () => {
  let desk: TestDesk;
  let stranger: MemoryPeer;

  beforeEach(async () => {
    desk = await world.start({ presence: true });
    stranger = await strangerAt();
  });

  async function refusal(hello: DeskHello, by = stranger.identity): Promise<unknown> {
    const asking = stranger.network.request(desk.id, encodeMessage(hello, by.sign(hello)));
    await world.settled();
    const result = await asking;
    return result.kind === 'error' ? result.error.split(':')[0] : result.kind;
  }

  it.each([
    ['too old', -LIMITS.helloWindowMs - 1, 'ERR_NOT_FRESH'],
    ['old within the allowed difference of clocks', -LIMITS.helloWindowMs, 'answer'],
    ['slightly in the future', LIMITS.helloWindowMs, 'answer'],
    ['too far in the future', LIMITS.helloWindowMs + 1, 'ERR_NOT_FRESH'],
  ])('that is %s (%i ms) gets %s', async (_, aheadMs, told) => {
    expect(await refusal(stranger.hello({ at: world.clock.now() + aheadMs }))).toBe(told);
    expect(desk.desk.peers()).toHaveLength(told === 'answer' ? 1 : 0);
  });

  it('counts once: a repetition does not make its desk seem active', async () => {
    const hello = stranger.hello();
    const auth = stranger.identity.sign(hello);
    await stranger.broadcast(hello, auth);
    await world.clock.advance(10_000);
    const before = desk.desk.peers();
    await stranger.broadcast(hello, auth);
    await world.settled();
    expect(desk.desk.peers()).toEqual(before);
    expect(desk.desk.refusals.get('ERR_NOT_FRESH')).toBe(1);
  });

  it('that is direct counts once as well', async () => {
    const hello = stranger.hello({ to: desk.id });
    const auth = stranger.identity.sign(hello);
    void stranger.send(desk.id, hello, auth);
    await world.clock.advance(10_000);
    const before = desk.desk.peers();
    void stranger.send(desk.id, hello, auth);
    await world.settled();
    expect(before).toHaveLength(1);
    expect(desk.desk.peers()).toEqual(before);
  });

  it('with a false sender, unsigned, for another desk, or in our own name changes nothing', async () => {
    const forger = keyedIdentity(stranger.id);
    expect(await refusal(stranger.hello({ desk: OTHER as typeof stranger.id }), forger)).toBe('ERR_SIGNATURE');
    expect(await refusal(stranger.hello({ to: OTHER as typeof stranger.id }))).toBe('ERR_OFFER_UNKNOWN');
    expect(await refusal(stranger.hello({ desk: desk.id }), keyedIdentity(desk.id))).toBe('ERR_CONTRADICTION');
    const unsigned = stranger.network.request(desk.id, encodeMessage(stranger.hello()));
    const nameless = stranger.network.request(desk.id, {
      cmd: 'desk:hello',
      body: { source: 'a1b2c3d4e5f60718', at: world.clock.now(), since: world.clock.now() },
    });
    await world.settled();
    expect(await unsigned).toMatchObject({ error: expect.stringMatching(/^ERR_UNSIGNED/) as string });
    expect(await nameless).toMatchObject({ error: expect.stringMatching(/^ERR_UNSIGNED/) as string });
    expect(desk.desk.peers()).toEqual([]);
  });

  it('with invalid fields is refused', async () => {
    expect(await refusal(stranger.hello({ since: world.clock.now() + 1 }))).toBe('ERR_INVALID_MESSAGE');
  });

  it('for one desk is refused as a broadcast', async () => {
    await stranger.broadcast(stranger.hello({ to: desk.id }));
    await world.settled();
    expect(desk.desk.peers()).toEqual([]);
  });
});

it('a desk whose clock is set back is known to desks that start later', async () => {
  const before = await world.start({ presence: true });
  await world.clock.advance(1_000);
  await world.clock.jumpWall(-3_600_000);
  const after = await world.start({ presence: true });
  await world.clock.advance(ANSWER_MS);
  expect(idsOf(after)).toEqual([before.id]);
  expect(idsOf(before)).toEqual([after.id]);
});

describe('a fact that another desk repeats', () => {
  it('does not make its maker seem active', async () => {
    const desk = await world.start({ presence: true });
    const maker = new MemoryPeer(world.hub, OTHER);
    const stranger = await strangerAt();
    const terms = maker.terms('old');
    const auth = maker.identity.sign({ cmd: 'offer:new', terms });
    await world.clock.advance(100_000);
    await stranger.broadcast({ cmd: 'offer:new', terms }, auth);
    await world.settled();
    expect(desk.desk.peers()).toMatchObject([{ id: OTHER, lastSeenAt: terms.issuedAt, openOffers: 1 }]);
  });
});
