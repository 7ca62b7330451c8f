/** Who gets a place in the routing table, without sockets: the table, the questions and the clock are the test's. */
import { EventEmitter } from 'node:events';
import type DHT from 'bittorrent-dht';
import { describe, expect, it } from 'vitest';
import { NodeAdmission } from '../../../src/grenache/grapes/node-admission.ts';
import { LIMITS } from '../../../src/composition/limits.ts';

interface Asked {
  readonly peer: DHT.Peer;
  readonly done: DHT.Answered;
}

class FakeRpc extends EventEmitter {
  readonly id = idOf(0);
  readonly bootstrap: DHT.Peer[] = [];
  readonly table = new Map<string, DHT.Node>();
  readonly asked: Asked[] = [];
  readonly socket = Object.assign(new EventEmitter(), {
    query: (peer: DHT.Peer, _message: DHT.Query, done: DHT.Answered = () => undefined) =>
      this.asked.push({ peer, done }),
  });
  readonly nodes = {
    get: (id: Buffer) => this.table.get(id.toString('hex')) ?? null,
    toArray: () => [...this.table.values()],
    remove: (id: Buffer) => void this.table.delete(id.toString('hex')),
  };

  _addNode(node: DHT.Node): void {
    this.table.set(node.id.toString('hex'), node);
  }

  get ports(): readonly number[] {
    return [...this.table.values()].map(({ port }) => port);
  }
}

function idOf(number: number): Buffer {
  const id = Buffer.alloc(20);
  id.writeUInt32BE(number, 16);
  return id;
}

const timedOut = Object.assign(new Error('Query timed out'), { code: 'ETIMEDOUT' });

function setUp() {
  const rpc = new FakeRpc();
  rpc.socket.on('query', () => expect.unreachable('the listener of the library is still there'));
  rpc.socket.on('response', () => expect.unreachable('the listener of the library is still there'));
  const clock = { nowMs: 0 };
  new NodeAdmission(rpc, () => clock.nowMs);
  return {
    rpc,
    clock,
    asks: (number: number) =>
      rpc.socket.emit('query', { q: 'find_node', a: { id: idOf(number) } }, { address: '127.0.0.1', port: number }),
    answer: ({ peer, done }: Asked) => {
      done(null, { r: { id: idOf(peer.port) } }, { address: peer.host, port: peer.port });
    },
    stay: ({ peer, done }: Asked) => {
      done(timedOut, null, peer);
    },
  };
}

describe('a place in the routing table', () => {
  it('goes to a node that sends a query, once it has answered ours', () => {
    const { rpc, asks, answer } = setUp();
    asks(7);
    expect(rpc.ports).toEqual([]);
    for (const asked of rpc.asked.splice(0)) answer(asked);
    expect(rpc.ports).toEqual([7]);
    asks(7);
    expect(rpc.asked).toEqual([]);
  });

  it('does not go to a node that never answers, which is pinged less and less often', () => {
    const { rpc, clock, asks, stay } = setUp();
    let questions = 0;
    for (clock.nowMs = 0; clock.nowMs < 60_000; clock.nowMs += 100) {
      asks(7);
      questions += rpc.asked.length;
      for (const asked of rpc.asked.splice(0)) stay(asked);
    }
    expect(rpc.ports).toEqual([]);
    // At 0, 1, 3, 7, 15 and 31 seconds.
    expect(questions).toBe(6);
  });

  it('is lost by a node that does not answer a lookup, and is not regained at once by answering a ping', () => {
    const { rpc, clock, asks, answer, stay } = setUp();
    asks(7);
    for (const asked of rpc.asked.splice(0)) answer(asked);
    rpc.socket.query({ host: '127.0.0.1', port: 7 }, { q: 'get_peers' });
    for (const asked of rpc.asked.splice(0)) stay(asked);
    expect(rpc.ports).toEqual([]);
    asks(7);
    expect(rpc.asked).toEqual([]);
    clock.nowMs += LIMITS.grapeSilenceMinMs;
    asks(7);
    for (const asked of rpc.asked.splice(0)) answer(asked);
    expect(rpc.ports).toEqual([7]);
  });

  it('is limited to few pings at the same time; each query still gets its answer', () => {
    const { rpc, asks } = setUp();
    let passedOn = 0;
    rpc.on('query', () => passedOn++);
    for (let port = 1; port <= 140; port++) asks(port);
    expect(rpc.asked.length).toBe(LIMITS.grapeProbesMax);
    expect(passedOn).toBe(140);
  });

  it('does not go to a wrong id, no id, or our own id', () => {
    const { rpc } = setUp();
    for (const a of [undefined, {}, { id: 5 }, { id: Buffer.alloc(19) }, { id: rpc.id }]) {
      rpc.socket.emit('query', { q: 'ping', a }, { address: '127.0.0.1', port: 9 });
    }
    expect(rpc.asked).toEqual([]);
  });

  it('remembers a limited number of addresses that did not answer', () => {
    const { rpc, asks, stay } = setUp();
    const isAsked = (port: number): boolean => {
      asks(port);
      const asked = rpc.asked.splice(0);
      for (const question of asked) stay(question);
      return asked.length > 0;
    };
    for (let port = 1; port <= LIMITS.grapeSilentAddressesMax; port++) isAsked(port);
    expect(isAsked(1)).toBe(false);
    isAsked(LIMITS.grapeSilentAddressesMax + 1);
    expect([2, 1].map(isAsked)).toEqual([true, false]);
  });
});
