/**
 * Those that are compared: desks of ours, with their journals in memory or on disk, and a plain client of the same flow on
 * stock Grenache. Each has a maker's and a
 * taker's side, so that the takers can live in a process of their own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDesk, type Desk, type DeskOptions } from '../src/index.ts';
import { OriginalClient } from '../testing/original-client.ts';
import { freePort } from '../testing/free-port.ts';

/** Of every offer in the bench; nobody here wants another. */
const AMOUNT = '1';

export type ContestantName = 'grapevine' | 'durable' | 'plain';

export interface Surroundings {
  readonly grapes: readonly string[];
  /** A contestant's own, so that the two never hear each other. */
  readonly broadcastKey: string;
}

/** Milliseconds that two processes of one machine agree on. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

export type OnWin = (offerId: string, atMs: number) => void;

export interface Side {
  stop(): Promise<void>;
}

export interface MakerSide extends Side {
  /** Announces an offer and resolves with its id. */
  announce(): Promise<string>;
}

export async function startTakers(
  name: ContestantName,
  count: number,
  { grapes, broadcastKey }: Surroundings,
  onWin: OnWin,
): Promise<Side> {
  const starts = Array.from({ length: count }, async (): Promise<Side> => {
    if (name !== 'plain') {
      const opened = openDesk(name, { grapes, broadcastKey, interest: ({ amount }) => amount === AMOUNT });
      opened.desk.on('deal.won', ({ offerId }) => {
        onWin(offerId, nowMs());
      });
      await opened.desk.start();
      return opened;
    }
    const client = await startPlain({ grapes, broadcastKey });
    client.on('got', (offerId) => {
      onWin(offerId, nowMs());
    });
    return stoppable(client);
  });
  const takers = await Promise.all(starts);
  return {
    stop: async () => {
      await Promise.all(takers.map((taker) => taker.stop()));
    },
  };
}

export async function startMaker(name: ContestantName, { grapes, broadcastKey }: Surroundings): Promise<MakerSide> {
  if (name !== 'plain') {
    const opened = openDesk(name, { grapes, broadcastKey });
    const { desk } = opened;
    await desk.start();
    return {
      announce: async () =>
        (await desk.announce({ type: 'buy', amount: AMOUNT, pair: 'BTC/USD', unitPrice: '8000' })).offerId,
      stop: () => opened.stop(),
    };
  }
  const client = await startPlain({ grapes, broadcastKey });
  return { announce: () => Promise.resolve(client.offer('buy', 1, 8000)), ...stoppable(client) };
}

function openDesk(name: 'grapevine' | 'durable', options: DeskOptions): Side & { readonly desk: Desk } {
  if (name === 'grapevine') {
    const desk = createDesk(options);
    return { desk, stop: () => desk.stop() };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'grapevine-bench-'));
  const desk = createDesk({ ...options, dataDir });
  return {
    desk,
    stop: async () => {
      await desk.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}

async function startPlain({ grapes, broadcastKey }: Surroundings): Promise<OriginalClient> {
  const client = new OriginalClient({ grape: grapes[0] ?? '', broadcastKey, wantedAmount: 1 });
  await client.start(await freePort());
  return client;
}

function stoppable(client: OriginalClient): Side {
  return {
    stop: () => {
      client.stop();
      return Promise.resolve();
    },
  };
}
