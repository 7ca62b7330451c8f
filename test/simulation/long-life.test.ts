/** What is over may not stay in memory for ever: two desks, and more deals than they may remember. */
import { describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { Dice } from '../../simulation/dice.ts';
import { MemoryDisk } from '../../simulation/disk.ts';
import { drawPlan } from '../../simulation/fault-plan.ts';
import { Router } from '../../simulation/router.ts';
import { Ledger } from '../../simulation/ledger.ts';
import { RandomFates } from '../../simulation/random-fates.ts';
import { SimClock } from '../../simulation/sim-clock.ts';
import { SimDesk } from '../../simulation/sim-desk.ts';
import { Timeline } from '../../simulation/timeline.ts';
import { IS_LONG } from '../effort.ts';

const DEALS = LIMITS.finishedOffersMax + 300;
const AT_A_TIME = 50;

// Some thousand deals, whatever is done to make it quicker.
describe.runIf(IS_LONG)('a long life', () => {
  it(
    'remembers a bounded number of finished offers and leaves no alarm and no request',
    { timeout: 120_000 },
    async () => {
      const timeline = new Timeline();
      const ledger = new Ledger();
      const fates = new RandomFates(1, drawPlan(new Dice(1), false), {}, () => timeline.now);
      fates.heal();
      const router = new Router(timeline, fates, ledger);
      const desks = ['aa', 'bb'].map(
        (byte) =>
          new SimDesk({
            id: byte.repeat(32) as PeerId,
            name: byte,
            router,
            witness: ledger,
            clock: new SimClock(timeline, { offsetMs: 0, rate: 1 }),
            disk: new MemoryDisk(),
            offerIds: new Dice(1, byte),
            interest: () => true,
          }),
      );
      for (const desk of desks) desk.start();
      const until = (ms: number): Promise<void> => timeline.run(ms, () => undefined);
      await until(100);
      for (let announced = 0; announced < DEALS; announced += AT_A_TIME) {
        for (let index = 0; index < AT_A_TIME; index += 1) {
          void desks[0]?.up?.announce({ type: 'sell', amount: '1', validForMs: 60_000 });
        }
        await until(timeline.now + 200);
      }
      await until(timeline.now + 120_000);
      const awarded = [...ledger.offers.values()].filter(({ state }) => state.phase === 'awarded');
      expect(awarded.length).toBeGreaterThanOrEqual(DEALS);
      for (const { up, leftovers } of desks) {
        expect(up?.offers().length).toBe(LIMITS.finishedOffersMax);
        expect(leftovers).toEqual({ alarms: 0, requests: 0 });
      }
    },
  );
});
