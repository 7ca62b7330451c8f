/**
 * Decides which addresses we connect to. Strangers choose the addresses: any peer can announce any host and port, to make
 * a desk send requests there. So a desk connects only to addresses within the scope that its operator sets. Some
 * addresses are refused in every scope. The operator chooses the URLs of grapes, so they are not checked.
 *
 * | scope | permits |
 * |---|---|
 * | `local` | loopback |
 * | `lan` | loopback, private ranges (RFC 1918), and the shared range that overlay networks use (RFC 6598) |
 * | `public` | globally routable addresses, and none of the above |
 * | `mixed` | `lan` and `public` together: some desks in the local network, others on the internet |
 *
 * Never: this network (0/8), link-local (with metadata services of clouds), other metadata services, documentation and
 * benchmark ranges, multicast, reserved, broadcast. Nor the services passed to `forbid`, such as the control port of the
 * desk, at any address of this machine.
 */
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { ANY_HOST, hostOf, isAddress, portOf } from './address.ts';

export const NETWORK_SCOPES = ['local', 'lan', 'public', 'mixed'] as const;

export type NetworkScope = (typeof NETWORK_SCOPES)[number];

export interface NetworkPolicyInit {
  readonly scope: NetworkScope;
  readonly log: Log;
  /** `host:port` of services that are never connected to; see {@link NetworkPolicy.forbid}. */
  readonly forbidden?: readonly string[] | undefined;
}

/** IPv4 ranges, compared as numbers: `BlockList` creates an object for each of the hundred addresses of a lookup. */
function within(...networks: readonly string[]): (host: string) => boolean {
  const ranges = networks.map((network) => {
    const [host = '', bits] = network.split('/');
    return { first: numberOf(host), size: 2 ** (32 - Number(bits)) };
  });
  return (host) => {
    const number = numberOf(host);
    return ranges.some(({ first, size }) => number >= first && number < first + size);
  };
}

function numberOf(host: string): number {
  let number = 0;
  for (const part of host.split('.')) number = number * 256 + Number(part);
  return number;
}

/** Each refused address is logged as a warning once; this limits the memory for it. */
const REFUSED_REMEMBERED = 256;

const isInLoopback = within('127.0.0.0/8');
const isInPrivateRange = within('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10');
const isInRefusedRange = within(
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Metadata services that are not link-local: Alibaba, Azure. Oracle's is in 192.0.0.0/24.
  '100.100.100.200/32',
  '168.63.129.16/32',
);

export class NetworkPolicy {
  readonly scope: NetworkScope;
  readonly #log: Log;
  /** Forbidden hosts by port: most addresses of a lookup have another port, so one look into this map is enough. */
  readonly #forbidden = new Map<number, Set<string>>();
  readonly #refused = new Set<string>();
  #refusals = 0;

  /** @throws GrapevineError ERR_USAGE for an invalid scope or forbidden address */
  constructor({ scope, log, forbidden = [] }: NetworkPolicyInit) {
    if (!NETWORK_SCOPES.includes(scope)) {
      throw new GrapevineError('ERR_USAGE', `a network is one of ${NETWORK_SCOPES.join(', ')}`);
    }
    this.scope = scope;
    this.#log = log;
    for (const address of forbidden) this.forbid(address);
  }

  /** How often any address was refused. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * Never connects to this address; if its host is this machine, at no address of this machine.
   * @param address `host:port`
   * @throws GrapevineError ERR_USAGE
   */
  forbid(address: string): void {
    const [host, port] = [hostOf(address), portOf(address)];
    // A service may listen on 0.0.0.0, although nothing can connect to that address.
    if (!isAddress(`${host === ANY_HOST ? '127.0.0.1' : host}:${port}`)) {
      throw new GrapevineError(
        'ERR_USAGE',
        `"${address.slice(0, 100)}" is not an address; write it like 127.0.0.1:3000`,
      );
    }
    this.#forbidden.set(port, (this.#forbidden.get(port) ?? new Set()).add(host));
  }

  /** Counts and logs a refusal. @returns why the address is refused, or null if it is permitted */
  refusalOf(address: string): GrapevineError | null {
    const why = this.#refusalReason(address);
    if (why === null) return null;
    this.#countAndLog(address, why);
    return new GrapevineError('ERR_ADDRESS_REFUSED', `${address} ${why}`);
  }

  /**
   * The permitted addresses of a lookup, in the same order: at most `addressesPerLookupMax`, and with a limit for each
   * host, so that one host can't displace the others.
   */
  select(addresses: readonly string[]): readonly string[] {
    const selected: string[] = [];
    const perHost = new Map<string, number>();
    for (const address of addresses) {
      if (selected.length >= TRANSPORT_LIMITS.addressesPerLookupMax) break;
      if (this.refusalOf(address) !== null) continue;
      const host = hostOf(address);
      const count = perHost.get(host) ?? 0;
      if (count >= portsMax(host)) continue;
      perHost.set(host, count + 1);
      selected.push(address);
    }
    return selected;
  }

  #refusalReason(address: string): string | null {
    if (!isAddress(address)) return 'is not an address';
    const host = hostOf(address);
    if (isNeverAHost(host)) return 'is never connected to';
    if (this.#isForbidden(host, portOf(address))) return 'is a service of our own, not a desk';
    if (isPermitted(this.scope, host)) return null;
    return `is outside of what "--network ${this.scope}" permits`;
  }

  #isForbidden(host: string, port: number): boolean {
    const hosts = this.#forbidden.get(port);
    if (hosts === undefined) return false;
    return hosts.has(host) || (isThisMachine(host) && [...hosts].some(isThisMachine));
  }

  #countAndLog(address: string, why: string): void {
    this.#refusals++;
    if (this.#refused.has(address)) return;
    // A stranger with many addresses must not fill the log with warnings.
    const isRemembered = this.#refused.size < REFUSED_REMEMBERED;
    if (isRemembered) this.#refused.add(address);
    const level = isRemembered ? 'warn' : 'debug';
    this.#log.write(level, 'address.refused', { address, code: 'ERR_ADDRESS_REFUSED', reason: `it ${why}` });
  }
}

/** Whether a host is refused in every scope, for desks and for nodes of the DHT. */
export function isNeverAHost(host: string): boolean {
  return !isIPv4(host) || isInRefusedRange(host);
}

export function isLoopback(host: string): boolean {
  return isIPv4(host) && isInLoopback(host);
}

function isPermitted(scope: NetworkScope, host: string): boolean {
  const isNear = isInLoopback(host) || isInPrivateRange(host);
  switch (scope) {
    case 'local':
      return isInLoopback(host);
    case 'lan':
      return isNear;
    case 'public':
      return !isNear;
    case 'mixed':
      return true;
  }
}

/** Not cached: interfaces come and go, and forbidden ports are rare in lookups. */
function isThisMachine(host: string): boolean {
  if (host === ANY_HOST || isLoopback(host)) return true;
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === host));
}

function portsMax(host: string): number {
  return isLoopback(host) ? GRENACHE_LIMITS.addressesOfLoopbackMax : GRENACHE_LIMITS.addressesPerHostMax;
}
