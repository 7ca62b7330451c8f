/**
 * A grape that strangers can't crash, that listens only on its configured interface, and that starts only from the given
 * nodes. It has the DHT of the stock grape. Construction, the filter for incoming packets, storage, lookups, the HTTP API
 * and the stop are replaced.
 */
import DHT from 'bittorrent-dht';
import grapePackage from 'grenache-grape';
import type { Log } from '../../ports/log.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { ANY_HOST } from '../discovery/address.ts';
import { listenError } from '../../transport/listen-error.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { createGrapeApi } from './grape-api.ts';
import { readGrapeRequest } from './grape-request.ts';
import { GuardedSocket } from './guarded-socket.ts';
import { NodeAdmission } from './node-admission.ts';
import { compactPeerStore, PeerStore } from './peer-store.ts';

type Done = (error?: unknown, result?: unknown) => void;

export interface HardenedGrapeInit {
  /** IPv4 that the DHT binds to. */
  readonly host: string;
  /** IPv4 that the HTTP API binds to. */
  readonly apiHost: string;
  /** 0 uses a free port, for both ports. */
  readonly dhtPort: number;
  readonly apiPort: number;
  /** `host:port` of other nodes, which need not be running yet. */
  readonly bootstrap: readonly string[];
  /** Whether it is the only grape: then an announcement that only it stores has succeeded. */
  readonly isAlone: boolean;
  readonly log: Log;
}

const MAX_VALUES = 5_000;
const MAX_PEERS = 10_000;
/** Queries in progress: of lookups, and pings of unknown nodes. */
const CONCURRENCY = 24 + GRENACHE_LIMITS.grapeProbesMax;
const NODE_LIVENESS_MS = 5 * 60_000;

export class HardenedGrape extends grapePackage.Grape {
  readonly #init: HardenedGrapeInit;

  constructor(init: HardenedGrapeInit) {
    super();
    this.#init = init;
    this._mem.destroy();
    this._mem = new PeerStore(Math.ceil(GRENACHE_LIMITS.peerMaxAgeMs / 2));
  }

  /** The actual port after the start, also for port 0; 0 before. */
  get dhtPort(): number {
    return this.node?.address().port ?? 0;
  }

