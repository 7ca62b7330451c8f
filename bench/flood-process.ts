/**
 * Sends junk to desks, at a steady rate over several connections: bytes that are not HTTP, bodies that are not JSON, unsigned offers, and
 * forged messages. A process of its own, started with `fork`. Its first message names the desks. It exits when the channel closes.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

export interface FloodOrder {
  /** `host:port` */
  readonly addresses: readonly string[];
  readonly broadcastKey: string;
  readonly perSecond: number;
  readonly connectionsPerAddress: number;
}

export interface FloodReport {
  readonly sent: number;
  /** Connections that the desks closed. */
  readonly closed: number;
}

const TICK_MS = 5;
const UPGRADE = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';

let sent = 0;
let closed = 0;

process.once('message', (order: FloodOrder) => {
  flood(order);
});
process.on('disconnect', () => process.exit(0));

function flood({ addresses, broadcastKey, perSecond, connectionsPerAddress }: FloodOrder): void {
  const senders = addresses.flatMap((address) =>
    Array.from({ length: connectionsPerAddress }, () => sendersTo(address, broadcastKey)).flat(),
  );
  let lastMs = performance.now();
  let due = 0;
  setInterval(() => {
    const nowMs = performance.now();
    // After a delay, the missed messages are not sent at once: the rate is steady or lower.
    due += (Math.min(nowMs - lastMs, TICK_MS * 4) / 1_000) * perSecond;
    lastMs = nowMs;
    for (; due >= 1; due--) senders[sent++ % senders.length]?.();
  }, TICK_MS);
  process.on('message', () => process.send?.({ sent, closed } satisfies FloodReport));
}

/**
 * Of 20 messages, 1 is not HTTP, 5 are not JSON, 7 are unsigned and 7 are forged. The first kind needs a new connection each time, because
 * the desk closes it. New connections cost this process and the system more than the desk, so there are few.
 */
function sendersTo(address: string, key: string): readonly (() => void)[] {
  const http = new Line(address, '');
  const channel = new Line(address, UPGRADE);
  const noJson = (): void => {
    http.send(asHttp(randomBytes(100).toString('hex')));
  };
  const unsigned = (): void => {
    channel.send(`${request(key, { cmd: 'offer:new', body: offer(randomBytes(8).toString('hex')) })}\n`);
  };
  const inOthersNames = (): void => {
    channel.send(`${request(key, forged())}\n`);
  };
  const noHttpAtAll = (): void => {
    noHttp(address);
  };
  return [noHttpAtAll, ...times(5, noJson), ...times(7, unsigned), ...times(7, inOthersNames)];
}

function times<Item>(count: number, item: Item): readonly Item[] {
  return Array.from({ length: count }, () => item);
}

/** A message with a random sender and a random signature. */
function forged(): object {
  const source = randomBytes(32).toString('hex');
  if (sent % 8 < 4)
    return { cmd: 'offer:new', body: offer(source), auth: { v: 2, sig: randomBytes(64).toString('base64url') } };
  const body = { offerId: randomBytes(16).toString('hex'), source, outcome: 'cancelled' };
  return { cmd: 'offer:done', body, auth: { v: 2, sig: randomBytes(64).toString('base64url') } };
}

function offer(source: string): object {
  const issuedAt = Date.now();
  const terms = { type: 'sell', amount: 3, unitPrice: 1, pair: 'BTC/USD' };
  return { offerId: randomBytes(16).toString('hex'), source, ...terms, issuedAt, expiresAt: issuedAt + 10_000 };
}

function request(key: string, payload: object): string {
  return JSON.stringify([String(sent), key, payload]);
}

function asHttp(body: string): string {
  return `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function noHttp(address: string): void {
  const socket = open(address);
  socket.end(randomBytes(200));
}

/** A connection that is opened again after it was closed. */
class Line {
  readonly #address: string;
  readonly #greeting: string;
  #socket: Socket | null = null;

  constructor(address: string, greeting: string) {
    this.#address = address;
    this.#greeting = greeting;
  }

  send(text: string): void {
    this.#socket ??= this.#open();
    this.#socket.write(text);
  }

  #open(): Socket {
    const socket = open(this.#address);
    socket.once('close', () => {
      closed++;
      this.#socket = null;
    });
    socket.write(this.#greeting);
    return socket;
  }
}

function open(address: string): Socket {
  const [host = '', port = ''] = address.split(':');
  const socket = connect(Number(port), host);
  socket.on('error', () => undefined);
  socket.resume();
  return socket;
}
