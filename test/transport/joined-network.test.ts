/** A desk in two networks: what it relays between them, and what it does not. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { Network, Reply, RequestHandler, RequestOptions, RequestResult } from '../../src/ports/network.ts';
import { JoinedNetwork } from '../../src/transport/joined-network.ts';

const NOBODY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody' };

/** A network in which some desks answer. */
class Side implements Network {
  readonly asked: string[] = [];
  handler: RequestHandler = () => ({ error: null, result: null });
  readonly #desks: readonly string[];
  readonly #answer: () => Promise<RequestResult>;

  constructor(desks: readonly string[], answer = () => Promise.resolve<RequestResult>({ kind: 'answer', result: 1 })) {
    this.#desks = desks;
    this.#answer = answer;
  }

  start(handler: RequestHandler): Promise<{ readonly port: number }> {
    this.handler = handler;
    return Promise.resolve({ port: 1 });
  }

  request(to: string, _payload: unknown, _options?: RequestOptions): Promise<RequestResult> {
    this.asked.push(to);
    return this.#desks.includes(to) ? this.#answer() : Promise.resolve(NOBODY);
  }

  broadcast = (): Promise<{ reached: string[]; unreached: [] }> => Promise.resolve({ reached: [], unreached: [] });
  stop = (): Promise<void> => Promise.resolve();
}

async function joined(one: Side, other: Side) {
  const network = new JoinedNetwork({
    networks: [one, other],
    destinationOf: (payload) => (typeof payload === 'string' ? payload : null),
  });
  await network.start(() => ({ error: null, result: 'own' }));
  return network;
}

const relay = (side: Side, to: unknown, from = '10.0.0.1:1'): Reply | Promise<Reply> =>
  side.handler({ service: 'relay', payload: to, from });

describe('a desk in two networks', () => {
  it('sends first to the network in which the peer answered last', async () => {
    const [one, other] = [new Side([]), new Side(['b'])];
    const network = await joined(one, other);
    await network.request('b', 1);
    await network.request('b', 1);
    expect([one.asked, other.asked]).toEqual([['b'], ['b', 'b']]);
  });

  it('remembers the network of a limited number of peers', async () => {
    const [one, other] = [new Side([]), new Side(Array.from({ length: LIMITS.homesMax + 1 }, (_, id) => `${id}`))];
    const network = await joined(one, other);
    for (let id = 0; id <= LIMITS.homesMax; id += 1) await network.request(`${id}`, 1);
    one.asked.length = 0;
    await network.request('1', 1);
    expect(one.asked).toEqual([]);
    await network.request('0', 1);
    expect(one.asked).toEqual(['0']);
  });

  it('does not repeat a request in the other network that must not be received twice', async () => {
    const lost = (): Promise<RequestResult> => Promise.resolve({ kind: 'unknown', code: 'ERR_TIMEOUT', text: 'late' });
    const [one, other] = [new Side(['b'], lost), new Side(['b'])];
    const network = await joined(one, other);
    expect(await network.request('b', 1, { once: true })).toMatchObject({ kind: 'unknown' });
    expect(other.asked).toEqual([]);
    expect(await network.request('b', 1)).toMatchObject({ kind: 'answer' });
  });
});

describe('a relay', () => {
  it('forwards into the other network, and never back', async () => {
    const [one, other] = [new Side(['a']), new Side(['b'])];
    await joined(one, other);
    expect(await relay(one, 'b')).toEqual({ error: null, result: 1 });
    expect(await relay(one, 'a')).toMatchObject({ error: expect.stringMatching(/^ERR_NO_ADDRESS/) as unknown });
    expect([one.asked, other.asked]).toEqual([[], ['b', 'a']]);
  });

  it('uses no other relay, and forwards only sealed messages', async () => {
    const [one, other] = [new Side([]), new Side([])];
    const network = await joined(one, other);
    expect(await network.request('b', 1, { service: 'relay' })).toMatchObject({ kind: 'unsent' });
    expect(await relay(one, { cmd: 'offer:accept' })).toMatchObject({
      error: expect.stringMatching(/^ERR_NOT_SEALED/) as unknown,
    });
    expect([one.asked, other.asked]).toEqual([[], []]);
  });

  it('limits the requests that it forwards at the same time, and of one host in a minute', async () => {
    const ends: ((result: RequestResult) => void)[] = [];
    const waiting = (): Promise<RequestResult> => new Promise((resolve) => ends.push(resolve));
    const [one, other] = [new Side([]), new Side(['b'], waiting)];
    await joined(one, other);
    const under = Array.from({ length: LIMITS.relaysAtOnce }, () => relay(one, 'b'));
    expect(await relay(one, 'b')).toMatchObject({ error: expect.stringMatching(/^ERR_OVERLOADED/) as unknown });
    for (const end of ends.splice(0)) end({ kind: 'answer', result: 1 });
    for (const reply of under) expect(await reply).toMatchObject({ result: 1 });
    for (let count = LIMITS.relaysAtOnce + 1; count < LIMITS.relayedPerHostPerMinute; count += 1) await relay(one, 'x');
    expect(await relay(one, 'x')).toMatchObject({ error: expect.stringMatching(/^ERR_RATE_LIMITED/) as unknown });
    expect(await relay(one, 'x', '10.0.0.2:1')).toMatchObject({
      error: expect.stringMatching(/^ERR_NO_ADDRESS/) as unknown,
    });
  });
});
