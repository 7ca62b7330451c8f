/** More desks than a lookup returns: facts reach every desk over links, and only verified facts are passed on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { encodeMessage } from '../../src/wire/message-codec.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import type { Leg } from '../../testing/memory-network.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';
import { IS_LONG } from '../effort.ts';

const DESKS = 100;
const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 3_600_000 } as const;
/** Hellos, answers and links need no more. */
const MOMENT_MS = 1_000;

let world: DeskWorld;
let desks: TestDesk[];

/** It watches: nothing is accepted by itself. */
async function newDesk(access: object = {}): Promise<TestDesk> {
  const desk = await world.start({ interest: undefined, presence: true, trust: 'signed', ...access });
  desks.push(desk);
  return desk;
}

function knowing(offerId: string): number {
  return desks.filter(({ desk }) =>
    desk.offers().some(({ role, terms }) => role === 'taker' && terms.offerId === offerId),
  ).length;
}

function passedOn(): Leg[] {
  const legs: Leg[] = [];
  world.hub.intercept = (leg) => {
    if (leg.kind === 'request' && (leg.payload as { passedOn?: boolean }).passedOn === true) legs.push(leg);
    return 'deliver';
  };
  return legs;
}

beforeEach(async () => {
  world = new DeskWorld();
  world.hub.lookupMax = 70;
  desks = [];
  for (let count = 0; count < DESKS; count += 1) await newDesk();
  await world.clock.advance(MOMENT_MS);
}, 60_000);

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

describe('among many desks', { timeout: 60_000 }, () => {
  it('every desk gets every offer and every outcome, also after a fifth of the desks was replaced', async () => {
    const first = await desks[3]?.desk.announce(DRAFT);
    await world.settled();
    expect(knowing(first?.offerId ?? '')).toBe(DESKS - 1);

    const gone = desks.splice(0, DESKS / 5);
    await Promise.all(gone.map((desk) => world.crash(desk)));
    for (const _ of gone) await newDesk();
    await world.clock.advance(MOMENT_MS);
    const maker = desks.at(-1);
    const second = await maker?.desk.announce(DRAFT);
    await world.clock.advance(MOMENT_MS);
    expect(knowing(second?.offerId ?? '')).toBe(DESKS - 1);
    await maker?.desk.cancel(second?.offerId ?? '');
    await world.clock.advance(MOMENT_MS);
    const ended = desks.flatMap(({ notices }) =>
      notices.filter((notice) => notice.event === 'offer.gone' && notice.offerId === second?.offerId),
    );
    expect(ended).toHaveLength(DESKS - 1);
  });

  it.runIf(IS_LONG)(
    'a new desk has the whole book within seconds, also the offers of desks that it has not contacted',
    async () => {
      const offers = [];
      for (const maker of desks.slice(0, 40)) offers.push(await maker.desk.announce(DRAFT));
      await world.clock.advance(MOMENT_MS);
      const newcomer = await newDesk();
      await world.clock.advance(MOMENT_MS);
      expect(newcomer.desk.offers()).toHaveLength(offers.length);
      expect(newcomer.desk.peers().length).toBeLessThan(DESKS - 1);
    },
  );

  it.runIf(IS_LONG)('a fact is sent no more often than there are links, whoever repeats it', async () => {
    const legs = passedOn();
    const liar = new MemoryPeer(world.hub, 'f'.repeat(64));
    await liar.start();
    const terms = liar.terms('one');
    const payload = encodeMessage({ cmd: 'offer:new', terms }, liar.identity.sign({ cmd: 'offer:new', terms }));
    for (let count = 0; count < 5; count += 1) {
      const to = desks[count % 2]?.id ?? '';
      void liar.network.request(to, { ...payload, passedOn: true }, { service: 'broadcast' });
      await world.settled();
    }
    expect(knowing('one')).toBe(DESKS);
    const repeated = legs.filter(({ from }) => from !== liar.id);
    expect(repeated.length).toBeGreaterThanOrEqual(DESKS);
    expect(repeated.length).toBeLessThanOrEqual(DESKS * LIMITS.meshLinksMax);
    const links = new Set(repeated.map(({ from, to }) => `${from} ${to}`));
    expect(links.size).toBe(repeated.length);
  });

  it.runIf(IS_LONG)(
    'no fact is passed on that is forged, directed to some desks, or of a maker that is not admitted',
    async () => {
      const legs = passedOn();
      const [maker] = desks;
      const liar = new MemoryPeer(world.hub, 'f'.repeat(64));
      await liar.start();
      const forged = liar.terms('forged', { maker: maker?.id ?? liar.id });
      const tell = (payload: object): Promise<unknown> =>
        liar.network.request(desks[1]?.id ?? '', { ...payload, passedOn: true }, { service: 'broadcast' });
      void tell(
        encodeMessage({ cmd: 'offer:new', terms: forged }, liar.identity.sign({ cmd: 'offer:new', terms: forged })),
      );
      await maker?.desk.announce({ ...DRAFT, to: [desks[1]?.id ?? liar.id] });
      desks[1]?.desk.setAccess({ deny: [liar.id] });
      const denied = liar.terms('denied');
      void tell(
        encodeMessage({ cmd: 'offer:new', terms: denied }, liar.identity.sign({ cmd: 'offer:new', terms: denied })),
      );
      await world.settled();
      expect(legs.filter(({ from }) => from !== liar.id)).toEqual([]);
    },
  );

  it.runIf(IS_LONG)(
    'a client of the original receives every offer, of desks that find it and of desks that do not',
    async () => {
      const heard: string[] = [];
      const original = world.hub.network('a1b2c3d4e5f60718');
      await original.start(({ payload }) => {
        const { cmd, body } = payload as { cmd: string; body: { offerId: string } };
        if (cmd !== 'offer:new') return Promise.resolve({ error: 'Unable to handle the command', result: null });
        heard.push(body.offerId);
        return Promise.resolve({ error: null, result: null });
      });
      await world.clock.advance(2 * LIMITS.helloMaxMs);
      // A maker that finds no original by itself.
      world.hub.lookupMax = 1;
      const offerIds = [];
      for (const maker of desks.slice(0, 20)) offerIds.push((await maker.desk.announce(DRAFT)).offerId);
      await world.clock.advance(MOMENT_MS);
      expect(new Set(heard)).toEqual(new Set(offerIds));
      expect(heard.length / offerIds.length).toBeLessThan(3 * LIMITS.originalWatchers);
      await original.stop();
    },
  );

  it.runIf(IS_LONG)('at most factsOfMakerPerMinute facts of one maker are passed on in a minute', async () => {
    const legs = passedOn();
    const liar = new MemoryPeer(world.hub, 'f'.repeat(64));
    await liar.start();
    const one = desks[0];
    for (const { id } of desks.slice(1)) world.hub.takeDown(id);
    for (let count = 0; count < LIMITS.factsOfMakerPerMinute + 20; count += 1) {
      const done = { cmd: 'offer:done', offerId: `o${count}`, maker: liar.id, outcome: 'expired' } as const;
      const message = { ...done, winner: null, epoch: null } as unknown as Parameters<typeof encodeMessage>[0];
      void liar.network.request(one?.id ?? '', encodeMessage(message, liar.identity.sign(message)), {
        service: 'broadcast',
      });
      if (count % 200 === 0) await world.settled();
    }
    await world.settled();
    const facts = new Set(legs.map(({ payload }) => (payload as { body: { offerId: string } }).body.offerId));
    expect(facts.size).toBeLessThanOrEqual(LIMITS.factsOfMakerPerMinute);
  });
});
