/** Links between desks: how many there are, how long they live, and who gets one. */
import { describe, expect, it } from 'vitest';
import { Mesh, type LinkOutcome } from '../../src/desk/mesh.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { ManualClock, settled } from '../../testing/manual-clock.ts';

const idOf = (number: number): PeerId => number.toString(16).padStart(64, '0') as PeerId;
/** Did not answer our latest request. */
const BUSY = idOf(99);
const CROWD = Array.from({ length: 30 }, (_, index) => idOf(index));

function outcomeOf(answer: boolean | LinkOutcome): LinkOutcome {
  if (typeof answer === 'string') return answer;
  return answer ? 'taken' : 'gone';
}

function meshAmong(candidates: readonly PeerId[], answers: (id: PeerId) => boolean | LinkOutcome = () => true) {
  const clock = new ManualClock();
  const asked: PeerId[] = [];
  const checked: PeerId[] = [];
  const linked: PeerId[] = [];
  const mesh = new Mesh({
    self: 'f'.repeat(64) as PeerId,
    clock,
    networks: 1,
    networkOf: () => 0,
    candidates: () => candidates.map((id) => ({ id, isAnswering: id !== BUSY })),
    ask: (id) => {
      asked.push(id);
      return Promise.resolve(outcomeOf(answers(id)));
    },
    check: (id) => {
      checked.push(id);
      return Promise.resolve(outcomeOf(answers(id)));
    },
    linked: (id) => {
      linked.push(id);
    },
    failed: (error) => {
      throw error as Error;
    },
  });
  mesh.start();
  return { mesh, clock, asked, checked, linked };
}