  get apiPort(): number {
    const address = this._interface.http?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** The ports of the nodes in its routing table. */
  get knownPorts(): readonly number[] {
    return this.node?.nodes.toArray().map((node) => node.port) ?? [];
  }

  /** Adds nodes, and makes them the bootstrap nodes, which it uses when its routing table is empty. */
  setBootstrap(others: readonly DHT.Peer[]): void {
    const { node } = this;
    if (node === undefined) return;
    node._rpc.bootstrap = [...others];
    for (const other of others) {
      if (!this.knownPorts.includes(other.port)) node.addNode({ ...other });
    }
  }

  override createNode(done: (error: unknown, node?: DHT) => void): void {
    const { host, dhtPort, bootstrap, log } = this.#init;
    const socket = new GuardedSocket(log);
    const node = new DHT({
      maxTables: MAX_VALUES,
      maxValues: MAX_VALUES,
      maxPeers: MAX_PEERS,
      maxAge: GRENACHE_LIMITS.peerMaxAgeMs,
      timeBucketOutdated: NODE_LIVENESS_MS,
      concurrency: CONCURRENCY,
      timeout: GRENACHE_LIMITS.grapeQueryTimeoutMs,
      host: host === ANY_HOST ? false : host,
      bootstrap,
      socket,
    });
    new NodeAdmission(node._rpc);
    node._peers.destroy();
    node._peers = compactPeerStore(GRENACHE_LIMITS.peerMaxAgeMs);
    this.#listenTo(node);
    const failed = (error: NodeJS.ErrnoException): void => {
      node.destroy(() => undefined);
      done(listenError(error, `UDP port ${dhtPort} (DHT) on ${host}`));
    };
    socket.once('error', failed);
    node.listen(dhtPort, host, () => {
      socket.off('error', failed);
      done(null, node);
    });
  }

  #listenTo(node: DHT): void {
    for (const event of ['listening', 'ready', 'warning']) node.on(event, () => this.emit(event));
    node.on('node', (added: DHT.Node) => {
      // One node under many ids would delay each lookup by as many time-outs.
      for (const other of node.nodes.toArray()) {
        if (isSameAddress(other, added) && !other.id.equals(added.id)) node.removeNode(other.id);
      }
      this.emit('node');
    });
    node.on('error', (error) => this.#init.log.write('warn', 'grape.error', { reason: String(error) }));
    node.on('announce', (_peer: DHT.Peer, key: Buffer) => this.emit('announce', key.toString()));
    node.on('peer', (peer: DHT.Peer, key: Buffer) => this._mem.add(key.toString('hex'), `${peer.host}:${peer.port}`));
  }

  override transportHttp(done: (error?: unknown) => void): void {
    const { apiHost: host, apiPort } = this.#init;
    const server = createGrapeApi(this.onRequest.bind(this));
    this._interface.http = server;
    const failed = (error: NodeJS.ErrnoException): void => {
      delete this._interface.http;
      done(listenError(error, `TCP port ${apiPort} (HTTP API) on ${host}`));
    };
    server.once('error', failed);
    server.listen({ port: apiPort, host, backlog: TRANSPORT_LIMITS.listenBacklog }, () => {
      server.off('error', failed);
      server.on('error', (error) => this.#init.log.write('warn', 'grape.error', { reason: String(error) }));
      done();
    });
  }

  override onRequest(type: string, data: unknown, done: Done): void {
    const request = readGrapeRequest(type, data);
    if (typeof request === 'string') {
      done(new Error(request));
      return;
    }
    switch (request.type) {
      case 'lookup':
        return this.lookup(request.key, done);
      case 'announce':
        return this.announce(request.key, request.port, done);
      case 'put':
        return this.put(request.options, done);
      case 'get':
        return this.get(request.options, done);
    }
  }

  /** Looks the key up first: the nodes to announce to are cached for minutes, and may be none or dead by now. */
  override announce(key: string, port: number, done: Done): void {
    this.lookup(key, (lookupError) => {
      const { node } = this;
      if (lookupError || node === undefined) {
        done(lookupError ?? new Error('ERR_GRAPE_STOPPED'));
        return;
      }
      node.announce(this.str2hex(key), port, (error, count) => {
        const isStoredHere = this.#init.isAlone && error?.message === 'No nodes to query';
        if (error && !isStoredHere) done(error);
        else done(null, count ?? 0);
      });
    });
  }

  /** Always a new lookup: the stock grape may return the result of one that started earlier. */
  override lookup(key: string, done: Done): void {
    const { node } = this;
    if (node === undefined) {
      done(new Error('ERR_GRAPE_STOPPED'));
      return;
    }
    const keyHex = this.str2hex(key);
    node.lookup(keyHex, (error) => {
      if (error) {
        done(error);
        return;
      }
      setImmediate(() => done(null, this._mem.get(keyHex, TRANSPORT_LIMITS.addressesPerLookupMax)));
    });
  }

  /** Also closes open connections, and the timers that the stop of a stock grape leaves running. */
  override stop(done: (error?: unknown) => void): void {
    const {
      node,
      _interface: { http },
    } = this;
    delete this.node;
    delete this._interface.http;
    this._active = false;
    this._mem.destroy();
    const closeApi = (): void => {
      if (http === undefined) {
        done();
        return;
      }
      http.close(() => done());
      http.closeAllConnections();
    };
    if (node === undefined) closeApi();
    else node.destroy(closeApi);
  }
}

function isSameAddress(one: DHT.Node, other: DHT.Node): boolean {
  return one.host === other.host && one.port === other.port;
}
