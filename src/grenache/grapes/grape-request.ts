/** Validates requests to the HTTP API of a grape, because the code of the stock grape checks little. */
import { isPort, isServiceKey } from '../discovery/address.ts';

const VALUE_MAX_BYTES = 999;
const SALT_MAX_BYTES = 64;
const HASH = /^(?:[0-9a-f]{2}){1,64}$/i;
const PUBLIC_KEY = /^[0-9a-f]{64}$/i;
const SIGNATURE = /^[0-9a-f]{128}$/i;

export type GrapeRequest =
  | { readonly type: 'lookup'; readonly key: string }
  | { readonly type: 'announce'; readonly key: string; readonly port: number }
  | { readonly type: 'put' | 'get'; readonly options: object };

/** @returns the validated request, or the error code that a stock grape returns */
export function readGrapeRequest(type: string, data: unknown): GrapeRequest | string {
  switch (type) {
    case 'lookup':
      return isServiceKey(data) ? { type, key: data } : 'ERR_GRAPE_LOOKUP';
    case 'announce':
      return readAnnouncement(data);
    case 'put':
      return readPut(data);
    case 'get':
      return readGet(data);
    default:
      return 'ERR_REQ_NOTFOUND';
  }
}

function readAnnouncement(data: unknown): GrapeRequest | string {
  if (!Array.isArray(data)) return 'ERR_GRAPE_ANNOUNCE';
  const [key, port] = data as readonly unknown[];
  if (!isServiceKey(key)) return 'ERR_GRAPE_ANNOUNCE';
  if (!isPort(port)) return 'ERR_GRAPE_SERVICE_PORT';
  return { type: 'announce', key, port };
}

/** Copies only known options: a stock grape also accepts `sign` and `verify` of a stranger and calls them. */
function readPut(data: unknown): GrapeRequest | string {
  if (!isRecord(data)) return 'ERR_GRAPE_GENERIC';
  const { v, k, sig, salt, seq, cas } = data;
  if (typeof v !== 'string' || v === '' || Buffer.byteLength(v) > VALUE_MAX_BYTES) return 'ERR_GRAPE_GENERIC';
  if (k === undefined) return { type: 'put', options: { v } };
  if (!isText(k, PUBLIC_KEY) || !isText(sig, SIGNATURE) || !isCount(seq)) return 'ERR_GRAPE_GENERIC';
  if (cas !== undefined && !isCount(cas)) return 'ERR_GRAPE_GENERIC';
  if (salt !== undefined && !isSalt(salt)) return 'ERR_GRAPE_GENERIC';
  const options = {
    v,
    k: Buffer.from(k, 'hex'),
    sig: Buffer.from(sig, 'hex'),
    seq,
    ...(cas === undefined ? {} : { cas }),
    ...(salt === undefined ? {} : { salt: Buffer.from(salt) }),
  };
  return { type: 'put', options };
}

function readGet(data: unknown): GrapeRequest | string {
  const { hash, salt } = isRecord(data) ? data : { hash: data, salt: undefined };
  if (!isText(hash, HASH)) return 'ERR_GRAPE_HASH_FORMAT';
  if (salt !== undefined && !isSalt(salt)) return 'ERR_GRAPE_GENERIC';
  const options = { hash: Buffer.from(hash, 'hex'), ...(salt === undefined ? {} : { salt: Buffer.from(salt) }) };
  return { type: 'get', options };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value);
}

function isSalt(value: unknown): value is string {
  return typeof value === 'string' && Buffer.byteLength(value) <= SALT_MAX_BYTES;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
