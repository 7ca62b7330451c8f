/**
 * Types for the parts of Grenache and its DHT that we use, since the packages have none. This file is not published, so
 * no exported type may refer to it.
 */
declare module 'bittorrent-dht' {
  import type { EventEmitter } from 'node:events';

  namespace DHT {
    interface Options {
      maxTables: number;
      maxValues: number;
      maxPeers: number;
      maxAge: number;
      timeBucketOutdated: number;
      concurrency: number;
      /** For one query, in milliseconds. */
      timeout: number;
      host: string | false;
      /** `undefined` would use public nodes. */
      bootstrap: readonly string[];
      socket: EventEmitter;
    }

    interface Peer {
      host: string;
      port: number;
    }

    interface Node extends Peer {
      id: Buffer;
      /** Milliseconds since 1970. */
      seen?: number;
      distance?: number;
    }

    /** The sender of a packet. */
    interface Sender {
      address: string;
      port: number;
    }

    interface Query {
      q: string;
      a?: { id?: unknown };
    }

    type Answered = (error: Error | null, reply: { r?: { id?: unknown } } | null, from: Sender | Peer) => void;

    /** k-rpc: queries to other nodes, and the routing table. */
    interface Rpc extends EventEmitter {
      id: Buffer;
      bootstrap: Peer[];
      nodes: { get(id: Buffer): Node | null; toArray(): Node[]; remove(id: Buffer): void };
      socket: EventEmitter & { query(peer: Peer, message: Query, done?: Answered): unknown };
      _addNode(node: Node): void;
    }
  }

  class DHT extends EventEmitter {
    constructor(options: DHT.Options);
    readonly nodes: { toArray(): DHT.Node[] };
    readonly _rpc: DHT.Rpc;
    /** The peers, in 6 bytes each, by key in hex. */
    _peers: { add(key: string, peer: Buffer): void; get(key: string, count?: number): Buffer[]; destroy(): void };
    address(): { address: string; port: number };
    listen(port: number, host: string, onListening: () => void): void;
    addNode(node: DHT.Peer): void;
    removeNode(id: Buffer): void;
    lookup(infoHash: string, done: (error: Error | null, count?: number) => void): void;
    announce(infoHash: string, port: number, done: (error: Error | null, count?: number) => void): void;
    destroy(done: () => void): void;
  }
  export = DHT;
}

declare module 'grenache-grape' {
  import type { EventEmitter } from 'node:events';
  import type { Server } from 'node:http';
  import type DHT from 'bittorrent-dht';

  type Done = (error?: unknown, result?: unknown) => void;

  class Grape extends EventEmitter {
    constructor(conf?: object);
    node?: DHT;
    _active: boolean;
    _interface: { http?: Server };
    _mem: { add(key: string, record: string): void; get(key: string, count: number): string[]; destroy(): void };
    createNode(done: (error: unknown, node?: DHT) => void): void;
    transportHttp(done: (error?: unknown) => void): void;
    onRequest(type: string, data: unknown, done: Done): void;
    announce(key: string, port: number, done: Done): void;
    lookup(key: string, done: Done): void;
    put(options: object, done: Done): void;
    get(options: object, done: Done): void;
    str2hex(text: string | Uint8Array): string;
    start(done: (error?: unknown) => void): void;
    stop(done: (error?: unknown) => void): void;
  }
}

declare module 'grenache-nodejs-base' {
  import type { EventEmitter } from 'node:events';

  interface Link {
    lookup(key: string, options: object, done: (error: Error | null, addresses?: readonly string[]) => void): void;
  }

  class Peer extends EventEmitter {
    constructor(link: Link, conf?: object);
    init(): void;
    getTransportClass(): unknown;
    transport(destination: string, options?: object): Transport;
    stop(): void;
    _stop(): void;
  }

  class Transport extends EventEmitter {
    constructor(peer: Peer, conf?: object);
    monitor(): void;
    stop(): void;
    _stop(): void;
  }

  class TransportRPCServer extends Transport {
    listen(port: number): this;
  }

  class TransportRPCClient extends Transport {
    setLastRequestTime(): void;
    _req_last_ts: number;
    request(
      key: string,
      payload: unknown,
      options: { timeout?: number | undefined },
      done?: (error: Error | null, result?: unknown) => void,
    ): void;
  }
}

declare module 'grenache-nodejs-http' {
  import type { Peer } from 'grenache-nodejs-base';

  type Answered = (error: Error | null, result?: unknown) => void;

  class PeerRPCServer extends Peer {}

  class PeerRPCClient extends Peer {
    request(key: string, payload: unknown, options: object, done: Answered): void;
    map(key: string, payload: unknown, options: object, done: (error: Error | null, results?: unknown[]) => void): void;
  }
}

declare module 'grenache-nodejs-link' {
  class Link {
    constructor(conf: { grape: string });
    start(): this;
    stop(): this;
    lookup(key: string, options: object, done: (error: Error | null, addresses?: readonly string[]) => void): void;
    announce(key: string, port: number, options: object, done: (error: Error | null, result?: unknown) => void): void;
    startAnnouncing(key: string, port: number, options: object, done?: (error: Error | null) => void): void;
  }
  export = Link;
}

declare module 'bencode' {
  export function encode(value: unknown): Buffer;
  export function decode(data: Uint8Array): unknown;
}
