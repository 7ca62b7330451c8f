/**
 * Admits nodes to the routing table of a grape: only those that have answered a query of ours, for as long as they
 * answer. The DHT library adds every node that sends a query or an unsolicited response. A node that never answers then
 * costs each lookup a time-out (BEP 5, "Routing Table": a node is good when it has answered).
 */
import type DHT from 'bittorrent-dht';
import { LRUCache } from 'lru-cache';
import { GRENACHE_LIMITS } from '../limits.ts';

const ID_BYTES = 20;

interface Silence {
  readonly times: number;
  readonly untilMs: number;
}

export class NodeAdmission {
  readonly #rpc: DHT.Rpc;
  readonly #now: () => number;
  /** Addresses that did not answer a query. */
  readonly #silent = new LRUCache<string, Silence>({ max: GRENACHE_LIMITS.grapeSilentAddressesMax });
  readonly #pinging = new Set<string>();

  /** @param now milliseconds of a monotonic clock */
  constructor(rpc: DHT.Rpc, now: () => number = () => performance.now()) {
    this.#rpc = rpc;
    this.#now = now;
    const { socket } = rpc;
    // The listeners of the library add every node.
    socket.removeAllListeners('response');
    socket.removeAllListeners('query');
    socket.on('query', (query: DHT.Query, from: DHT.Sender) => {
      this.#onQuery(query.a?.id, { host: from.address, port: from.port });
      rpc.emit('query', query, from);
    });
    this.#watchResponses();
  }

  #watchResponses(): void {
    const { socket } = this.#rpc;
    const query = socket.query.bind(socket);
    socket.query = (peer, message, done) =>
      query(peer, message, (error, reply, from) => {
        if (error === null) this.#onResponse(reply?.r?.id, from);
        else if ('code' in error && error.code === 'ETIMEDOUT') this.#onTimeout(peer);
        done?.(error, reply, from);
      });
  }

  #onResponse(id: unknown, from: DHT.Sender | DHT.Peer): void {
    const { nodes } = this.#rpc;
    if (!isNodeId(id) || id.equals(this.#rpc.id)) return;
    const known = nodes.get(id);
    const host = 'address' in from ? from.address : from.host;
    if (known) known.seen = Date.now();
    else this.#rpc._addNode({ id, host, port: from.port, distance: 0, seen: Date.now() });
  }

  /** Pings an unknown node first. Few at a time: its address may be forged to attack its owner, and lookups come first. */
  #onQuery(id: unknown, peer: DHT.Peer): void {
    if (!isNodeId(id) || id.equals(this.#rpc.id) || this.#rpc.nodes.get(id)) return;
    const address = addressOf(peer);
    const silence = this.#silent.get(address);
    if (silence !== undefined && this.#now() < silence.untilMs) return;
    if (this.#pinging.has(address) || this.#pinging.size >= GRENACHE_LIMITS.grapeProbesMax) return;
    this.#pinging.add(address);
    this.#rpc.socket.query(peer, { q: 'ping', a: { id: this.#rpc.id } }, () => this.#pinging.delete(address));
  }

  /** An answer does not reset this: a node that answers only pings would cost a time-out again and again. */
  #onTimeout(peer: DHT.Peer): void {
    for (const node of this.#rpc.nodes.toArray()) {
      if (node.host === peer.host && node.port === peer.port) this.#rpc.nodes.remove(node.id);
    }
    const address = addressOf(peer);
    const times = (this.#silent.get(address)?.times ?? 0) + 1;
    const waitMs = Math.min(GRENACHE_LIMITS.grapeSilenceMinMs * 2 ** (times - 1), GRENACHE_LIMITS.grapeSilenceMaxMs);
    this.#silent.set(address, { times, untilMs: this.#now() + waitMs });
  }
}

function isNodeId(id: unknown): id is Buffer {
  return Buffer.isBuffer(id) && id.length === ID_BYTES;
}

function addressOf({ host, port }: DHT.Peer): string {
  return `${host}:${port}`;
}
