import { expect, it } from 'vitest';
import { foldTaker, STEPS, takerMachine } from '../../src/desk/machines.ts';
import { OfferRegistry } from '../../src/desk/offer-registry.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { TakerInput } from '../../src/protocol/step.ts';
import type { TakerState } from '../../src/protocol/taker-state.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { ManualClock } from '../../testing/manual-clock.ts';

const [self, maker] = ['a', 'b'].map((letter) => letter.repeat(64) as PeerId) as [PeerId, PeerId];
const offerId = 'c'.repeat(32) as OfferId;

it('takes no step after it was stopped, for offers that are found or added later either', async () => {
  const registry = new OfferRegistry<TakerState, TakerInput>({
    machine: takerMachine(self, STEPS),
    fold: foldTaker,
    finishedMax: 10,
    services: {
      journal: new MemoryJournal(),
      clock: new ManualClock(),
      random: () => 0,
      spoken: () => expect.unreachable(),
      finished: () => expect.unreachable(),
      resumed: () => expect.unreachable(),
      failed: () => expect.unreachable(),
    },
  });
  registry.stop();
  const found = await registry.find(maker, offerId);
  const added = registry.add(offerKey(maker, offerId), null);
  for (const actor of [found, added]) {
    expect(await actor.tell({ kind: 'tick' })).toMatchObject({ kind: 'refused', code: 'ERR_STOPPING' });
  }
});
