/** The secret of a pair of desks, and how many new ones a desk derives for others. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { DeskIdentity } from '../../src/identity/desk-identity.ts';
import { ed25519Scheme } from '../../src/identity/ed25519.ts';
import { PairKeys } from '../../src/identity/pair-keys.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';

function desk(now: () => number = () => 0): { readonly id: PeerId; readonly keys: PairKeys } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { id: deskIdOf(privateKey), keys: new PairKeys(privateKey, now) };
}

/** Of the right form; no key is derived for it. */
const stranger = (index: number): PeerId => index.toString(16).padStart(64, '0') as PeerId;

describe('a pair of desks', () => {
  it('has one key, different from that of any other pair', () => {
    const [one, two, three] = [desk(), desk(), desk()];
    expect(one.keys.mac(two.id, 'text')).toBe(two.keys.mac(one.id, 'text'));
    expect(one.keys.mac(two.id, 'text')).not.toBe(one.keys.mac(three.id, 'text'));
    expect(one.keys.mac(two.id, 'text')).not.toBe(one.keys.mac(two.id, 'other'));
  });

  it('has no key with an id that is not a public key', () => {
    expect(desk().keys.mac('a1b2c3d4e5f60718' as PeerId, 'text')).toBeNull();
  });
});

describe('new desks', () => {
  it('are accepted at a limited rate', () => {
    let now = 0;
    const { keys } = desk(() => now);
    const taken = (): number => {
      let count = 0;
      while (count < 10_000 && keys.isWithinRateLimit(stranger(count))) count += 1;
      return count;
    };
    expect(taken()).toBe(LIMITS.newPairsPerSecond);
    expect(taken()).toBe(0);
    now += 500;
    expect(taken()).toBe(LIMITS.newPairsPerSecond / 2);
    now += 3_600_000;
    expect(taken()).toBe(LIMITS.newPairsPerSecond);
  });

  it('do not block known ones', () => {
    const { keys } = desk();
    const friend = desk();
    keys.mac(friend.id, 'we have spoken');
    for (let index = 0; keys.isWithinRateLimit(stranger(index)); index += 1);
    expect(keys.isWithinRateLimit(friend.id)).toBe(true);
  });

  it('are told to try again', () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const id = deskIdOf(privateKey);
    const scheme = { ...ed25519Scheme(privateKey), isWithinRateLimit: () => false };
    const identity = new DeskIdentity({ id, scheme, trust: 'signed', nonce: () => '0'.repeat(32) });
    const names = { offerId: 'one', maker: id, taker: stranger(1) } as const;
    const message = { cmd: 'offer:accept', ...names } as never;
    const auth = { v: 2, mac: 'A'.repeat(43), nonce: '0'.repeat(32) };
    expect(identity.authenticate(message, auth)).toMatchObject({ kind: 'refused', code: 'ERR_OVERLOADED' });
  });

  it('are known as long as their keys are cached, in a limited number', () => {
    const { keys } = desk(() => 0);
    // No keys, so that nothing has to be agreed on: that is remembered in the same way.
    const others = Array.from({ length: LIMITS.publicKeysCached + 1 }, (_, index) => `no key ${index}` as PeerId);
    for (const other of others) keys.mac(other, 'text');
    while (keys.isWithinRateLimit('somebody' as PeerId));
    expect(others.filter((other) => !keys.isWithinRateLimit(other))).toEqual(['no key 0']);
  });
});
