/** Takers in a process of their own: started by `fork` with what they are, told to stop by the end of the channel. */
import type { ContestantName, Surroundings } from './contestants.ts';
import { startTakers } from './contestants.ts';

interface Order {
  readonly name: ContestantName;
  readonly count: number;
  readonly surroundings: Surroundings;
}

export type TakerReport = { readonly ready: true } | { readonly offerId: string; readonly atMs: number };

process.once('message', (order: Order) => {
  void serve(order);
});

async function serve({ name, count, surroundings }: Order): Promise<void> {
  const report = (message: TakerReport): void => {
    process.send?.(message);
  };
  const takers = await startTakers(name, count, surroundings, (offerId, atMs) => {
    report({ offerId, atMs });
  });
  process.once('disconnect', () => {
    void takers.stop().then(() => process.exit(0));
  });
  report({ ready: true });
}
