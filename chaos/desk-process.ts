/**
 * One desk as a process of its own, on the public library. Takes orders and tells its notices over IPC, and ends as soon as
 * that channel closes, so that nothing is left when the run itself dies.
 */
import { rmSync } from 'node:fs';
import { createDesk, type Desk, GrapevineError, type OfferTerms } from '../src/index.ts';
import { hash } from '../simulation/dice.ts';
import { createBrokenDesk } from './broken-desk.ts';
import type { DeskMessage, DeskSettings, Order } from './desk-messages.ts';

/** Of ten offers, so many interest a taker; which ones is the same after each restart. */
const WANTED_OF_TEN = 9;

const settings = JSON.parse(process.argv[2] ?? '{}') as DeskSettings;

process.once('disconnect', endWithRun);
// It may have gone before anybody listened.
if (!process.connected) endWithRun();
process.once('SIGTERM', () => void stop());

/** The run has died. What it can't tidy up any more is removed by whoever is left. */
function endWithRun(): never {
  if (process.exitCode === undefined) rmSync(settings.runFolder, { recursive: true, force: true, maxRetries: 3 });
  process.exit();
}

function tell(message: DeskMessage): void {
  if (process.connected) process.send?.(message);
}

function isWanted({ offerId }: OfferTerms): boolean {
  return settings.role === 'taker' && hash(`${settings.name} ${offerId}`) % 10 < WANTED_OF_TEN;
}

function create(): Desk {
  const { dataDir, port, announcePort, grapes } = settings;
  const options = { dataDir, port, announcePort, grapes, interest: isWanted };
  return process.env['GRAPEVINE_CHAOS_BROKEN'] === 'hasty' ? createBrokenDesk(options) : createDesk(options);
}

async function carryOut(order: Order): Promise<string> {
  const { desk } = await running;
  if (order.what === 'announce') return (await desk.announce(order.draft)).offerId;
  await desk.cancel(order.offerId);
  return order.offerId;
}

async function onOrder(order: Order): Promise<void> {
  const { number } = order;
  try {
    tell({ kind: 'answer', number, offerId: await carryOut(order), error: null });
  } catch (error) {
    tell({ kind: 'answer', number, offerId: '', error: String(error) });
  }
}

async function start(): Promise<{ readonly desk: Desk }> {
  const desk = create();
  toStop = desk;
  desk.on('notice', (notice) => {
    tell({ kind: 'notice', notice });
  });
  await desk.start();
  tell({ kind: 'ready', id: desk.id, running: desk.offers() });
  return { desk };
}

async function stop(): Promise<void> {
  isStopping = true;
  await toStop?.stop();
  // An exit before this has left could lose what was told before it.
  process.send?.({ kind: 'stopped' } satisfies DeskMessage, () => process.exit(0));
}

let toStop: Desk | null = null;
let isStopping = false;
process.on('message', (order: Order) => void onOrder(order));
const running = start();
running.catch((error: unknown) => {
  if (isStopping) return;
  const code = error instanceof GrapevineError ? error.code : 'ERR_INTERNAL';
  tell({ kind: 'failed', code, text: String(error) });
  process.exitCode = 1;
  process.disconnect();
});
