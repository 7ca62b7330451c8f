/** Which addresses a desk watches, because a client of the original may be there. */
import { describe, expect, it } from 'vitest';
import { Originals } from '../../src/desk/originals.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';

const NETWORK = Array.from({ length: 1_000 }, (_, index) => `127.0.0.1:${20_000 + index}`);
const SAMPLE = 100;
const LOOKUPS = 30;

/** Other addresses in each round, and the same in each run of the test. */
function lookup(round: number): readonly string[] {
  return Array.from(
    { length: SAMPLE },
    (_, index) => NETWORK[(index * 37 + round * 389 + index * round) % 1_000] ?? '',
  );
}

function afterLookups(self: string): { originals: Originals; watched: Set<string> } {
  const originals = new Originals(self.padStart(64, '0') as PeerId);
  const watched = new Set<string>();
  for (let round = 1; round <= LOOKUPS; round += 1) {
    const found = originals.onLookup([...new Set(lookup(round))]);
    if (round > LOOKUPS / 2) for (const address of found) watched.add(address);
  }
  return { originals, watched };
}

describe('addresses that a desk watches', () => {
  it('are few, and differ from desk to desk', () => {
    const counts = new Map<string, number>();
    const desks = 300;
    for (let desk = 0; desk < desks; desk += 1) {
      const { watched } = afterLookups(desk.toString(16));
      expect(watched.size).toBeLessThan(5 * LIMITS.originalWatchers);
      for (const address of watched) counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    // The cost of a false announcement for the program at that address: at most so many desks send it a hello.
    expect(Math.max(...counts.values())).toBeLessThan(5 * LIMITS.originalWatchers);
  });

  it('get facts while a program answers there that is not a desk', () => {
    const { originals, watched } = afterLookups('a');
    const [address = ''] = watched;
    originals.onAnswer(address, true);
    expect(originals.addresses).toEqual([]);
    originals.onAnswer(address, false);
    expect(originals.addresses).toEqual([address]);
    originals.onNoAnswer(address);
    expect(originals.addresses).toEqual([]);
  });

  it('that get facts are at most originalsWatchedMax', () => {
    const originals = new Originals('a' as PeerId);
    for (const address of NETWORK.slice(0, LIMITS.originalsWatchedMax + 1)) originals.onAnswer(address, false);
    expect(originals.addresses).toEqual(NETWORK.slice(0, LIMITS.originalsWatchedMax));
  });
});
