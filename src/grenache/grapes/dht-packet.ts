/**
 * Validates packets before the DHT reads them. The code of the DHT does not check the types of decoded fields: a field of
 * a wrong type throws in a handler, which ends the process, or leaves a lookup without an answer for ever. So this module
 * checks every field that bittorrent-dht, k-rpc and k-rpc-socket use.
 */
import { GRENACHE_LIMITS } from '../limits.ts';
import { decodeStrictly, type Bencoded, type BencodedDictionary } from './strict-bencode.ts';

type Check = (value: Bencoded) => boolean;
/** A name that ends in `?` is optional. */
type Shape = Readonly<Record<string, Check>>;

const NODE_ID_BYTES = 20;
const NODE_BYTES = NODE_ID_BYTES + 6;
const PEER_BYTES = 6;
const VALUE_MAX_BYTES = 1_000;
const TRANSACTION_MAX_BYTES = 32;
const TOKEN_MAX_BYTES = 128;
const SALT_MAX_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

const bytes =
  (min: number, max = min): Check =>
  (value) =>
    Buffer.isBuffer(value) && value.length >= min && value.length <= max;
const integer =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === 'number' && value >= min && value <= max;

const nodeId = bytes(NODE_ID_BYTES);
/** Not 20 bytes as in other DHTs: a grape uses the name of the service itself. */
const serviceKey = bytes(1, GRENACHE_LIMITS.keyMaxBytes);
const token = bytes(1, TOKEN_MAX_BYTES);
const sequence = integer(0, Number.MAX_SAFE_INTEGER);
const nodes: Check = (value) => Buffer.isBuffer(value) && value.length % NODE_BYTES === 0;
const peer = bytes(PEER_BYTES);
const peers: Check = (value) => Array.isArray(value) && (value as readonly Bencoded[]).every(peer);

const SIGNED_VALUE: Shape = {
  'k?': bytes(PUBLIC_KEY_BYTES),
  'sig?': bytes(SIGNATURE_BYTES),
  'salt?': bytes(0, SALT_MAX_BYTES),
  'seq?': sequence,
};

const QUERIES: Readonly<Record<string, Shape>> = {
  ping: { id: nodeId },
  find_node: { id: nodeId, target: serviceKey },
  get_peers: { id: nodeId, info_hash: serviceKey },
  announce_peer: {
    id: nodeId,
    info_hash: serviceKey,
    token,
    'port?': integer(0, 65_535),
    'implied_port?': integer(0, 1),
  },
  get: { id: nodeId, target: serviceKey },
  put: { id: nodeId, token, v: bytes(1, VALUE_MAX_BYTES), 'cas?': sequence, ...SIGNED_VALUE },
};

const RESPONSE: Shape = {
  id: nodeId,
  'nodes?': nodes,
  'values?': peers,
  'token?': token,
  'v?': bytes(1, VALUE_MAX_BYTES),
  ...SIGNED_VALUE,
};

/** Never throws. */
export function isWellFormedPacket(packet: Buffer): boolean {
  if (packet.length > GRENACHE_LIMITS.grapePacketMaxBytes) return false;
  const message = decodeStrictly(packet);
  if (!isDictionary(message) || !matches(message, { t: bytes(1, TRANSACTION_MAX_BYTES), y: bytes(1) })) return false;
  switch (textOf(message.get('y'))) {
    case 'q':
      return packet.length <= GRENACHE_LIMITS.grapeQueryMaxBytes && isQuery(message);
    case 'r':
      return isResponse(message);
    case 'e':
      // The DHT would read an error with `r` as a response.
      return !message.has('r') && hasOurTransactionId(message) && isErrorList(message.get('e'));
    default:
      return false;
  }
}

function isQuery(message: BencodedDictionary): boolean {
  const shape = Object.entries(QUERIES).find(([name]) => name === textOf(message.get('q')))?.[1];
  const fields = message.get('a');
  if (shape === undefined || !isDictionary(fields) || !matches(fields, shape)) return false;
  return fields.has('k') === fields.has('sig');
}

function isResponse(message: BencodedDictionary): boolean {
  const fields = message.get('r');
  return hasOurTransactionId(message) && isDictionary(fields) && matches(fields, RESPONSE);
}

/** Ours have two bytes. */
function hasOurTransactionId(message: BencodedDictionary): boolean {
  const transaction = message.get('t');
  return Buffer.isBuffer(transaction) && transaction.length === 2;
}

function isErrorList(value: Bencoded | undefined): boolean {
  if (!Array.isArray(value)) return false;
  const [code, text, ...rest] = value as readonly Bencoded[];
  return typeof code === 'number' && (text === undefined || Buffer.isBuffer(text)) && rest.length === 0;
}

function matches(dictionary: BencodedDictionary, shape: Shape): boolean {
  return Object.entries(shape).every(([name, check]) => {
    const isOptional = name.endsWith('?');
    const value = dictionary.get(isOptional ? name.slice(0, -1) : name);
    return value === undefined ? isOptional : check(value);
  });
}

function isDictionary(value: Bencoded | null | undefined): value is BencodedDictionary {
  return value instanceof Map;
}

function textOf(value: Bencoded | undefined): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : '';
}
