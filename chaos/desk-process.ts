/**
 * One desk as a process of its own, with the public library. It receives orders and sends its notices over IPC. It ends when that
 * channel closes, so that no process remains if the run itself crashes.
 */
import { rmSync } from 'node:fs';
import { createDesk, type Desk, GrapevineError, type OfferTerms } from '../src/index.ts';
import { hash } from '../simulation/dice.ts';
import { createBrokenDesk } from './broken-desk.ts';
import type { DeskMessage, DeskSettings, Order } from './desk-messages.ts';

/** Of ten offers, a taker accepts this number. After a restart, it accepts the same ones. */
const WANTED_OF_TEN = 9;

const settings = JSON.parse(process.argv[2] ?? '{}') as DeskSettings;

process.once('disconnect', endWithRun);
// The channel may have closed before the listener was added.
if (!process.connected) endWithRun();
process.once('SIGTERM', () => void stop());

/** The run has crashed, so the desks remove its folder. */
function endWithRun(): never {
  if (process.exitCode === undefined) rmSync(settings.runFolder, { recursive: true, force: true, maxRetries: 3 });
  process.exit();
}

function send(message: DeskMessage): void {
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
    send({ kind: 'answer', number, offerId: await carryOut(order), error: null });
  } catch (error) {
    send({ kind: 'answer', number, offerId: '', error: String(error) });
  }
}

async function start(): Promise<{ readonly desk: Desk }> {
  const desk = create();
  toStop = desk;
  desk.on('notice', (notice) => {
    send({ kind: 'notice', notice });
  });
  await desk.start();
  send({ kind: 'ready', id: desk.id, running: desk.offers() });
  return { desk };
}

async function stop(): Promise<void> {
  isStopping = true;
  await toStop?.stop();
  // An earlier exit could lose messages that are not sent yet.
  process.send?.({ kind: 'stopped' } satisfies DeskMessage, () => process.exit(0));
}

let toStop: Desk | null = null;
let isStopping = false;
process.on('message', (order: Order) => void onOrder(order));
const running = start();
running.catch((error: unknown) => {
  if (isStopping) return;
  const code = error instanceof GrapevineError ? error.code : 'ERR_INTERNAL';
  send({ kind: 'failed', code, text: String(error) });
  process.exitCode = 1;
  process.disconnect();
});
