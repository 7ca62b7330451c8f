/** Whoever sits at an address of the wanted desk may answer anything; what is not its word is no answer. */
import { describe, expect, it } from 'vitest';
import { DirectSender } from '../../src/grenache/direct-sender.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import { LIMITS } from '../../src/composition/limits.ts';

type Behaviour = RequestResult;
const genuine: Behaviour = { kind: 'answer', result: { by: 'the right one' } };
const impostor: Behaviour = { kind: 'answer', result: { by: 'somebody else' } };
const gone: Behaviour = { kind: 'unsent', code: 'ERR_CONNECT', text: 'nobody is there' };
const silent: Behaviour = { kind: 'unknown', code: 'ERR_TIMEOUT', text: 'no answer' };

function isGenuine(result: RequestResult): boolean {
  return result === genuine;
}

/** @param peers what is at each address, in the order in which a lookup gives them */
function world(peers: Record<string, Behaviour>) {
  const called: string[] = [];
  const forgotten: string[] = [];
  const addresses = (): Promise<string[]> => Promise.resolve(Object.keys(peers));
  const sender = new DirectSender({
    discovery: {
      lookup: addresses,
      lookupCached: addresses,
      forget: (_key, address) => void forgotten.push(address),
    },
    broadcastKey: 'all',
    call: (address) => {
      called.push(address);
      return Promise.resolve(peers[address] ?? gone);
    },
  });
  return { sender, called, forgotten };
}

describe('a direct message', () => {
  it('goes to the next address when another desk answers', async () => {
    const { sender, called, forgotten } = world({ a: impostor, b: gone, c: genuine });
    expect(await sender.send('desk', {}, { isGenuine })).toBe(genuine);
    expect(called).toEqual(['a', 'b', 'c']);
    expect(forgotten).toEqual(['a', 'b']);
  });

  it('goes first to the address where the addressee has answered before', async () => {
    const { sender, called } = world({ a: impostor, b: genuine });
    await sender.send('desk', {}, { isGenuine });
    await sender.send('desk', {}, { isGenuine });
    expect(called).toEqual(['a', 'b', 'b']);
  });

  it('goes first to the likely address, and is looked up when another desk answers there', async () => {
    const { sender, called } = world({ b: genuine });
    await sender.send('desk', {}, { isGenuine, at: 'b' });
    expect(called).toEqual(['b']);
    const other = world({ a: impostor, b: genuine });
    expect(await other.sender.send('desk', {}, { isGenuine, at: 'a' })).toBe(genuine);
    expect(other.called).toEqual(['a', 'b']);
  });

  it('does not return to an impostor because it answers', async () => {
    const peers: Record<string, Behaviour> = { a: genuine, b: silent };
    const { sender, called } = world(peers);
    await sender.send('desk', {}, { isGenuine });
    peers['a'] = impostor;
    peers['b'] = genuine;
    expect(await sender.send('desk', {}, { isGenuine })).toBe(genuine);
    expect(called).toEqual(['a', 'a', 'b']);
  });

  it('is tried once at each of a limited number of addresses, and may then be unknown', async () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`a${index}`, impostor]));
    const { sender, called } = world(many);
    const result = await sender.send('desk', {}, { isGenuine });
    expect(result).not.toBe(genuine);
    expect(called).toHaveLength(LIMITS.addressesPerRequestMax);
    expect(new Set(called).size).toBe(called.length);
  });

  it('that must be received only once ends at the first address that may have received it', async () => {
    const { sender, called } = world({ a: gone, b: silent, c: genuine });
    expect(await sender.send('desk', {}, { once: true, isGenuine })).toBe(silent);
    expect(called).toEqual(['a', 'b']);
  });

  it('by default accepts every answer but ERR_WRONG_DESK', async () => {
    const wrong: Behaviour = { kind: 'error', error: 'ERR_WRONG_DESK: another desk is meant', result: null };
    const { sender } = world({ a: wrong, b: impostor });
    expect(await sender.send('desk', {}, {})).toBe(impostor);
  });
});
