import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESK_LIMITS } from '../../src/desk/limits.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { DeskWorld } from '../../testing/desk-world.ts';

describe('open offers that are announced again', () => {
  let world: DeskWorld;

  beforeEach(() => {
    world = new DeskWorld();
  });
  afterEach(() => world.stop());

  it('are at most announcedAgainPerSecond in a second; the others follow in the next seconds', async () => {
    const maker = await world.start();
    const count = DESK_LIMITS.announcedAgainPerSecond * 3;
    const draft = { type: 'sell', amount: '1', unitPrice: '8000' } as const;
    await Promise.all(Array.from({ length: count }, () => maker.desk.announce(draft)));
    await world.settled();
    const listener = await world.start({ interest: undefined });
    const received = (): number => listener.noticesOf('offer.received').length;
    let most = 0;
    for (let waitedMs = 0; waitedMs < LIMITS.announceAgainMinMs * 2; waitedMs += 100) {
      const before = received();
      await world.clock.advance(100);
      most = Math.max(most, received() - before);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(DESK_LIMITS.announcedAgainPerSecond);
    await world.clock.advance(LIMITS.announceAgainMaxMs * 2);
    expect(received()).toBeGreaterThan(DESK_LIMITS.announcedAgainPerSecond);
  });
});
