/**
 * A desk in both networks, on real grapes and real nodes of hyperdht: offers pass both ways, desks that share no network deal with each
 * other through it, and each offer goes to exactly one taker.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDesk, type Desk, type DeskOptions } from '../../src/index.ts';
import { startDhtNodes, type DhtNodes } from '../../src/hyperdht/start-dht-nodes.ts';
import { LOCAL_GRAPES_TEST_TIMEOUT_MS, startLocalGrapes } from '../../testing/local-grapes.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;

let nodes: DhtNodes;
let grapes: Awaited<ReturnType<typeof startLocalGrapes>>;
let desks: Desk[] = [];

beforeEach(async () => {
  nodes = await startDhtNodes({ host: '127.0.0.1', port: 0 });
  grapes = await startLocalGrapes();
});
afterEach(async () => {
  await Promise.all(desks.map((desk) => desk.stop()));
  desks = [];
  await Promise.all([nodes.stop(), grapes.stop()]);
});

async function start(options: DeskOptions): Promise<Desk> {
  const desk = createDesk(options);
  desks.push(desk);
  await desk.start();
  return desk;
}

const onGrapes = (options: DeskOptions = {}): Promise<Desk> => start({ grapes: grapes.api, ...options });
const onHyperdht = (options: DeskOptions = {}): Promise<Desk> =>
  start({ network: 'hyperdht', bootstrap: nodes.bootstrap, ...options });
const bridge = (options: DeskOptions = {}): Promise<Desk> =>
  start({ bridge: true, grapes: grapes.api, bootstrap: nodes.bootstrap, ...options });

/** Resolves when the desk has that offer in its book. */
async function has(desk: Desk, offerId: string): Promise<void> {
  const isKnown = (): boolean => desk.offers().some(({ role, terms }) => role === 'taker' && terms.offerId === offerId);
  if (!isKnown()) await desk.until((notice) => notice.event === 'offer.received' && isKnown());
}

describe('a bridge', { timeout: 3 * LOCAL_GRAPES_TEST_TIMEOUT_MS }, () => {
  it.each([
    ['grapes', 'hyperdht', 'off'],
    ['hyperdht', 'grapes', 'off'],
    ['grapes', 'hyperdht', 'require'],
  ] as const)('lets a maker on %s deal with a taker on %s (encrypt: %s)', async (home, _there, encrypt) => {
    // A desk with `require` refuses a bridge that does not encrypt its messages.
    await bridge({ encrypt: encrypt === 'off' ? 'off' : 'on' });
    const isOnGrapes = home === 'grapes';
    const maker = await (isOnGrapes ? onGrapes : onHyperdht)({ encrypt });
    const taker = await (isOnGrapes ? onHyperdht : onGrapes)({ encrypt });
    const won = taker.until(({ event }) => event === 'deal.won');
    const awarded = maker.until(({ event }) => event === 'deal.awarded');
    const { offerId } = await maker.announce(DRAFT);
    await has(taker, offerId);
    await taker.accept(offerId);
    expect(await won).toMatchObject({ offerId, maker: maker.id });
    expect(await awarded).toMatchObject({ offerId, taker: taker.id });
  });

  it.each([
    ['without a node of hyperdht', { bridge: true }],
    ['with the network hyperdht alone', { bridge: true, network: 'hyperdht', bootstrap: ['127.0.0.1:49737'] }],
  ] as const)('is refused %s', (_what, options) => {
    expect(() => createDesk(options)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }));
  });

  it('lets exactly one of several takers in both networks win', async () => {
    await bridge();
    const maker = await onGrapes();
    const takers = [await onGrapes(), await onHyperdht(), await onHyperdht(), await bridge()];
    const ends = takers.map((taker) => taker.until(({ event }) => event === 'deal.won' || event === 'deal.lost'));
    const { offerId } = await maker.announce(DRAFT);
    await Promise.all(takers.map((taker) => has(taker, offerId)));
    await Promise.all(takers.map((taker) => taker.accept(offerId)));
    const events = (await Promise.all(ends)).map(({ event }) => event);
    expect(events.sort()).toEqual(['deal.lost', 'deal.lost', 'deal.lost', 'deal.won']);
  });

  it('passes on an offer that was announced before it started, and its outcome', async () => {
    const maker = await onGrapes();
    const { offerId } = await maker.announce(DRAFT);
    const watcher = await onHyperdht();
    await bridge();
    await has(watcher, offerId);
    const gone = watcher.until((notice) => notice.event === 'offer.gone');
    await maker.cancel(offerId);
    expect(await gone).toMatchObject({ offerId, outcome: 'cancelled' });
  });
});
