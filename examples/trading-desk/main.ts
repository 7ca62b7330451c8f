// A desk sells by hand: two others bid, the seller chooses the best bid, and both sides report the settlement.
// Run it with: npx tsx examples/trading-desk/main.ts
import { createDesk, silentLog, startGrapes, type Desk, type OfferTerms } from 'grapevine';

const grapes = await startGrapes({ count: 2, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
const desks: Desk[] = [];
const names = new Map<string, string>();

async function desk(name: string): Promise<Desk> {
  const made = createDesk({ grapes: grapes.api });
  desks.push(made);
  names.set(made.id, name);
  await made.start();
  return made;
}

/** The rules of a buyer: which offers it wants, and its bid. */
function bids(buyer: Desk, wanted: string, amountMax: number, bid: string): void {
  const fits = ({ type, pair, amount }: OfferTerms): boolean =>
    type === 'sell' && pair === wanted && Number(amount) <= amountMax;
  buyer.on('offer.received', ({ terms, offerId, maker }) => {
    if (fits(terms)) void buyer.accept(offerId, { maker, unitPrice: bid });
  });
  buyer.on('deal.won', ({ offerId, maker, unitPrice }) => {
    console.log(`${names.get(buyer.id)}: bought at ${unitPrice ?? '?'}, and pays`);
    void buyer.report(offerId, 'done', { txid: `9f2a-${names.get(buyer.id)}` }, maker);
  });
}

const seller = await desk('sam');
bids(await desk('ann'), 'BTC/USD', 5, '8050');
bids(await desk('bob'), 'BTC/USD', 5, '8100');
bids(await desk('cyd'), 'ETH/USD', 9, '300');

const twoBids = new Promise<void>((resolve) => {
  seller.on('acceptance.queued', ({ position }) => {
    if (position === 2) resolve();
  });
});
const order = { type: 'sell', amount: '2', pair: 'BTC/USD', unitPrice: '8000', award: 'manual' } as const;
const { offerId } = await seller.announce({ ...order, details: { settle: 'T+0', venue: 'OTC' }, doneWithinMs: 60_000 });
const paid = seller.until(({ event }) => event === 'deal.done');

await twoBids;
const offer = seller.offer(offerId);
const waiting = offer?.role === 'maker' ? [...offer.acceptances] : [];
const [best] = waiting.sort((one, other) => Number(other.unitPrice) - Number(one.unitPrice));
if (best !== undefined) await seller.award(offerId, best.taker);

await paid;
await seller.report(offerId, 'done', 'received');
for (const { unitPrice, result, taker, otherReport } of await seller.deals()) {
  console.log(`sam: sold at ${unitPrice} to ${names.get(taker ?? '')}: ${result}, ${otherReport?.details?.text ?? ''}`);
}

for (const each of desks) await each.stop();
await grapes.stop();