describe('links between desks', () => {
  it('are looked for only in a large network, up to meshOwnLinks', async () => {
    const { mesh, clock, asked } = meshAmong(CROWD);
    await clock.advance(5 * LIMITS.meshUpkeepMs);
    expect(asked).toEqual([]);
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.links).toHaveLength(LIMITS.meshOwnLinks);
    mesh.stop();
    expect(clock.alarmCount).toBe(0);
  });

  it('are asked of other desks when some refuse', async () => {
    const { mesh, clock } = meshAmong(CROWD, (id) => id >= idOf(20));
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshUpkeepMs);
    expect(mesh.links).toHaveLength(LIMITS.meshOwnLinks);
    expect(mesh.links.every((id) => id >= idOf(20))).toBe(true);
    mesh.stop();
  });

  it('are replaced soon by links to other desks when they are lost', async () => {
    const { mesh, clock } = meshAmong(CROWD);
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    const [lost] = mesh.links;
    if (lost === undefined) throw new Error('there is no link');
    mesh.onOutcome(lost, 'gone');
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.links).toHaveLength(LIMITS.meshOwnLinks);
    expect(mesh.links).not.toContain(lost);
    mesh.stop();
  });

  it('are renewed by the desk that asked, and end without an answer', async () => {
    let isThere = true;
    const { mesh, clock, asked } = meshAmong(CROWD.slice(0, 4), () => isThere);
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    const before = asked.length;
    await clock.advance(LIMITS.meshUpkeepMs);
    expect(asked.length).toBeGreaterThanOrEqual(before + 4);
    expect(mesh.links).toHaveLength(4);
    isThere = false;
    await clock.advance(LIMITS.meshUpkeepMs);
    expect(mesh.links).toEqual([]);
    mesh.stop();
  });

  it('that other desks ask for are granted up to the limit, and end when they are not renewed', async () => {
    const { mesh, clock } = meshAmong([]);
    const granted = CROWD.filter((id) => mesh.grant(id));
    expect(granted).toHaveLength(LIMITS.meshLinksMax - LIMITS.meshOwnLinks);
    await clock.advance(LIMITS.meshLinkMs / 2);
    const [renewed] = granted;
    if (renewed === undefined) throw new Error('nothing was granted');
    expect(mesh.grant(renewed)).toBe(true);
    await clock.advance(LIMITS.meshLinkMs / 2 + LIMITS.meshUpkeepMs);
    expect(mesh.links).toEqual([renewed]);
    mesh.stop();
  });

  it('that were granted are checked once, and end when that desk does not answer at its address', async () => {
    const { mesh, checked } = meshAmong([], (id) => id !== idOf(2));
    for (const id of [1, 2, 3, 1].map(idOf)) mesh.grant(id);
    await settled();
    expect(checked).toEqual([1, 2, 3].map(idOf));
    expect(mesh.links).toEqual([1, 3].map(idOf));
    mesh.stop();
  });

  it('that were granted are not used before that desk has answered at its address', async () => {
    let answer: LinkOutcome = 'silent';
    const { mesh, clock, linked } = meshAmong([], () => answer);
    mesh.grant(idOf(1));
    expect(mesh.links).toEqual([]);
    await settled();
    expect(mesh.links).toEqual([]);
    answer = 'refused';
    await clock.advance(LIMITS.meshUpkeepMs);
    expect(mesh.links).toEqual([idOf(1)]);
    expect(linked).toEqual([idOf(1)]);
    mesh.stop();
  });

  it('that were granted end without an answer, however often that desk renews them', async () => {
    let answer: LinkOutcome = 'silent';
    const { mesh, clock, checked } = meshAmong([], () => answer);
    mesh.grant(idOf(1));
    for (let ms = 0; ms < 2 * LIMITS.meshUpkeepMs; ms += 5_000) {
      await clock.advance(5_000);
      if (mesh.isNeeded) mesh.grant(idOf(1));
    }
    expect(mesh.isNeeded).toBe(false);
    // Asked for anew, it is checked anew.
    answer = 'taken';
    checked.splice(0);
    mesh.grant(idOf(1));
    await settled();
    expect(checked).toEqual([idOf(1)]);
    expect(mesh.links).toEqual([idOf(1)]);
    mesh.stop();
  });

  it('continue when a busy desk is silent once, and end when it stays silent', async () => {
    const { mesh, clock } = meshAmong(CROWD.slice(0, 4));
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    const [busy = idOf(0), dead = idOf(1)] = mesh.links;
    for (let count = 0; count < 20; count += 1) mesh.onOutcome(busy, 'silent');
    mesh.onOutcome(busy, 'taken');
    mesh.onOutcome(dead, 'silent');
    expect(mesh.links).toContain(busy);
    expect(mesh.links).toContain(dead);
    await clock.advance(LIMITS.meshSilenceMs - 1_000);
    mesh.onOutcome(busy, 'silent');
    await clock.advance(1_000);
    mesh.onOutcome(dead, 'silent');
    expect(mesh.links).toContain(busy);
    expect(mesh.links).not.toContain(dead);
    mesh.stop();
  });

  it('are asked for less and less often when all desks refuse', async () => {
    const { mesh, clock, asked } = meshAmong(CROWD, () => 'refused');
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshUpkeepMs);
    asked.splice(0);
    await clock.advance(10 * LIMITS.meshUpkeepMs);
    // In each round of upkeep the missing ones once, and once more between two of them.
    expect(asked.length).toBeLessThanOrEqual(2 * 20 * LIMITS.meshOwnLinks);
    expect(asked.length).toBeGreaterThan(0);
    mesh.stop();
  });

  it('that are missing are looked for in each round while the others are renewed', async () => {
    let isRefusing = true;
    const { mesh, clock } = meshAmong(CROWD, (id) => (id < idOf(2) || !isRefusing ? 'taken' : 'refused'));
    mesh.setLargeNetwork(true);
    await clock.advance(2 * LIMITS.meshUpkeepMs);
    expect(mesh.links.length).toBeLessThan(LIMITS.meshOwnLinks);
    isRefusing = false;
    await clock.advance(2 * LIMITS.meshUpkeepMs);
    expect(mesh.links).toHaveLength(LIMITS.meshOwnLinks);
    mesh.stop();
  });

  it('are asked of a desk that was too busy to answer when there is no other desk', async () => {
    const { mesh, clock, asked } = meshAmong([BUSY, ...CROWD.slice(0, LIMITS.meshOwnLinks)]);
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    expect(asked).not.toContain(BUSY);
    const [lost] = mesh.links;
    mesh.onOutcome(lost ?? BUSY, 'gone');
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.links).toContain(BUSY);
    mesh.stop();
  });

  it('exist in each network of a bridge, also if one of them has few desks', async () => {
    const clock = new ManualClock();
    const mesh = new Mesh({
      self: 'f'.repeat(64) as PeerId,
      clock,
      networks: 2,
      networkOf: (id) => (id < idOf(3) ? 1 : 0),
      candidates: () => CROWD.map((id) => ({ id, isAnswering: true })),
      ask: () => Promise.resolve('taken'),
      check: () => Promise.resolve('taken'),
      linked: () => undefined,
      failed: (error) => {
        throw error as Error;
      },
    });
    mesh.start();
    mesh.setLargeNetwork(false);
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.links.filter((id) => id < idOf(3))).toHaveLength(3);
    expect(mesh.links.filter((id) => id >= idOf(3))).toHaveLength(LIMITS.meshOwnLinks);
    mesh.stop();
  });

  it('are asked for also when all links that we grant are in use', async () => {
    const { mesh, clock } = meshAmong(CROWD.slice(0, 10));
    for (const id of CROWD.slice(10)) mesh.grant(id);
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.links.filter((id) => id < idOf(10))).toHaveLength(LIMITS.meshOwnLinks);
    mesh.stop();
  });

  it('are renewed by both desks that have asked each other at the same time', async () => {
    let isFirst = true;
    const { mesh, clock, linked } = meshAmong([idOf(1)], () => {
      // While our first request is on its way, the other desk asks us, and then leaves it to us to renew the link.
      if (isFirst) mesh.grant(idOf(1));
      isFirst = false;
      return true;
    });
    mesh.setLargeNetwork(true);
    await clock.advance(LIMITS.meshLinkMs + 2 * LIMITS.meshUpkeepMs);
    expect(mesh.links).toEqual([idOf(1)]);
    // It was never lost.
    expect(linked).toEqual([idOf(1)]);
    mesh.stop();
  });

  it('are not looked for when a desk that does not answer has asked for one', async () => {
    const { mesh, clock, asked } = meshAmong(CROWD.slice(1), (id) => (id === idOf(0) ? 'silent' : 'taken'));
    mesh.grant(idOf(0));
    expect(mesh.isNeeded).toBe(false);
    await clock.advance(LIMITS.meshUpkeepMs);
    expect(asked).toEqual([]);
    mesh.stop();
  });

  it('are looked for in a small network when another desk has asked for one', async () => {
    const { mesh, clock } = meshAmong(CROWD.slice(1));
    mesh.grant(idOf(0));
    await clock.advance(LIMITS.meshRepairMs);
    expect(mesh.isLargeNetwork).toBe(false);
    expect(mesh.links).toHaveLength(1 + LIMITS.meshOwnLinks);
    mesh.stop();
  });
});
