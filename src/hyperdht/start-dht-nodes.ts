/**
 * Embedded nodes: an own DHT in this process, for a first start on one machine and for tests. There are three, because
 * peers announce only at nodes that have learned their own address from other nodes, and the first node can't.
 * So all announcements are at the other two: their ports must be reachable as well.
 */
import type HyperDHT from 'hyperdht';
import { listenError } from '../transport/listen-error.ts';
import { HYPERDHT_LIMITS } from './limits.ts';
import { parseDhtAddress } from './dht-address.ts';
import { loadHyperdht } from './load-hyperdht.ts';

export interface DhtNodesInit {
  /** IPv4 to bind to (UDP); others reach the nodes at it. */
  readonly host: string;
  /** The port of the first node, which others use as bootstrap; 0 uses a free one, as the other nodes do. */
  readonly port: number;
}

export interface DhtNodes {
  /** `host:port` of the first node. */
  readonly bootstrap: readonly string[];
  /** Closes sockets and timers. Safe to call twice. */
  stop(): Promise<void>;
}

const NODE_COUNT = 3;

/** @throws GrapevineError ERR_NOT_INSTALLED, ERR_PORT_IN_USE, ERR_LISTEN; then no node is left running */
export async function startDhtNodes({ host, port }: DhtNodesInit): Promise<DhtNodes> {
  const Node = await loadHyperdht();
  const nodes: HyperDHT[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.splice(0).map((node) => node.destroy({ force: true })));
  };
  const start = async (bootstrap: readonly HyperDHT.Address[], nodePort: number): Promise<number> => {
    const node = new Node({
      bootstrap,
      host,
      port: nodePort === 0 ? [0, 0] : [nodePort, nodePort + 1],
      anyPort: nodePort === 0,
      ephemeral: false,
      firewalled: false,
      maxAge: HYPERDHT_LIMITS.dhtAnnouncementMaxAgeMs,
    });
    nodes.push(node);
    await node.fullyBootstrapped();
    return node.address()?.port ?? 0;
  };
  try {
    const first = await start([], port);
    const bootstrap = `${host}:${first}`;
    for (let index = 1; index < NODE_COUNT; index += 1) await start([parseDhtAddress(bootstrap)], 0);
    return { bootstrap: [bootstrap], stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw listenError(error, `UDP port ${port} on ${host}`);
  }
}
