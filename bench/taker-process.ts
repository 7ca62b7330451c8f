/**
 * A process with takers, started with `fork`. The first message names the contestant; others request the processor time. It stops when the
 * channel closes.
 */
import type { ContestantName, Surroundings } from './contestant.ts';
import { startTakers } from './contestants.ts';
import { cpuMs } from './statistics.ts';

export type TakerOrder =
  { readonly name: ContestantName; readonly surroundings: Surroundings } | { readonly ask: 'cpu' };

export type TakerReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'won'; readonly offerId: string; readonly atMs: number }
  | { readonly kind: 'cpu'; readonly cpuMs: number };

const report = (message: TakerReport): void => {
  process.send?.(message);
};

process.on('message', (order: TakerOrder) => {
  if ('ask' in order) report({ kind: 'cpu', cpuMs: cpuMs() });
  else void serve(order.name, order.surroundings);
});

async function serve(name: ContestantName, surroundings: Surroundings): Promise<void> {
  const takers = await startTakers(name, surroundings, (offerId, atMs) => {
    report({ kind: 'won', offerId, atMs });
  });
  process.once('disconnect', () => {
    void takers.stop().then(() => process.exit(0));
  });
  report({ kind: 'ready' });
}
