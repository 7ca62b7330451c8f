import { describe, expect, it } from 'vitest';
import { Peers } from '../../src/desk/peers.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';

const SELF = 'self' as PeerId;
const [A, B, C] = ['a', 'b', 'c'] as [PeerId, PeerId, PeerId];

function peers(): Peers & { readonly discovered: PeerId[] } {
  const discovered: PeerId[] = [];
  return Object.assign(new Peers(SELF, (id) => discovered.push(id)), { discovered });
}

describe('the known desks', () => {
  it('are at most peersMax: the desk without a message for the longest time is forgotten', () => {
    const known = peers();
    known.onMessage(A, 1);
    known.onMessage(B, 2);
    known.onMessage(A, 3);
    for (let count = 3; count <= LIMITS.peersMax; count += 1) known.onMessage(`peer-${count}` as PeerId, count);
    expect(known.all()).toHaveLength(LIMITS.peersMax);
    expect(known.get(B)).toBeDefined();
    known.onMessage(C, 5_000);
    expect(known.all()).toHaveLength(LIMITS.peersMax);
    expect(known.get(B)).toBeUndefined();
    expect(known.get(A)).toBeDefined();
    expect(known.discovered).toHaveLength(LIMITS.peersMax + 1);
  });

  it('were last active at the time of a signed statement, not when it arrived', () => {
    const known = peers();
    known.onStatement(A, 100);
    known.onStatement(A, 50);
    expect(known.get(A)).toMatchObject({ firstSeenAt: 100, lastSeenAt: 100 });
    known.onMessage(A, 200);
    known.onStatement(A, 150);
    expect(known.get(A)).toMatchObject({ firstSeenAt: 100, lastSeenAt: 200 });
  });

  it('have failures until their next message; an old statement does not reset them', () => {
    const known = peers();
    known.onNoAnswer(A, 'ERR_TIMEOUT');
    expect(known.all()).toEqual([]);
    known.onMessage(A, 1);
    known.onNoAnswer(A, 'ERR_TIMEOUT');
    known.onNoAnswer(A, 'ERR_TIMEOUT');
    known.onStatement(A, 2);
    expect(known.get(A)).toMatchObject({ failures: 2, lastFailure: 'ERR_TIMEOUT' });
    known.onMessage(A, 3);
    expect(known.get(A)).toMatchObject({ failures: 0, lastFailure: null });
  });

  it('do not include ourselves when our own statements are repeated', () => {
    const known = peers();
    known.onMessage(SELF, 1);
    known.onStatement(SELF, 2);
    expect(known.all()).toEqual([]);
  });
});
