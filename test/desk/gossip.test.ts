/** Which facts a desk passes on for others, and how many. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { Gossip, type GossipInit } from '../../src/desk/gossip.ts';
import type { LinkOutcome } from '../../src/desk/mesh.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { BroadcastMessage, Signature } from '../../src/protocol/messages.ts';
import { ManualClock, settled } from '../../testing/manual-clock.ts';

const MAKER = 'maker' as PeerId;

function gossip(init: Partial<GossipInit>): { readonly gossip: Gossip; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return {
    clock,
    gossip: new Gossip({
      clock,
      links: () => [],
      passOn: () => Promise.resolve('taken'),
      newFact: () => undefined,
      onOutcome: () => undefined,
      failed: (error) => {
        throw error as Error;
      },
      ...init,
    }),
  };
}

function factOf(maker: PeerId, number: number): [BroadcastMessage, Signature] {
  const offerId = number.toString() as OfferId;
  const done = { cmd: 'offer:done', offerId, maker, outcome: 'cancelled', winner: null, epoch: null } as const;
  return [done, { sig: `${maker} ${number}` }];
}

describe('facts that desks pass on', () => {
  it('are passed on factsPassedOnAtOnce at a time; at most factsPassedOnWaitingMax wait', async () => {
    const most = LIMITS.factsPassedOnAtOnce + LIMITS.factsPassedOnWaitingMax;
    const links = Array.from({ length: most + 1 }, (_, link) => `link ${link}` as PeerId);
    const held: ((outcome: LinkOutcome) => void)[] = [];
    const passOn = (): Promise<LinkOutcome> => new Promise((resolve) => held.push(resolve));
    const { gossip: under } = gossip({ links: () => links, passOn });
    const spread = under.spread(...factOf(MAKER, 1));
    expect(held).toHaveLength(LIMITS.factsPassedOnAtOnce);
    held[0]?.('taken');
    await settled();
    expect(held).toHaveLength(LIMITS.factsPassedOnAtOnce + 1);
    for (let number = 1; number < most; number += 1) {
      held[number]?.('taken');
      if (held.length === number + 1) await settled();
    }
    const { taken, missed } = await spread;
    expect([taken.length, missed]).toEqual([most, links.slice(most)]);
  });

  it('that cannot be passed on because of our own error count as missed, and the error is reported', async () => {
    const errors: unknown[] = [];
    const { gossip: under } = gossip({
      links: () => [MAKER, 'link' as PeerId],
      passOn: () => Promise.reject(new Error('ours')),
      failed: (error) => errors.push(error),
    });
    expect(await under.spread(...factOf(MAKER, 1))).toEqual({ taken: [], missed: ['link'] });
    expect(errors).toMatchObject([{ message: 'ours' }]);
  });

  it('are recognized when they arrive again, up to factsSeenMax', async () => {
    const { gossip: under } = gossip({});
    for (let number = 0; number <= LIMITS.factsSeenMax; number += 1) await under.spread(...factOf(MAKER, number));
    expect([0, 1, LIMITS.factsSeenMax].map((number) => under.isSeen(factOf(MAKER, number)[1]))).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('of at most factMakersCounted makers are passed on in a minute', async () => {
    let count = 0;
    const { gossip: under, clock } = gossip({ newFact: () => (count += 1) });
    for (let maker = 0; maker < LIMITS.factMakersCounted; maker += 1)
      await under.spread(...factOf(`maker ${maker}` as PeerId, 1));
    await under.spread(...factOf('one more' as PeerId, 1));
    expect(count).toBe(LIMITS.factMakersCounted);
    await clock.advance(60_000);
    await under.spread(...factOf('one more' as PeerId, 2));
    expect(count).toBe(LIMITS.factMakersCounted + 1);
  });
});
