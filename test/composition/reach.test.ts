/** A hundred desks on embedded grapes and real sockets: every offer reaches every desk, also after a fifth of them was replaced. */
import { afterEach, describe, expect, it } from 'vitest';
import { createDesk } from '../../src/composition/create-desk.ts';
import type { Desk } from '../../src/desk/desk.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { IS_LONG } from '../effort.ts';

const DESKS = 100;
const OFFERS = 20;
const STARTED_TOGETHER = 8;
/** On a quiet machine it takes less than a second. What a busy one loses is found within two rounds of comparing books. */
const PATIENCE_MS = 2 * LIMITS.bookSyncMs + 10_000;
const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000', validForMs: 3_600_000 } as const;

let grapes: Awaited<ReturnType<typeof startLocalGrapes>> | null = null;
let desks: Desk[] = [];

async function startDesks(count: number): Promise<void> {
  let left = count;
  const startSome = async (): Promise<void> => {
    while (left-- > 0) {
      const desk = createDesk({ grapes: grapes?.api ?? [], broadcastKey: 'reach' });
      await desk.start();
      desks.push(desk);
    }
  };
  await Promise.all(Array.from({ length: STARTED_TOGETHER }, startSome));
}

/** Resolves when every other desk has it. */
async function announced(maker: Desk): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const waiting = new Set<Desk>(desks.filter((desk) => desk !== maker));
  const { offerId } = await maker.announce(DRAFT);
  await Promise.all(
    [...waiting].map(async (desk) => {
      const isKnown = (): boolean => desk.offers().some(({ terms }) => terms.offerId === offerId);
      if (!isKnown()) await desk.until((notice) => notice.event === 'offer.received' && isKnown(), { signal });
      waiting.delete(desk);
    }),
  ).catch((error: unknown) => {
    throw new Error(`${waiting.size} desks did not get offer ${offerId} within ${PATIENCE_MS} ms`, { cause: error });
  });
}

async function announceAll(): Promise<void> {
  for (let count = 0; count < OFFERS; count += 1) {
    const maker = desks[(count * 7) % desks.length];
    if (maker !== undefined) await announced(maker);
  }
}

afterEach(async () => {
  await Promise.all(desks.map((desk) => desk.stop()));
  desks = [];
  await grapes?.stop();
  grapes = null;
});

describe('a hundred desks on real sockets', { timeout: 600_000 }, () => {
  it.runIf(IS_LONG)('all receive each offer, also after a fifth of them was replaced', async () => {
    grapes = await startLocalGrapes();
    await startDesks(DESKS);
    await announceAll();
    await Promise.all(desks.splice(0, DESKS / 5).map((desk) => desk.stop()));
    await startDesks(DESKS / 5);
    await announceAll();
    expect(desks).toHaveLength(DESKS);
  });
});
