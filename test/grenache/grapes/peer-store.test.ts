import { afterEach, describe, expect, it, vi } from 'vitest';
import { compactPeerStore, PeerStore } from '../../../src/grenache/grapes/peer-store.ts';
import { LIMITS } from '../../../src/composition/limits.ts';

const MAX_AGE_MS = 60_000;

describe('the announcements that a grape stores', () => {
  const stores: PeerStore[] = [];
  afterEach(() => {
    for (const store of stores.splice(0)) store.destroy();
    vi.useRealTimers();
  });

  function create(): PeerStore {
    const store = new PeerStore(MAX_AGE_MS);
    stores.push(store);
    return store;
  }

  it('are the addresses of a key without duplicates', () => {
    const store = create();
    for (const address of ['1.1.1.1:1', '1.1.1.1:2', '2.2.2.2:1', '1.1.1.1:1']) store.add('k', address);
    store.add('other', '3.3.3.3:1');
    expect(store.get('k').sort()).toEqual(['1.1.1.1:1', '1.1.1.1:2', '2.2.2.2:1']);
    expect(store.get('unknown')).toEqual([]);
    expect(store.size).toBe(4);
  });

  it('expire, unless they are renewed', () => {
    vi.useFakeTimers();
    const store = create();
    store.add('k', '1.1.1.1:1');
    store.add('k', '2.2.2.2:1');
    vi.advanceTimersByTime(MAX_AGE_MS * 0.6);
    store.add('k', '2.2.2.2:1');
    vi.advanceTimersByTime(MAX_AGE_MS * 0.6);
    expect(store.get('k')).toEqual(['2.2.2.2:1']);
    vi.advanceTimersByTime(MAX_AGE_MS * 2);
    expect(store.size).toBe(0);
  });

  it('are limited for one host under one key to the latest', () => {
    const store = create();
    for (let port = 1; port <= LIMITS.grapePortsPerKeyMax + 10; port++) store.add('k', `1.1.1.1:${port}`);
    expect(store.size).toBe(LIMITS.grapePortsPerKeyMax);
    expect(store.get('k')).not.toContain('1.1.1.1:10');
    expect(store.get('k')).toContain('1.1.1.1:11');
  });

  it('are limited for one host, whatever it announces', () => {
    const store = create();
    store.add('honest', '2.2.2.2:1');
    for (let key = 0; key < 65_000; key++) store.add(`key ${key}`, '1.1.1.1:1');
    expect(store.size).toBe(LIMITS.grapeAnnouncementsPerHostMax + 1);
    expect(store.get('honest')).toEqual(['2.2.2.2:1']);
  });

  it('are limited in all; the host with the most makes room', () => {
    const store = create();
    store.add('honest', '2.2.2.2:1');
    for (let host = 0; host < 20; host++) {
      for (let key = 0; key < LIMITS.grapeAnnouncementsPerHostMax; key++) store.add(`key ${key}`, `1.1.1.${host}:1`);
    }
    expect(store.size).toBe(LIMITS.grapeAnnouncementsMax);
    expect(store.get('honest')).toEqual(['2.2.2.2:1']);
  });

  it('are returned from each host in turn, so that no host displaces another', () => {
    const store = create();
    for (let port = 1; port <= 200; port++) store.add('k', `1.1.1.1:${port}`);
    for (let host = 1; host <= 50; host++) store.add('k', `2.2.2.${host}:1`);
    const found = store.get('k', 60);
    expect(found).toHaveLength(60);
    expect(found.filter((address) => address.startsWith('2.'))).toHaveLength(50);
    expect(store.get('k')).toHaveLength(250);
  });

  it('are the same in 6 bytes', () => {
    const compact = compactPeerStore(MAX_AGE_MS);
    const peer = Buffer.from([127, 0, 0, 1, 0x13, 0x88]);
    compact.add('k', peer);
    expect(compact.get('k')).toEqual([peer]);
    compact.destroy();
    expect(compact.get('k')).toEqual([]);
  });

  it('have a higher limit for each loopback address', () => {
    const store = create();
    for (let port = 1; port <= LIMITS.grapeLoopbackPortsPerKeyMax + 10; port++) store.add('k', `127.0.0.1:${port}`);
    expect(store.size).toBe(LIMITS.grapeLoopbackPortsPerKeyMax);
    for (let key = 0; key <= LIMITS.grapeAnnouncementsOfLoopbackMax; key++) store.add(`key ${key}`, '127.0.0.1:1');
    expect(store.size).toBe(LIMITS.grapeAnnouncementsOfLoopbackMax);
  });
});
