/** Embedded nodes of the DHT; hyperdht-network.test.ts has desks on them. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { loadHyperdht } from '../../src/hyperdht/load-hyperdht.ts';
import { startDhtNodes } from '../../src/hyperdht/start-dht-nodes.ts';

/** What hyperdht 6 has inside. */
interface Inside {
  /** Null for a node that stores nothing for others yet. */
  readonly _persistent: { readonly records: { readonly maxAge: number } } | null;
}

it('embedded nodes forget an announcement after its time', async () => {
  const Node = await loadHyperdht();
  const started = vi.spyOn(Node.prototype, 'fullyBootstrapped');
  const nodes = await startDhtNodes({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    started.mockRestore();
    await nodes.stop();
  });
  const ages = started.mock.contexts.map((node) => (node as Inside)._persistent?.records.maxAge);
  expect(new Set(ages.filter((age) => age !== undefined))).toEqual(new Set([LIMITS.dhtAnnouncementMaxAgeMs]));
});
