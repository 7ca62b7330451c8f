/**
 * The contestants: our desks, with journals on disk or in memory, or on hyperdht; a plain client with the same flow on stock Grenache;
 * the floor (floor.ts); and the messages and the journal alone (lean-desk.ts). Maker and takers are separate, so that the takers can
 * run in another process.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDesk, type Desk, type DeskOptions } from '../src/index.ts';
import { OriginalClient } from '../testing/original-client.ts';
import { freePort } from '../testing/free-port.ts';
import type { ContestantName, MakerSide, OnWin, Side, Surroundings } from './contestant.ts';
import { FloorMaker, FloorTaker } from './floor.ts';
import { LeanMaker, LeanTaker } from './lean-desk.ts';
import { nowMs } from './statistics.ts';

/** The amount of every offer. Takers accept only this amount. */
const AMOUNT = '1';

export async function startTakers(name: ContestantName, surroundings: Surroundings, onWin: OnWin): Promise<Side> {
  const starts = Array.from({ length: surroundings.takers }, () => startTaker(name, surroundings, onWin));
  const takers = await Promise.all(starts);
  return {
    stop: async () => {
      await Promise.all(takers.map((taker) => taker.stop()));
    },
  };
}

async function startTaker(name: ContestantName, surroundings: Surroundings, onWin: OnWin): Promise<Side> {
  if (name === 'floor' || name === 'lean' || name === 'lean-memory') {
    const { port } = surroundings;
    // It connects when its maker listens, which starts after the takers.
    const taker = name === 'floor' ? FloorTaker.start(port, onWin) : LeanTaker.start(port, onWin, name === 'lean');
    return { stop: async () => (await taker).stop() };
  }
  if (name === 'plain') {
    const client = await startPlain(surroundings);
    client.on('won', (offerId) => {
      onWin(offerId, nowMs());
    });
    return stoppable(client);
  }
  const opened = openDesk(name, { ...networkOf(name, surroundings), interest: ({ amount }) => amount === AMOUNT });
  opened.desk.on('deal.won', ({ offerId }) => {
    onWin(offerId, nowMs());
  });
  await opened.desk.start();
  return opened;
}

export async function startMaker(name: ContestantName, surroundings: Surroundings): Promise<MakerSide> {
  if (name === 'floor') return FloorMaker.start(surroundings.port, surroundings.takers);
  if (name === 'lean' || name === 'lean-memory') {
    return LeanMaker.start(surroundings.port, surroundings.takers, name === 'lean');
  }
  if (name === 'plain') {
    const client = await startPlain(surroundings);
    return { announce: () => Promise.resolve(client.offer('buy', 1, 8000)), ...stoppable(client) };
  }
  const opened = openDesk(name, networkOf(name, surroundings));
  await opened.desk.start();
  return {
    announce: async () =>
      (await opened.desk.announce({ type: 'buy', amount: AMOUNT, pair: 'BTC/USD', unitPrice: '8000' })).offerId,
    stop: () => opened.stop(),
  };
}

function networkOf(name: ContestantName, { grapes, bootstrap, broadcastKey }: Surroundings): DeskOptions {
  return name === 'hyperdht' ? { network: 'hyperdht', bootstrap, broadcastKey } : { grapes, broadcastKey };
}

function openDesk(name: 'desk' | 'memory' | 'hyperdht', options: DeskOptions): Side & { readonly desk: Desk } {
  if (name === 'memory') {
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
