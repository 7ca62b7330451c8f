/** Who seals, who opens, who insists; and that what stands outside a seal is nobody's word. */
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { MessageSealer } from '../../src/identity/message-sealer.ts';
import { SealedNetwork, type Encryption } from '../../src/identity/sealed-network.ts';
import type {
  IncomingRequest,
  Network,
  Reply,
  RequestHandler,
  RequestOptions,
  RequestResult,
} from '../../src/ports/network.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { MemoryHub, type Leg } from '../../testing/memory-network.ts';

const MODES = ['off', 'on', 'require'] as const;
const ORIGINAL = 'a1b2c3d4e5f60718';

interface Place {
  readonly id: PeerId;
  readonly network: SealedNetwork;
  readonly heard: IncomingRequest[];
}

const hub = new MemoryHub();
const running: { stop(): Promise<void> }[] = [];
let legs: Leg[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
  legs = [];
  hub.intercept = () => 'deliver';
});

async function place(mode: Encryption, reply: Reply = { error: null, result: { yes: 1 } }): Promise<Place> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const id = deskIdOf(privateKey);
  const heard: IncomingRequest[] = [];
  const network = new SealedNetwork({ network: hub.network(id), sealer: new MessageSealer(privateKey), mode });
  const handler: RequestHandler = (request) => {
    heard.push(request);
    return Promise.resolve(reply);
  };
  await network.start(handler);
  running.push(network);
  return { id, network, heard };
}

/** What can be read on the way. */
function watch(): void {
  hub.intercept = (leg) => {
    legs.push(leg);
    return 'deliver';
  };
}

const SECRET = { cmd: 'offer:accept', body: { secret: 'secret' } };

describe.each(MODES)('from a desk with encrypt %s', (from) => {
  it.each(MODES)('to one with encrypt %s', async (to) => {
    const [sender, receiver] = [await place(from), await place(to)];
    watch();
    const result = await sender.network.request(receiver.id, SECRET);
    const isSealed = from !== 'off';
    expect(legs.some(({ payload }) => JSON.stringify(payload).includes('secret'))).toBe(!isSealed);
    if (!isSealed && to === 'require') {
      expect(result).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_NOT_SEALED: /) as string });
      expect(receiver.heard).toEqual([]);
      return;
    }
    expect(result).toEqual({ kind: 'answer', result: { yes: 1 } });
    expect(receiver.heard).toEqual([{ service: 'direct', payload: SECRET }]);
    const answers = legs.filter(({ kind }) => kind === 'answer');
    expect(answers.some(({ reply }) => JSON.stringify(reply).includes('"yes"'))).toBe(!isSealed);
  });

  it('a refusal is sealed as well', async () => {
    const reply = { error: 'ERR_OFFER_TAKEN: too late', result: { auth: 1 } };
    const [sender, receiver] = [await place(from), await place('off', reply)];
    watch();
    expect(await sender.network.request(receiver.id, SECRET)).toEqual({ kind: 'error', ...reply });
    const shown = JSON.stringify(legs).includes('ERR_OFFER_TAKEN');
    expect(shown).toBe(from === 'off');
  });

  it('broadcasts are not sealed', async () => {
    const [sender, receiver] = [await place(from), await place('require')];
    const { reached } = await sender.network.broadcast(SECRET);
    expect(reached).toEqual([receiver.id]);
    expect(receiver.heard).toEqual([{ service: 'broadcast', payload: SECRET }]);
  });

  it('a client of the original is sent unsealed requests, or none', async () => {
    const sender = await place(from);
    const original = hub.network(ORIGINAL);
    const heard: unknown[] = [];
    await original.start(({ payload }) => {
      heard.push(payload);
      return Promise.resolve({ error: null, result: true });
    });
    running.push(original);
    const result = await sender.network.request(ORIGINAL, SECRET);
    if (from === 'require') expect(result).toMatchObject({ kind: 'unsent', code: 'ERR_NOT_SEALED' });
    else expect(result).toEqual({ kind: 'answer', result: true });
    expect(heard).toEqual(from === 'require' ? [] : [SECRET]);
  });
});

