/** Addresses of DHT nodes: `a.b.c.d:port`. */
import { isIPv4 } from 'node:net';
import { GrapevineError } from '../protocol/errors.ts';

export interface DhtAddress {
  readonly host: string;
  readonly port: number;
}

const PORT_MAX = 65_535;

/** @throws GrapevineError ERR_USAGE */
export function parseDhtAddress(text: string): DhtAddress {
  const [, host = '', digits = ''] = /^([\d.]{7,15}):([1-9]\d{0,4})$/.exec(text) ?? [];
  const port = Number(digits);
  if (isIPv4(host) && port >= 1 && port <= PORT_MAX) return { host, port };
  throw new GrapevineError(
    'ERR_USAGE',
    `"${text.slice(0, 100)}" is not the address of a DHT node; write it like 10.0.0.5:49737`,
  );
}

/**
 * There is no default: the default of hyperdht is public nodes of strangers.
 * @throws GrapevineError ERR_USAGE
 */
export function parseBootstrap(texts: readonly string[]): readonly DhtAddress[] {
  if (texts.length > 0) return texts.map(parseDhtAddress);
  throw new GrapevineError('ERR_USAGE', 'the network hyperdht needs the address of at least one DHT node');
}
