/** A market of real desks for the pictures: own offers, offers of others, deals, a doubt. */
import { expect } from 'vitest';
import type { Desk } from '../../src/index.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { ScriptedMaker } from '../../testing/scripted-maker.ts';
import type { DeskWithPage, PageDesks } from './page-desks.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** [type, amount, pair, price, minutes]. */
type Line = readonly [
  type: 'buy' | 'sell' | 'job',
  amount: string,
  pair?: string | undefined,
  price?: string | undefined,
  minutes?: number,
];

const OTHERS: readonly Line[] = [
  ['sell', '0.25', 'BTC/USD', '64180', 12],
  ['buy', '1.5', 'BTC/USD', '63950', 45],
  ['sell', '0.004', 'BTC/USD', '64210.5', 8],
  ['buy', '12', 'ETH/USD', '3391.2', 90],
  ['sell', '3.75', 'ETH/USD', '3402', 25],
  ['sell', '0.0000045', 'BTC/USD', '64199.99', 3],
  ['buy', '250', 'SOL/USD', '142.35', 15],
  ['sell', '80', 'SOL/USD', '143.1', 120],
  ['buy', '25000', 'EUR/USD', '1.0841', 30],
  ['sell', '40000', 'EUR/USD', '1.0856', 600],
  ['job', '1', undefined, undefined, 20],
  ['sell', '2', 'ETH/BTC', '0.05301', 55],
  ['buy', '5.5', 'ETH/BTC', '0.05288', 10],
  ['sell', '1200', 'XMR/USD', '158.2', 240],
  ['buy', '0.75', 'BTC/EUR', '59120', 35],
  ['sell', '0.1', 'BTC/EUR', '59240', 18],
];

const OWN: readonly Line[] = [
  ['sell', '0.8', 'BTC/USD', '64250', 60],
  ['buy', '30', 'ETH/USD', '3385', 180],
];

const AGREED: readonly Line[] = [
  ['sell', '0.5', 'BTC/USD', '64120'],
  ['buy', '4', 'ETH/USD', '3388.5'],
  ['sell', '0.15', 'BTC/USD', '64140'],
  ['sell', '60', 'SOL/USD', '142.9'],
];

export interface Market {
  /** An own offer with two waiting takers, one of them with a bid. */
  readonly byHand: string;
  readonly stop: () => Promise<void>;
}

export async function openMarket(desks: PageDesks, { client, running }: DeskWithPage): Promise<Market> {
  const makers = await Promise.all([desks.other(), desks.other(), desks.other(), desks.other()]);
  const [first, second] = makers;
  await agree(first, client);
  await agreeOwn(second, client);
  for (const [index, line] of OTHERS.entries()) await makers[index % makers.length]?.announce(draftOf(line));
  await second.announce({ ...draftOf(['buy', '2.2', 'BTC/USD', '64050', 40]), to: [running.id] });
  await first.announce({ ...draftOf(['sell', '1', 'BTC/USD', '64300', 5]), award: 'best', windowMs: 4 * MINUTE_MS });
  for (const line of OWN) await client.announce(draftOf(line));
  const byHand = await waitedFor([first, second], client);
  const doubt = await confirmed(desks, running.id as PeerId, client);
  return { byHand, stop: () => doubt.stop() };
}

function draftOf([type, amount, pair, unitPrice, minutes = 60]: Line) {
  return {
    type,
    amount,
    ...(pair !== undefined && { pair }),
    ...(unitPrice !== undefined && { unitPrice }),
    validForMs: Math.min(minutes * MINUTE_MS, 12 * HOUR_MS),
  };
}

type Client = DeskWithPage['client'];

/** Offers of a maker that this desk accepts. */
async function agree(maker: Desk, client: Client): Promise<void> {
  for (const line of AGREED.slice(0, 2)) {
    const dealt = maker.until(({ event }) => event === 'outcome.delivered');
    const { offerId } = await maker.announce(draftOf(line));
    await known(client, offerId);
    await client.accept(offerId);
    await dealt;
  }
}

/** Own offers that another desk accepts. */
async function agreeOwn(taker: Desk, client: Client): Promise<void> {
  for (const line of AGREED.slice(2)) {
    const { offerId } = await client.announce(draftOf(line));
    await heard(taker, offerId);
    const won = taker.until(({ event }) => event === 'deal.won');
    await taker.accept(offerId);
    await won;
  }
}

async function waitedFor(takers: readonly Desk[], client: Client): Promise<string> {
  const draft = draftOf(['sell', '5', 'ETH/USD', '3410', 30]);
  const { offerId } = await client.announce({ ...draft, award: 'manual' });
  await Promise.all(takers.map((taker) => heard(taker, offerId)));
  for (const [index, taker] of takers.entries()) {
    const queued = taker.until(({ event }) => event === 'acceptance.queued');
    await taker.accept(offerId, index === 0 ? {} : { unitPrice: '3412.5' });
    await queued;
  }
  return offerId;
}

/** This desk has confirmed, and the maker does not send its decision. */
async function confirmed(desks: PageDesks, self: PeerId, client: Client): Promise<ScriptedMaker> {
  const maker = new ScriptedMaker(desks.grapes.api);
  maker.answer = () => ({ kind: 'queued', position: 1 });
  await maker.start();
  const change = { amount: '0.3', unitPrice: '64105' } as Partial<ReturnType<ScriptedMaker['terms']>>;
  const terms = maker.terms('d0b7'.repeat(8), change);
  await maker.broadcast({ cmd: 'offer:new', terms });
  const { offerId } = terms;
  await known(client, offerId);
  await client.accept(offerId);
  const until = Date.now() + 10_000;
  await maker.send(self, { cmd: 'offer:accept:approved', offerId, maker: maker.id, taker: self, epoch: 1, until });
  return maker;
}

async function heard(desk: Desk, offerId: string): Promise<void> {
  await expect.poll(() => desk.offer(offerId)?.phase).toBe('seen');
}

async function known(client: Client, offerId: string): Promise<void> {
  await expect.poll(async () => (await client.offers({ ids: [offerId] })).total).toBe(1);
}
