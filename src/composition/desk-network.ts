/** Which network a desk speaks over, by its options: grapes, hyperdht, or both. */
import type { KeyObject } from 'node:crypto';
import { DEFAULTS } from '../config/defaults.ts';
import { NetworkPolicy, type NetworkScope } from '../grenache/discovery/network-policy.ts';
import { GrenacheNetwork } from '../grenache/grenache-network.ts';
import { HyperdhtNetwork } from '../hyperdht/hyperdht-network.ts';
import { deskIdOf, rawKey } from '../identity/key-file.ts';
import { silentLog, type Log } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { JoinedNetwork } from '../transport/joined-network.ts';
import { destinationOf } from '../wire/sealed-codec.ts';

export const DEFAULT_BROADCAST_KEY = DEFAULTS.broadcastKey;
export const DEFAULT_HOST = DEFAULTS.host;
export const DEFAULT_NETWORK: NetworkScope = 'local';
export const DEFAULT_GRAPES: readonly string[] = DEFAULTS.grapes;

export interface NetworkOptions {
  /** Port to listen on; 0 takes a free one, and that is the default. */
  readonly port?: number | undefined;
  /** IPv4 address to listen on; 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** Port that others shall use, where it is mapped; the listening one by default. */
  readonly announcePort?: number | undefined;
  /** URLs of grapes: the next one is used when one is down. Those of `grapevine grapes` by default. */
  readonly grapes?: readonly string[] | undefined;
  /**
   * Where it connects to: `local` (the default) loopback; `lan` private addresses as well; `public` what is globally
   * routable and nothing else; `mixed` all of these. Addresses come from strangers, so anything else is refused.
   *
   * `hyperdht`: not over grapes at all, but over hyperdht, for desks behind routers. See docs/HYPERDHT.md.
   */
  readonly network?: NetworkScope | 'hyperdht' | undefined;
  /**
   * On grapes and on hyperdht at once, as a bridge: offers pass from one network to the other, and so does what desks that share no
   * network say to each other, sealed. `network` says where it connects to on grapes. See docs/HYPERDHT.md.
   */
  readonly bridge?: boolean | undefined;
  /** On hyperdht: `host:port` of nodes of the DHT to begin with. There is no default, and public nodes are never used. */
  readonly bootstrap?: readonly string[] | undefined;
  /** `host:port` of services of one's own that no peer may make it connect to, like a control API. */
  readonly forbidden?: readonly string[] | undefined;
  /** Name of the service that all desks share; `common` by default. */
  readonly broadcastKey?: string | undefined;
  readonly log?: Log | undefined;
}

export function networkOf(key: KeyObject, policy: NetworkPolicy, options: NetworkOptions): Network {
  const common = {
    broadcastKey: options.broadcastKey ?? DEFAULT_BROADCAST_KEY,
    host: options.host ?? DEFAULT_HOST,
    port: options.port ?? 0,
    log: options.log ?? silentLog,
  };
  const { bridge: isRelay = false, bootstrap = [], grapes = DEFAULT_GRAPES, announcePort } = options;
  const onHyperdht = (): Network => new HyperdhtNetwork({ ...common, ...rawKey(key), bootstrap, isRelay });
  if (options.network === 'hyperdht') return onHyperdht();
  const onGrapes = new GrenacheNetwork({ ...common, deskId: deskIdOf(key), grapes, announcePort, policy, isRelay });
  return isRelay ? new JoinedNetwork({ networks: [onGrapes, onHyperdht()], destinationOf }) : onGrapes;
}

/** In how many networks a desk with these options stands. */
export function networksOf({ bridge = false }: NetworkOptions): number {
  return bridge ? 2 : 1;
}

/** On hyperdht nobody is connected to by address. */
export function policyOf({ network = DEFAULT_NETWORK, forbidden, log = silentLog }: NetworkOptions): NetworkPolicy {
  return new NetworkPolicy({ scope: network === 'hyperdht' ? DEFAULT_NETWORK : network, log, forbidden });
}

/** @throws GrapevineError ERR_USAGE for options of one network with the other */
export function assertNetworks({ network, bridge = false, bootstrap = [], announcePort }: NetworkOptions): void {
  if (bridge) {
    assertBridge(network, bootstrap);
    return;
  }
  if (network !== 'hyperdht') {
    if (bootstrap.length === 0) return;
    throw new GrapevineError(
      'ERR_USAGE',
      'bootstrap nodes are for the network hyperdht: "--network hyperdht" or "--bridge"',
    );
  }
  if (bootstrap.length === 0) {
    throw new GrapevineError('ERR_USAGE', 'the network hyperdht needs a node to begin with: "--bootstrap HOST:PORT"');
  }
  if (announcePort !== undefined) {
    throw new GrapevineError('ERR_USAGE', 'on hyperdht no port is announced: it finds its way through routers itself');
  }
}

function assertBridge(network: NetworkOptions['network'], bootstrap: readonly string[]): void {
  if (network === 'hyperdht') {
    throw new GrapevineError(
      'ERR_USAGE',
      'a bridge is on hyperdht anyway: "--network" says where it connects to on grapes',
    );
  }
  if (bootstrap.length === 0) {
    throw new GrapevineError('ERR_USAGE', 'a bridge needs a node of hyperdht to begin with: "--bootstrap HOST:PORT"');
  }
}