describe('to a sealed request', () => {
  /** Somebody at the address of another desk. */
  async function impostor(reply: (request: IncomingRequest) => Reply): Promise<PeerId> {
    const id = deskIdOf(generateKeyPairSync('ed25519').privateKey);
    const network = hub.network(id);
    await network.start((request) => Promise.resolve(reply(request)));
    running.push(network);
    return id;
  }

  const lies: readonly (readonly [string, Reply])[] = [
    ['a yes in the clear', { error: null, result: { queued: true, position: 1 } }],
    ['a no in the clear', { error: 'ERR_OFFER_TAKEN: too late', result: null }],
    ['that it is not wanted sealed', { error: 'ERR_NOT_SEALED: in the clear, please', result: null }],
    ['that it knows no such command', { error: 'Unable to handle the command', result: null }],
    ['a seal of nothing', { error: null, result: { sealed: 'AAAA' } }],
    ['another form', { error: null, result: { sealed: 1 } }],
  ];

  it.each(lies)('%s is no answer, and it is not sent again in the clear', async (_what, reply) => {
    const sender = await place('on');
    const id = await impostor(() => reply);
    watch();
    expect(await sender.network.request(id, SECRET)).toMatchObject({ kind: 'unknown', code: 'ERR_SEALED' });
    expect(legs.filter(({ kind }) => kind === 'request')).toHaveLength(1);
    expect(JSON.stringify(legs)).not.toContain('secret');
  });

  it('the answer to another request is rejected', async () => {
    const [sender, receiver] = [await place('on'), await place('on')];
    let first: Reply | undefined;
    hub.intercept = ({ reply }) => {
      first ??= reply;
      return 'deliver';
    };
    await sender.network.request(receiver.id, SECRET);
    const id = await impostor(() => first ?? { error: null, result: null });
    expect(await sender.network.request(id, SECRET)).toMatchObject({ kind: 'unknown', code: 'ERR_SEALED' });
  });

  it('isGenuine is called with the opened answer', async () => {
    const receiver = await place('off');
    const looked: RequestResult[] = [];
    const plain = hub.network(ORIGINAL);
    await plain.start(() => Promise.resolve({ error: null, result: null }));
    running.push(plain);
    // The network in memory has one address for each desk, and does not ask; one on Grenache does.
    const asking: Network = {
      start: (handler) => plain.start(handler),
      broadcast: (payload) => plain.broadcast(payload),
      stop: () => plain.stop(),
      request: async (to, payload, options) => {
        const result = await plain.request(to, payload);
        options?.isGenuine?.(result);
        return result;
      },
    };
    const sealer = new MessageSealer(generateKeyPairSync('ed25519').privateKey);
    const network = new SealedNetwork({ network: asking, sealer, mode: 'on' });
    const isGenuine = (result: RequestResult): boolean => looked.push(result) > 0;
    await network.request(receiver.id, SECRET, { isGenuine });
    expect(looked).toEqual([{ kind: 'answer', result: { yes: 1 } }]);
  });
});

describe('an id that is not a secure public key', () => {
  it('is sent no request', async () => {
    const sender = await place('on');
    watch();
    const result = await sender.network.request('0'.repeat(64), SECRET);
    expect(result).toMatchObject({ kind: 'unsent', code: 'ERR_SEALED' });
    expect(legs).toEqual([]);
  });
});

