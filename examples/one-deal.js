// Two desks in one program: one makes an offer, the other decides which offers it accepts, and both print events.
// Run it with: node examples/one-deal.js
import { createDesk, silentLog, startGrapes } from 'grapevine';

// Our own small DHT, on free ports. If grapes run elsewhere, give their URLs to createDesk instead.
const grapes = await startGrapes({ count: 3, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });

const taker = createDesk({
  grapes: grapes.api,
  // A function decides; it may be async. Amounts and prices are exact decimals, as text.
  interest: (offer) => offer.type === 'sell' && offer.pair === 'BTC/USD' && Number(offer.unitPrice) <= 8000,
});
taker.on('offer.received', ({ terms }) => {
  console.log(`taker: heard of an offer to ${terms.type} ${terms.amount} ${terms.pair} at ${terms.unitPrice}`);
});
const won = new Promise((resolve) => taker.once('deal.won', resolve));
await taker.start();

const maker = createDesk({ grapes: grapes.api });
maker.on('deal.awarded', ({ offerId, taker: winner }) => {
  console.log(`maker: offer ${offerId.slice(0, 8)} is awarded to ${winner.slice(0, 8)}`);
});
await maker.start();

const offer = await maker.announce({ type: 'sell', amount: '0.25', pair: 'BTC/USD', unitPrice: '8000' });
console.log(`maker: offered ${offer.offerId.slice(0, 8)}, valid until ${new Date(offer.expiresAt).toISOString()}`);

const { offerId } = await won;
console.log(`taker: ${offerId.slice(0, 8)} is ours`);

await maker.stop();
await taker.stop();
await grapes.stop();
