/** Takers that withdraw their acceptance. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DeskWorld } from '../../testing/desk-world.ts';
import type { Leg } from '../../testing/memory-network.ts';

const DRAFT = { type: 'sell', amount: '1', unitPrice: '8000', award: 'manual', validForMs: 3_600_000 } as const;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
});

function commandOf(leg: Leg): string {
  return (leg.payload as { cmd: string }).cmd;
}

it('a withdrawal removes the taker from the queue of the maker, which emits a notice', async () => {
  const [maker, taker, other] = [await world.start(), await world.start(), await world.start()];
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  expect(maker.desk.offer(offerId)).toMatchObject({ acceptancesWaiting: 2 });
  await taker.desk.withdraw(offerId);
  await world.settled();
  expect(maker.desk.offer(offerId)).toMatchObject({ acceptances: [{ taker: other.id }] });
  expect(maker.noticesOf('acceptance.withdrawn')).toMatchObject([{ offerId, taker: taker.id, verified: true }]);
  expect(taker.noticesOf('acceptance.withdrawn')).toHaveLength(1);
  await expect(maker.desk.award(offerId, taker.id)).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
});

it('after a lost withdrawal, the taker refuses the approval', async () => {
  const [maker, taker] = [await world.start(), await world.start()];
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  world.hub.intercept = (leg) => (commandOf(leg) === 'offer:accept:withdrawn' ? 'drop' : 'deliver');
  await taker.desk.withdraw(offerId);
  await world.settled();
  await maker.desk.award(offerId, taker.id);
  await world.settled();
  expect(maker.noticesOf('award.released')).toMatchObject([{ reason: 'refused', detail: 'ERR_NOT_INTERESTED' }]);
});

it('no other desk can withdraw for a taker', async () => {
  const [maker, taker, thief] = [await world.start(), await world.start(), await world.start({ interest: undefined })];
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  const body = { offerId, source: maker.id, destination: taker.id };
  const auth = { v: 2, mac: Buffer.alloc(32).toString('base64url'), nonce: '0'.repeat(32) };
  for (const payload of [
    { cmd: 'offer:accept:withdrawn', body },
    { cmd: 'offer:accept:withdrawn', body, auth },
  ]) {
    const result = await thief.network.request(maker.id, payload);
    expect(result).toMatchObject({ kind: 'error' });
  }
  expect(maker.desk.offer(offerId)).toMatchObject({ acceptances: [{ taker: taker.id }] });
});
