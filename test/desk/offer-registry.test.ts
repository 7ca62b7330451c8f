import { expect, it } from 'vitest';
import { foldMaker, foldTaker, makerRole, STEPS, takerRole } from '../../src/desk/protocol-roles.ts';
import { OfferRegistry } from '../../src/desk/offer-registry.ts';
import { offerKey, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { MakerInput, TakerInput } from '../../src/protocol/step.ts';
import type { MakerState } from '../../src/protocol/maker-state.ts';
import type { TakerState } from '../../src/protocol/taker-state.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { GatedJournal } from '../../testing/gated-journal.ts';
import { sampleTerms } from '../../src/testing/sample-records.ts';
import { ManualClock } from '../../testing/manual-clock.ts';

const [self, maker] = ['a', 'b'].map((letter) => letter.repeat(64) as PeerId) as [PeerId, PeerId];
const offerId = 'c'.repeat(32) as OfferId;

it('takes no step after it was stopped, also for offers that are found or added later', async () => {
  const registry = new OfferRegistry<TakerState, TakerInput>({
    role: takerRole(self, STEPS),
    fold: foldTaker,
    finishedMax: 10,
    services: {
      journal: new MemoryJournal(),
      clock: new ManualClock(),
      random: () => 0,
      emit: () => expect.unreachable(),
      failed: () => expect.unreachable(),
    },
    finished: () => expect.unreachable(),
    resumed: () => expect.unreachable(),
  });
  registry.stop();
  const found = await registry.find(maker, offerId);
  const added = registry.add(offerKey(maker, offerId), null);
  for (const actor of [found, added]) {
    expect(await actor.submit({ kind: 'tick' })).toMatchObject({ kind: 'refused', code: 'ERR_STOPPING' });
  }
});

it('a second actor for the same key does not finish the registered one', async () => {
  const clock = new ManualClock();
  const registry = new OfferRegistry<TakerState, TakerInput>({
    role: takerRole(self, STEPS),
    fold: foldTaker,
    finishedMax: 10,
    services: {
      journal: new MemoryJournal(),
      clock,
      random: () => 0,
      emit: () => undefined,
      failed: (error) => {
        throw error as Error;
      },
    },
    finished: () => expect.unreachable(),
  });
  const stray = await registry.find(maker, offerId);
  const real = registry.add(offerKey(maker, offerId), null);
  const terms = { ...sampleTerms(offerId, maker), issuedAt: clock.now(), expiresAt: clock.now() + 60_000 };
  const from = { id: maker, dialect: 'grapevine' } as const;
  const seen: TakerInput = { kind: 'message', from, message: { cmd: 'offer:new', terms } };
  const over: TakerInput = {
    kind: 'message',
    from,
    message: { cmd: 'offer:done', offerId, maker, outcome: 'cancelled', winner: null, epoch: null },
  };
  await real.submit(seen);
  // The second actor gets the same inputs and the end of its offer, and reports that it has finished.
  await stray.submit(seen);
  await stray.submit(over);
  expect(stray.state?.phase).toBe('lost');
  expect([registry.runningCount, registry.inMemory(real.offer)]).toEqual([1, real]);
});

it('at most inboxMax inputs of peers wait while an offer is written; our own inputs are always accepted', async () => {
  const journal = new GatedJournal();
  journal.holds = () => true;
  const clock = new ManualClock();
  const registry = new OfferRegistry<MakerState, MakerInput>({
    role: makerRole(STEPS),
    fold: foldMaker,
    finishedMax: 10,
    services: {
      journal,
      clock,
      random: () => 0,
      emit: () => undefined,
      failed: () => expect.unreachable(),
    },
  });
  const actor = registry.add(offerKey(self, offerId), null);
  const terms = { ...sampleTerms(offerId, self), issuedAt: clock.now(), expiresAt: clock.now() + 60_000 };
  const opened = actor.submit({ kind: 'open', terms });
  const waiting = Array.from({ length: LIMITS.inboxMax }, () => actor.ask({ kind: 'tick' }));
  expect(await actor.ask({ kind: 'tick' })).toMatchObject({ kind: 'refused', code: 'ERR_OVERLOADED' });
  waiting.push(actor.submit({ kind: 'tick' }));
  journal.open();
  expect(await opened).toEqual({ kind: 'acknowledged' });
  expect(new Set(await Promise.all(waiting.map(async (answer) => answer)))).toEqual(new Set([null]));
  registry.stop();
});
