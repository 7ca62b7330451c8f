/** Hellos in a large network: to how many addresses they go, and how often one is signed. */
import { expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { Originals } from '../../src/desk/originals.ts';
import type { Outbox } from '../../src/desk/outbox.ts';
import { Peers } from '../../src/desk/peers.ts';
import { Presence } from '../../src/desk/presence.ts';
import type { BroadcastOptions } from '../../src/ports/network.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { keyedIdentity } from '../../testing/keyed-scheme.ts';
import { ManualClock, settled } from '../../testing/manual-clock.ts';

const SELF = 'a'.repeat(64) as PeerId;
const ADDRESSES = Array.from({ length: LIMITS.meshFrom }, (_, index) => `127.0.0.1:${index + 1}`);
const FOUND = Array.from({ length: LIMITS.meshFrom }, (_, index) => `127.0.0.2:${index + 1}`);

function presence(
  hasLinks = () => false,
  watched: readonly string[] = [],
): {
  readonly presence: Presence;
  readonly clock: ManualClock;
  readonly counts: readonly number[];
} {
  const counts: number[] = [];
  const clock = new ManualClock();
  const outbox = {
    sendToAll: (_: unknown, { select = (all) => all }: BroadcastOptions) => {
      // What is known, and then what a fresh lookup finds besides.
      counts.push(select(ADDRESSES).length + select(FOUND).length);
      return Promise.resolve({ reached: [], unreached: [] });
    },
  };
  const made = new Presence({
    identity: keyedIdentity(SELF),
    clock,
    outbox: outbox as unknown as Outbox,
    peers: new Peers(SELF, () => undefined),
    originals: { onLookup: () => watched } as unknown as Originals,
    allows: () => true,
    openOffers: () => 0,
    offersVersion: () => 0,
    hasLinks,
    helloAccepted: () => undefined,
    addressesFound: () => undefined,
    failed: (error) => {
      throw error as Error;
    },
  });
  return { presence: made, clock, counts };
}

it('the first hello goes to some of many addresses, and each later one to fewer', async () => {
  const { presence: under, clock, counts } = presence();
  under.start();
  await settled();
  await clock.advance(LIMITS.helloMinMs);
  await clock.advance(2 * LIMITS.helloMinMs);
  under.stop();
  expect(counts).toEqual([LIMITS.helloFirstAddresses, LIMITS.helloAddresses, LIMITS.helloAddresses]);
});

it('hellos of a desk that has all its links go to even fewer addresses', async () => {
  let hasLinks = false;
  const { presence: under, clock, counts } = presence(() => hasLinks);
  under.start();
  await settled();
  hasLinks = true;
  await clock.advance(LIMITS.helloMinMs);
  under.stop();
  expect(counts).toEqual([LIMITS.helloFirstAddresses, LIMITS.helloLinkedAddresses]);
});

it('later hellos also go to watched addresses, up to helloWatchedAddresses', async () => {
  const watched = Array.from({ length: LIMITS.helloWatchedAddresses + 1 }, (_, index) => `127.0.0.3:${index + 1}`);
  const { presence: under, clock, counts } = presence(() => true, watched);
  under.start();
  await clock.advance(3 * LIMITS.helloMaxMs);
  under.stop();
  expect(counts[0]).toBe(LIMITS.helloFirstAddresses);
  expect(counts[1]).toBe(LIMITS.helloLinkedAddresses);
  // Of what is known and of what is found besides.
  expect(counts.at(-1)).toBe(LIMITS.helloLinkedAddresses + 2 * LIMITS.helloWatchedAddresses);
});

it('one signed hello answers all hellos within helloReusedMs', async () => {
  const { presence: under, clock } = presence();
  const asker = 'b'.repeat(64) as PeerId;
  under.start();
  const first = await under.replyTo(asker);
  await clock.advance(LIMITS.helloReusedMs - 1);
  expect((await under.replyTo(asker))?.hello).toBe(first?.hello);
  await clock.advance(1);
  expect((await under.replyTo(asker))?.hello).not.toBe(first?.hello);
  under.stop();
});
