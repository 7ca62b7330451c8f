/** Addresses that grapes return: `a.b.c.d:port`. */
import { isIPv4 } from 'node:net';
import { GRENACHE_LIMITS } from '../limits.ts';

const ADDRESS = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/;

/** A socket bound to it listens on all interfaces. */
export const ANY_HOST = '0.0.0.0';

export function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
}

export function isAddress(text: unknown): text is string {
  if (typeof text !== 'string') return false;
  const [, host = '', port = ''] = ADDRESS.exec(text) ?? [];
  return isIPv4(host) && isUnicast(host) && !port.startsWith('0') && isPort(Number(port));
}

/** Excludes 0.0.0.0/8, which would reach this machine, and multicast and reserved addresses from 224 on. */
function isUnicast(host: string): boolean {
  const first = Number.parseInt(host, 10);
  return first >= 1 && first < 224;
}

export function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':'));
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}

/** The valid addresses without duplicates. `grapeAnswerMaxBytes` limits their number. */
export function readAddresses(answer: readonly unknown[]): readonly string[] {
  return [...new Set(answer.filter(isAddress))];
}

/** The name of a service: 1 to `keyMaxBytes` bytes. */
export function isServiceKey(key: unknown): key is string {
  return typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= GRENACHE_LIMITS.keyMaxBytes;
}
