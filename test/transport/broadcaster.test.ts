import { describe, expect, it } from 'vitest';
import { Broadcaster } from '../../src/transport/broadcaster.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';

const reached: RequestResult = { kind: 'answer', result: null };
const dead: RequestResult = { kind: 'unsent', code: 'ERR_CONNECT', text: '' };
const slow: RequestResult = { kind: 'unknown', code: 'ERR_TIMEOUT', text: '' };
const rude: RequestResult = { kind: 'error', error: 'go away', result: null };

interface Crowd {
  lookup?: () => Promise<readonly string[]>;
  answers?: Readonly<Record<string, RequestResult>>;
  own?: readonly string[];
  concurrency?: number;
  queueMax?: number;
}

function crowd({ lookup = () => Promise.resolve([]), answers = {}, own = [], ...bounds }: Crowd) {
  const sent: string[] = [];
  const broadcaster = new Broadcaster({
    lookup,
    send: (address) => {
      sent.push(address);
      return Promise.resolve(answers[address] ?? reached);
    },
    isOwn: (address) => own.includes(address),
    addressOf: (peer) => (peer === 'nowhere' ? null : `at ${peer}`),
    ...bounds,
  });
  return { broadcaster, sent };
}

describe('a broadcast', () => {
  it('goes to all addresses of a fresh lookup', async () => {
    const { broadcaster } = crowd({ lookup: () => Promise.resolve(['a', 'b']) });
    expect(await broadcaster.broadcast(1)).toEqual({ reached: ['a', 'b'], unreached: [] });
  });

  it('reports only the failing receiver as unreached, with its reason (the stock `map` fails as a whole)', async () => {
    const answers = { dead, slow, rude };
    const { broadcaster } = crowd({ lookup: () => Promise.resolve(['dead', 'a', 'slow', 'b', 'rude']), answers });
    expect(await broadcaster.broadcast(1)).toEqual({
      reached: ['a', 'b'],
      unreached: [
        { address: 'dead', code: 'ERR_CONNECT' },
        { address: 'slow', code: 'ERR_TIMEOUT' },
        { address: 'rude', code: 'ERR_REFUSED' },
      ],
    });
  });

  it('does not go to the sender itself (the stock `map` does)', async () => {
    const { broadcaster, sent } = crowd({ lookup: () => Promise.resolve(['me', 'a', 'me2']), own: ['me', 'me2'] });
    await broadcaster.broadcast(1);
    expect(sent).toEqual(['a']);
  });

  it('skips the peer that `except` names, if its address is known', async () => {
    const { broadcaster, sent } = crowd({ lookup: () => Promise.resolve(['at bob', 'at carol']) });
    broadcaster.setKnownAddresses(['at bob']);
    expect((await broadcaster.broadcast(1, { except: 'bob' })).reached).toEqual(['at carol']);
    expect(sent).toEqual(['at carol']);
    expect((await broadcaster.broadcast(1, { except: 'nowhere' })).reached).toEqual(['at bob', 'at carol']);
  });

  it('goes to known addresses at once, and to new ones when the lookup finds them', async () => {
    let found: (addresses: readonly string[]) => void = () => undefined;
    const lookup = () => new Promise<readonly string[]>((resolve) => (found = resolve));
    const { broadcaster, sent } = crowd({ lookup });
    broadcaster.setKnownAddresses(['a']);
    const result = broadcaster.broadcast(1);
    await new Promise(setImmediate);
    expect(sent).toEqual(['a']);
    found(['b', 'a', 'c']);
    expect(await result).toEqual({ reached: ['a', 'b', 'c'], unreached: [] });
    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('does not report a dead address that is no longer announced', async () => {
    const answers = { gone: dead, silent: slow };
    const { broadcaster } = crowd({ lookup: () => Promise.resolve([]), answers });
    broadcaster.setKnownAddresses(['gone', 'silent', 'there']);
    expect(await broadcaster.broadcast(1)).toEqual({
      reached: ['there'],
      unreached: [{ address: 'silent', code: 'ERR_TIMEOUT' }],
    });
  });

  it('goes to known addresses when no grape answers', async () => {
    const lookup = () => Promise.reject(new GrapevineError('ERR_NO_GRAPE', 'no'));
    const { broadcaster } = crowd({ lookup, answers: { dead } });
    broadcaster.setKnownAddresses(['a', 'dead']);
    expect(await broadcaster.broadcast(1)).toEqual({
      reached: ['a'],
      unreached: [{ address: 'dead', code: 'ERR_CONNECT' }],
    });
  });

  it('is sent to a limited number of addresses at once, over all broadcasts', async () => {
    let running = 0;
    let most = 0;
    const broadcaster = new Broadcaster({
      lookup: () => Promise.resolve(Array.from({ length: 20 }, (_, index) => String(index))),
      send: async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
        return reached;
      },
      isOwn: () => false,
      addressOf: () => null,
      concurrency: 3,
    });
    const results = await Promise.all([broadcaster.broadcast(1), broadcaster.broadcast(2)]);
    expect(results.map((result) => result.reached.length)).toEqual([20, 20]);
    expect(most).toBe(3);
  });

  it('reports the addresses for which the queue had no room', async () => {
    const { broadcaster } = crowd({ lookup: () => Promise.resolve(['a', 'b', 'c', 'd']), concurrency: 1, queueMax: 2 });
    const result = await broadcaster.broadcast(1);
    expect(result.reached).toEqual(['a', 'b', 'c']);
    expect(result.unreached).toEqual([{ address: 'd', code: 'ERR_OVERLOADED' }]);
  });

  it('reaches more than a hundred addresses', async () => {
    const addresses = Array.from({ length: 250 }, (_, index) => String(index));
    const { broadcaster } = crowd({ lookup: () => Promise.resolve(addresses) });
    expect((await broadcaster.broadcast(1)).reached).toHaveLength(250);
  });
});
