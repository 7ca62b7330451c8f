/** Whole desks on hyperdht: as on grapes, an offer goes to exactly one taker, also when a desk comes back at another port. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk, type Desk, type DeskOptions } from '../../src/index.ts';
import { startDhtNodes, type DhtNodes } from '../../src/hyperdht/start-dht-nodes.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;

let nodes: DhtNodes;
let desks: Desk[] = [];

beforeEach(async () => {
  nodes = await startDhtNodes({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await Promise.all(desks.map((desk) => desk.stop()));
  desks = [];
  await nodes.stop();
});

async function start(options: DeskOptions = {}): Promise<Desk> {
  const desk = createDesk({ network: 'hyperdht', bootstrap: nodes.bootstrap, ...options });
  desks.push(desk);
  await desk.start();
  return desk;
}

describe('desks on hyperdht', { timeout: 20_000 }, () => {
  it.each(['off', 'require'] as const)(
    'award an offer to exactly one of several takers (encrypt: %s)',
    async (encrypt) => {
      const maker = await start({ encrypt });
      const takers = [];
      for (let count = 0; count < 3; count += 1) takers.push(await start({ encrypt, interest: () => true }));
      const ends = takers.map((taker) => taker.until(({ event }) => event === 'deal.won' || event === 'deal.lost'));
      const awarded = maker.until((notice) => notice.event === 'deal.awarded');
      await maker.announce(DRAFT);
      const events = (await Promise.all(ends)).map(({ event }) => event);
      expect(events.sort()).toEqual(['deal.lost', 'deal.lost', 'deal.won']);
      await awarded;
    },
  );

  it('reach a desk again that has restarted on another port', async () => {
    const dataDir = temporaryFolder();
    const first = await start({ dataDir });
    const taker = await start();
    const received = taker.until((notice) => notice.event === 'offer.received');
    const { offerId } = await first.announce(DRAFT);
    await received;
    await first.stop();
    const second = await start({ dataDir });
    expect(second.id).toBe(first.id);
    const won = taker.until((notice) => notice.event === 'deal.won');
    await taker.accept(offerId);
    expect(await won).toMatchObject({ offerId, maker: first.id });
  });
});
