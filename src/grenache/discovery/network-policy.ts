/**
 * Which addresses we connect to. Addresses come from strangers: any peer can announce any host and port, and so make a desk send
 * requests there. So the operator sets a scope, and a desk connects only to addresses in it; some addresses are refused in every
 * scope. The URLs of grapes are the operator's own choice and not checked.
 *
 * | scope | permits |
 * |---|---|
 * | `local` | loopback |
 * | `lan` | loopback, private ranges (RFC 1918), and the shared range that overlay networks use (RFC 6598) |
 * | `public` | what is globally routable, and nothing of the above |
 * | `mixed` | `lan` and `public` together: some desks next door, others on the internet |
 *
 * Never: this network (0/8), link-local with the metadata services of clouds, the metadata services that live elsewhere,
 * documentation and benchmark ranges, multicast, reserved, broadcast; and what was forbidden by name, as a desk's own
 * control port is, at every address of this machine.
 */
import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Log } from '../../ports/log.ts';
import { GrapevineError } from '../../protocol/errors.ts';
import { GRENACHE_LIMITS } from '../limits.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { hostOf, isAddress, portOf } from './address.ts';

export const NETWORK_SCOPES = ['local', 'lan', 'public', 'mixed'] as const;

export type NetworkScope = (typeof NETWORK_SCOPES)[number];

export interface NetworkPolicyInit {
  readonly scope: NetworkScope;
  readonly log: Log;
  /** `host:port` of services that no peer may make us talk to. More can be added with `forbid`. */
  readonly forbidden?: readonly string[] | undefined;
}

/** Ranges of IPv4. Compared as numbers: each lookup has a hundred addresses, and `BlockList` makes an object for each. */
class Ranges {
  readonly #ranges: readonly { readonly first: number; readonly size: number }[];

  constructor(networks: readonly string[]) {
    this.#ranges = networks.map((network) => {
      const [host = '', bits] = network.split('/');
      return { first: numberOf(host), size: 2 ** (32 - Number(bits)) };
    });
  }

  check(host: string): boolean {
    const number = numberOf(host);
    return this.#ranges.some(({ first, size }) => number >= first && number < first + size);
  }
}

function numberOf(host: string): number {
  let number = 0;
  for (const part of host.split('.')) number = number * 256 + Number(part);
  return number;
}

function ranges(...networks: readonly string[]): Ranges {
  return new Ranges(networks);
}

const ANY_HOST = '0.0.0.0';
/** What was refused is a person's business once, and nobody's memory for ever. */
const REFUSED_REMEMBERED = 256;

const LOOPBACK = ranges('127.0.0.0/8');
const NEARBY = ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10');
const NEVER = ranges(
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
  // Metadata services of clouds that are not link-local: Alibaba, Azure. Oracle's is in 192.0.0.0/24.
  '100.100.100.200/32',
  '168.63.129.16/32',
);

export class NetworkPolicy {
  readonly scope: NetworkScope;
  readonly #log: Log;
  /** Hosts by port: the port is what is rarely met. */
  readonly #forbidden = new Map<number, Set<string>>();
  readonly #refused = new Set<string>();
  #refusals = 0;

  /** @throws GrapevineError ERR_USAGE for a scope or a forbidden address that is none */
  constructor({ scope, log, forbidden = [] }: NetworkPolicyInit) {
    if (!NETWORK_SCOPES.includes(scope)) {
      throw new GrapevineError('ERR_USAGE', `a network is one of ${NETWORK_SCOPES.join(', ')}`);
    }
    this.scope = scope;
    this.#log = log;
    for (const address of forbidden) this.forbid(address);
  }

  /** How often an address was refused, in all. */
  get refusals(): number {
    return this.#refusals;
  }

  /**
   * From here on never connected to: at that host, and if that is one of this machine, at every address of this machine.
   * @param address `host:port`
   * @throws GrapevineError ERR_USAGE
   */
  forbid(address: string): void {
    const [host, port] = [hostOf(address), portOf(address)];
    // 0.0.0.0 is a fine thing to listen on, though not to connect to.
    if (!isAddress(`${host === ANY_HOST ? '127.0.0.1' : host}:${port}`)) {
      throw new GrapevineError('ERR_USAGE', `"${address.slice(0, 100)}" is no address; they look like 127.0.0.1:3000`);
    }
    this.#forbidden.set(port, (this.#forbidden.get(port) ?? new Set()).add(host));
  }

  /** @returns why there will be no connection to that address, counted and logged; null if there may be one */
  refusalOf(address: string): GrapevineError | null {
    const why = this.#whyNot(address);
    if (why === null) return null;
    this.#note(address, why);
    return new GrapevineError('ERR_ADDRESS_REFUSED', `${address} ${why}`);
  }

  /**
   * The addresses of a lookup that are permitted, in its order: at most `addressesPerLookupMax`, with a limit per host, so that
   * one host can't push out the others.
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

  #whyNot(address: string): string | null {
    if (!isAddress(address)) return 'is no address';
    const host = hostOf(address);
    if (isNeverAHost(host)) return 'is never connected to';
    if (this.#isForbidden(host, portOf(address))) return 'is a service of our own, not a desk';
    if (isPermitted(this.scope, host)) return null;
    return `is outside of what "--network ${this.scope}" permits`;
  }

  #isForbidden(host: string, port: number): boolean {
    const hosts = this.#forbidden.get(port);
    if (hosts === undefined) return false;
    return hosts.has(host) || (isOurs(host) && [...hosts].some(isOurs));
  }

  #note(address: string, why: string): void {
    this.#refusals++;
    if (this.#refused.has(address)) return;
    // A stranger with many addresses gets no more lines in our log than this.
    const isRemembered = this.#refused.size < REFUSED_REMEMBERED;
    if (isRemembered) this.#refused.add(address);
    const level = isRemembered ? 'warn' : 'debug';
    this.#log.write(level, 'address.refused', { address, code: 'ERR_ADDRESS_REFUSED', reason: `it ${why}` });
  }
}

/** Not a host that anybody may send to: neither a desk nor a node of the DHT is there. */
export function isNeverAHost(host: string): boolean {
  return !isIPv4(host) || NEVER.check(host);
}

export function isLoopback(host: string): boolean {
  return isIPv4(host) && LOOPBACK.check(host);
}

function isPermitted(scope: NetworkScope, host: string): boolean {
  const isNear = LOOPBACK.check(host) || NEARBY.check(host);
  switch (scope) {
    case 'local':
      return LOOPBACK.check(host);
    case 'lan':
      return isNear;
    case 'public':
      return !isNear;
    case 'mixed':
      return true;
  }
}

/** Whether it is this machine. Checked each time: interfaces come and go, and forbidden ports are rare in lookups. */
function isOurs(host: string): boolean {
  if (host === ANY_HOST || isLoopback(host)) return true;
  return Object.values(networkInterfaces()).some((entries) => entries?.some(({ address }) => address === host));
}

function portsMax(host: string): number {
  return isLoopback(host) ? GRENACHE_LIMITS.addressesOfLoopbackMax : GRENACHE_LIMITS.addressesPerHostMax;
}
