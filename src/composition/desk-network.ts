/** Chooses the network of a desk by its options: grapes, hyperdht, or both. */
import type { KeyObject } from 'node:crypto';
import { DEFAULTS } from '../config/defaults.ts';
import { NetworkPolicy, type NetworkScope } from '../grenache/discovery/network-policy.ts';
import { GrenacheNetwork } from '../grenache/grenache-network.ts';
import { HyperdhtNetwork } from '../hyperdht/hyperdht-network.ts';
import { deskIdOf, rawKey } from '../identity/desk-id.ts';
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
  /** Port to listen on; 0 (default) takes a free one. */
  readonly port?: number | undefined;
  /** IPv4 address to listen on; 127.0.0.1 by default. */
  readonly host?: string | undefined;
  /** Port that others connect to, if it is mapped; the port of the listener by default. */
  readonly announcePort?: number | undefined;
  /** URLs of grapes, tried in turn; those of `grapevine grapes` by default. */
  readonly grapes?: readonly string[] | undefined;
  /**
   * Which addresses the desk connects to. `local` (default): loopback; `lan`: also private addresses; `public`: only globally
   * routable ones; `mixed`: all of these. Addresses come from strangers, so all others are refused.
   *
   * `hyperdht`: the desk uses hyperdht instead of grapes, for desks behind routers. See docs/HYPERDHT.md.
   */
  readonly network?: NetworkScope | 'hyperdht' | undefined;
  /**
   * The desk joins grapes and hyperdht as a bridge: it passes offers from one network to the other, and relays encrypted messages
   * between desks that have no network in common. `network` then says which addresses it connects to on grapes. See docs/HYPERDHT.md.
   */
  readonly bridge?: boolean | undefined;
  /** On hyperdht: the first nodes of the DHT to contact, as `host:port`. No default: public nodes are never used. */
  readonly bootstrap?: readonly string[] | undefined;
  /** Own services, as `host:port`, that no peer may make the desk connect to, such as a control API. */
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

/** The number of networks that a desk with these options joins. */
export function networksOf({ bridge = false }: NetworkOptions): number {
  return bridge ? 2 : 1;
}

/** On hyperdht, desks do not connect by address. */
export function policyOf({ network = DEFAULT_NETWORK, forbidden, log = silentLog }: NetworkOptions): NetworkPolicy {
  return new NetworkPolicy({ scope: network === 'hyperdht' ? DEFAULT_NETWORK : network, log, forbidden });
}

/** @throws GrapevineError ERR_USAGE for options that belong to the other network */
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