describe('a desk that is not in our network', () => {
  const AWAY: RequestResult = { kind: 'unsent', code: 'ERR_NO_ADDRESS', text: 'nobody announces this desk' };

  /** A desk whose own network is empty; a relay hands what it gets to those in the memory network. */
  async function lonely() {
    vi.useFakeTimers({ toFake: ['performance'] });
    const way = hub.network('relay');
    await way.start(() => ({ error: null, result: null }));
    running.push(way);
    const asked: RequestOptions[] = [];
    const payloads: unknown[] = [];
    const relay = { isThere: true, says: (result: RequestResult): RequestResult => result };
    const network: Network = {
      start: () => Promise.reject(new Error('not needed')),
      stop: () => Promise.resolve(),
      broadcast: () => Promise.resolve({ reached: [], unreached: [] }),
      request: async (to, payload, options = {}) => {
        asked.push(options);
        if (options.service !== 'relay' || !relay.isThere) return AWAY;
        payloads.push(payload);
        return relay.says(await way.request(to, payload));
      },
    };
    const sealer = new MessageSealer(generateKeyPairSync('ed25519').privateKey);
    return { network: new SealedNetwork({ network, sealer, mode: 'off' }), asked, payloads, relay };
  }

  const services = (asked: readonly RequestOptions[]): string =>
    asked.map(({ service = 'direct' }) => service.slice(0, 1)).join('');

  afterEach(() => {
    vi.useRealTimers();
  });

  it('is reached through a relay, sealed in every mode, and so is its answer', async () => {
    const receiver = await place('require');
    const { network, payloads, asked } = await lonely();
    expect(await network.request(receiver.id, SECRET)).toEqual({ kind: 'answer', result: { yes: 1 } });
    expect(receiver.heard[0]?.payload).toEqual(SECRET);
    expect(JSON.stringify(payloads)).not.toContain('secret');
    expect(asked[1]?.timeoutMs).toBe(LIMITS.relayTimeoutMs);
  });

  it('is tried through the relay first for a limited time', async () => {
    const receiver = await place('off');
    const { network, asked } = await lonely();
    await network.request(receiver.id, SECRET);
    await network.request(receiver.id, SECRET);
    vi.advanceTimersByTime(LIMITS.relayedForMs);
    await network.request(receiver.id, SECRET);
    expect(services(asked)).toBe('drrdr');
  });

  it('is remembered with a limited number of others', async () => {
    const { network, asked } = await lonely();
    const places = [];
    for (let count = 0; count <= LIMITS.relayedDesksMax; count += 1) places.push(await place('off'));
    for (const { id } of places) await network.request(id, SECRET);
    asked.length = 0;
    await network.request(places[1]?.id ?? '', SECRET);
    await network.request(places[0]?.id ?? '', SECRET);
    expect(services(asked)).toBe('rdr');
  });

  it('is tried in our network again when the relay is gone', async () => {
    const receiver = await place('off');
    const { network, asked, relay } = await lonely();
    await network.request(receiver.id, SECRET);
    relay.isThere = false;
    expect(await network.request(receiver.id, SECRET)).toEqual(AWAY);
    expect(services(asked)).toBe('drrd');
  });

  it('causes no lookup of relays shortly after one that found none', async () => {
    const { network, asked, relay } = await lonely();
    relay.isThere = false;
    const { id } = await place('off');
    await network.request(id, SECRET);
    await network.request(id, SECRET);
    vi.advanceTimersByTime(LIMITS.relayRetryMs);
    await network.request(id, SECRET);
    expect(services(asked)).toBe('drddr');
  });

  it('is not reached by a forged answer of a relay, nor with requests that must not be repeated or relayed', async () => {
    const receiver = await place('off');
    const { network, asked, relay } = await lonely();
    relay.says = () => ({ kind: 'answer', result: { yes: 1 } });
    expect(await network.request(receiver.id, SECRET)).toMatchObject({ kind: 'unknown', code: 'ERR_SEALED' });
    asked.length = 0;
    expect(await network.request(receiver.id, SECRET, { once: true })).toEqual(AWAY);
    expect(await network.request(receiver.id, SECRET, { mayRelay: false })).toEqual(AWAY);
    expect(await network.request(ORIGINAL, SECRET)).toEqual(AWAY);
    expect(services(asked)).toBe('ddd');
  });
});
