/** Packets as grapes and strangers send them. */
import * as bencode from 'bencode';

interface Form {
  readonly t: Buffer;
  readonly y: string;
  readonly q?: string;
  readonly a?: Record<string, unknown>;
  readonly r?: Record<string, unknown>;
}

export interface NamedPacket {
  readonly name: string;
  readonly packet: Buffer;
}

const t = Buffer.from([0, 1]);
export const id = Buffer.alloc(20, 7);
const key = Buffer.from('common');
const token = Buffer.alloc(20, 9);
const signed = { k: Buffer.alloc(32), sig: Buffer.alloc(64), seq: 1, salt: Buffer.from('s') };

/** One of each kind, with every field that may be there. */
export const FORMS: readonly Form[] = [
  { t, y: 'q', q: 'ping', a: { id } },
  { t, y: 'q', q: 'find_node', a: { id, target: id } },
  { t, y: 'q', q: 'get_peers', a: { id, info_hash: key } },
  { t, y: 'q', q: 'announce_peer', a: { id, info_hash: key, token, port: 5_000, implied_port: 0 } },
  { t, y: 'q', q: 'get', a: { id, target: id } },
  { t, y: 'q', q: 'put', a: { id, token, v: Buffer.from('value'), cas: 1, ...signed } },
  { t, y: 'r', r: { id } },
  { t, y: 'r', r: { id, nodes: Buffer.alloc(52, 1), token } },
  { t, y: 'r', r: { id, values: [Buffer.alloc(6, 1)], token } },
  { t, y: 'r', r: { id, token, v: Buffer.from('value'), ...signed } },
];

export const wellFormedPackets: readonly NamedPacket[] = [
  ...FORMS.map((form) => ({ name: JSON.stringify([form.q ?? form.y, Object.keys(form.a ?? form.r ?? {})]), form })),
  { name: 'an error', form: { t, y: 'e', e: [203, 'no'] } },
].map(({ name, form }) => ({ name, packet: bencode.encode(form) }));

const query = (q: unknown, a: unknown): unknown => ({ t, y: 'q', q, a });
const response = (r: unknown): unknown => ({ t, y: 'r', r });

export const malformedPackets: readonly NamedPacket[] = [
  { name: 'nothing', packet: Buffer.alloc(0) },
  { name: 'text', packet: Buffer.from('hello') },
  { name: 'a cut packet', packet: bencode.encode(query('ping', { id })).subarray(0, 30) },
  {
    name: 'a prototype',
    packet: Buffer.from('d1:ad9:__proto__3:abc2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe'),
  },
  ...[
    { name: 'a number', message: 5 },
    { name: 'a list', message: [1] },
    { name: 'no transaction', message: { y: 'q', q: 'ping', a: { id } } },
    { name: 'a transaction that is a number', message: { t: 1, y: 'q', q: 'ping', a: { id } } },
    { name: 'a transaction that is a list', message: { t: [t], y: 'r', r: { id } } },
    { name: 'a short transaction in a response', message: { t: Buffer.from([1]), y: 'r', r: { id } } },
    { name: 'a type that is a dictionary', message: { t, y: { toString: 1 }, q: 'ping' } },
    { name: 'a type that is unknown', message: { t, y: 'x' } },
    { name: 'a query without a name', message: { t, y: 'q', a: { id } } },
    { name: 'a query whose name is a number', message: query(5, { id }) },
    { name: 'a query whose name is unknown', message: query('vote', { id }) },
    { name: 'a query named as a member of Object', message: query('toString', { id }) },
    { name: 'a query without details', message: { t, y: 'q', q: 'ping' } },
    { name: 'a query whose details are text', message: query('ping', 'x') },
    { name: 'a short node id', message: query('ping', { id: Buffer.alloc(19) }) },
    { name: 'a numeric target', message: query('find_node', { id, target: 5 }) },
    { name: 'a key that is a number', message: query('get_peers', { id, info_hash: 5 }) },
    { name: 'a key that is too long', message: query('get_peers', { id, info_hash: Buffer.alloc(401) }) },
    { name: 'no token', message: query('announce_peer', { id, info_hash: key, port: 1 }) },
    { name: 'a token that is a number', message: query('announce_peer', { id, info_hash: key, port: 1, token: 5 }) },
    { name: 'a port beyond 65535', message: query('announce_peer', { id, info_hash: key, port: 65_536, token }) },
    { name: 'a negative port', message: query('announce_peer', { id, info_hash: key, port: -1, token }) },
    { name: 'a value that is a list', message: query('put', { id, token, v: [1] }) },
    { name: 'a value that is too large', message: query('put', { id, token, v: Buffer.alloc(1_001) }) },
    { name: 'a signature without a key', message: query('put', { id, token, v: 'x', sig: Buffer.alloc(64) }) },
    { name: 'a key without a signature', message: query('put', { id, token, v: 'x', k: Buffer.alloc(32) }) },
    { name: 'a response without details', message: { t, y: 'r' } },
    { name: 'a response without a node id', message: response({}) },
    { name: 'a response whose node id is a list', message: response({ id: [1] }) },
    { name: 'nodes that are a number', message: response({ id, nodes: 5 }) },
    { name: 'nodes that are cut', message: response({ id, nodes: Buffer.alloc(27) }) },
    { name: 'values that are a number', message: response({ id, values: 5 }) },
    { name: 'values with a number', message: response({ id, values: [5] }) },
    { name: 'values with a short peer', message: response({ id, values: [Buffer.alloc(5)] }) },
    { name: 'an error without a list', message: { t, y: 'e', e: 'no' } },
    { name: 'an error with a dictionary', message: { t, y: 'e', e: [{ toString: 'x' }, 'no'] } },
    { name: 'an error with an answer in it', message: { t, y: 'e', e: [203, 'no'], r: { id: 5 } } },
  ].map(({ name, message }) => ({ name, packet: bencode.encode(message) })),
];
