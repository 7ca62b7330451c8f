/**
 * Embedded nodes: a DHT of one's own in this process, to begin with on one machine and for tests. Peers announce at nodes that
 * know their own address from others, so that there are three: the first one learns its own from nobody.
 */
import type HyperDHT from 'hyperdht';
import { HYPERDHT_LIMITS } from './limits.ts';
import { dhtAddressOf } from './dht-address.ts';
import { listenError } from './listen-error.ts';
import { loadHyperdht } from './load-hyperdht.ts';

export interface DhtNodesInit {
  /** IPv4 to bind to (UDP), and at which others reach the nodes. */
  readonly host: string;
  /** Of the first node, where others begin; 0 takes a free one. The other nodes take free ones. */
  readonly port: number;
}

export interface DhtNodes {
  /** `host:port` of the first node. */
  readonly bootstrap: readonly string[];
  /** Closes every socket, leaves no timer. Can be repeated. */
  stop(): Promise<void>;
}

const NODES = 3;

/** @throws GrapevineError ERR_NOT_INSTALLED, ERR_PORT_IN_USE, ERR_LISTEN; nothing is left running then */
export async function startDhtNodes({ host, port }: DhtNodesInit): Promise<DhtNodes> {
  const Node = await loadHyperdht();
  const nodes: HyperDHT[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.splice(0).map((node) => node.destroy({ force: true })));
  };
  const start = async (from: readonly HyperDHT.Address[], at: number): Promise<number> => {
    const node = new Node({
      bootstrap: from,
      host,
      port: at === 0 ? [0, 0] : [at, at + 1],
      anyPort: at === 0,
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
    for (let index = 1; index < NODES; index += 1) await start([dhtAddressOf(bootstrap)], 0);
    return { bootstrap: [bootstrap], stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw listenError(error, host, port);
  }
}
