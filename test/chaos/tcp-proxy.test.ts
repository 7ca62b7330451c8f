/** Each fault of the proxy, on requests over HTTP and on lines of a channel: what the desk gets, and what the sender sees. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PASS, type Fate, type FaultKind } from '../../chaos/fate.ts';
import { dialLoopback } from '../../chaos/proxied-connection.ts';
import { TcpProxy } from '../../chaos/tcp-proxy.ts';
import { freePort } from '../../testing/free-port.ts';

const BODY = '["rid-1","key",{"cmd":"offer:accept"}]';
const REQUEST = `POST / HTTP/1.1\r\nhost: desk\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n["rid-1",null,true]\n';
const UPGRADE = 'GET / HTTP/1.1\r\nhost: desk\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: grapevine/1\r\n\r\n';
const LINE = '["rid-7","key",{}]\n';
const LINE_ANSWER = '["rid-7",null,1]\n';
/** Long enough that what is coming has come. */
const PATIENCE_MS = 150;

/** What one end has received, and whether it is still open. */
class End {
  text = '';
  isClosed = false;
  readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }
}

let fates: Fate[];
let faults: FaultKind[];
let atDesk: End[];
let proxy: TcpProxy;
let sender: End;
const desk = createServer((socket) => {
  const end = new End(socket);
  atDesk.push(end);
  socket.on('data', () => {
    if (end.text === UPGRADE) socket.write(SWITCHING);
    else if (end.text.endsWith(BODY)) socket.write(ANSWER);
    else if (end.text.endsWith('\n')) socket.write(LINE_ANSWER);
  });
});
let deskPort: number;

beforeEach(async () => {
  [fates, faults, atDesk] = [[], [], []];
  desk.listen(0, '127.0.0.1');
  await once(desk, 'listening');
  deskPort = (desk.address() as { port: number }).port;
  proxy = await TcpProxy.listen({
    deskPort: () => deskPort,
    nextFate: () => fates.shift() ?? PASS,
    onFault: (kind) => faults.push(kind),
  });
  sender = new End(dialLoopback(proxy.port));
});

afterEach(async () => {
  sender.socket.destroy();
  await proxy.close();
  desk.close();
  for (const { socket } of atDesk) socket.destroy();
});

async function send(text: string, fate: Fate = PASS): Promise<void> {
  fates.push(fate);
  sender.socket.write(text);
  await settle();
}

async function openChannel(): Promise<void> {
  await send(UPGRADE);
  expect(sender.text).toBe(SWITCHING);
  sender.text = '';
  for (const end of atDesk) end.text = '';
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
}

function half(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

const received = (): readonly string[] => atDesk.map(({ text }) => text);

describe('a request over HTTP', () => {
  it('passes, and another one after it on the same connection', async () => {
    await send(REQUEST);
    await send(REQUEST);
    expect(received()).toEqual([REQUEST + REQUEST]);
    expect(sender.text).toBe(ANSWER + ANSWER);
    expect(faults).toEqual([]);
  });

  it('is whole before anything is done to it, in however many pieces it comes', async () => {
    await send(REQUEST.slice(0, 30));
    expect(atDesk).toEqual([]);
    await send(REQUEST.slice(30, -1));
    expect(atDesk).toEqual([]);
    await send(REQUEST.slice(-1));
    expect(received()).toEqual([REQUEST]);
  });

  it('is delayed', async () => {
    await send(REQUEST, { kind: 'delay', ms: 2 * PATIENCE_MS });
    expect(atDesk).toEqual([]);
    await settle();
    await settle();
    expect(sender.text).toBe(ANSWER);
  });

  it('is dropped: the desk gets nothing, the sender waits', async () => {
    await send(REQUEST, { kind: 'drop' });
    expect(atDesk).toEqual([]);
    expect([sender.text, sender.isClosed]).toEqual(['', false]);
  });

  it('is cut: the desk gets half of it', async () => {
    await send(REQUEST, { kind: 'cut-request' });
    expect(received()).toEqual([half(REQUEST)]);
    expect([sender.text, sender.isClosed, atDesk[0]?.isClosed]).toEqual(['', true, true]);
  });

  it('loses its answer: the desk has it, the sender waits', async () => {
    await send(REQUEST, { kind: 'lose-answer' });
    expect(received()).toEqual([REQUEST]);
    expect([sender.text, sender.isClosed]).toEqual(['', false]);
  });

  it('is answered by the end of the connection', async () => {
    await send(REQUEST, { kind: 'close-unanswered' });
    expect(received()).toEqual([REQUEST]);
    expect([sender.text, sender.isClosed]).toEqual(['', true]);
  });

  it('is answered by half', async () => {
    await send(REQUEST, { kind: 'cut-answer' });
    expect(received()).toEqual([REQUEST]);
    expect([sender.text, sender.isClosed]).toEqual([half(ANSWER), true]);
  });

  it('arrives twice, on two connections, and is answered once', async () => {
    await send(REQUEST, { kind: 'duplicate', afterMs: 10 });
    expect(received()).toEqual([REQUEST, REQUEST]);
    expect([sender.text, sender.isClosed]).toEqual([ANSWER, false]);
  });

  it('to a dead desk breaks, and reaches it when it is back on another port', async () => {
    const alive = deskPort;
    deskPort = await freePort();
    await send(REQUEST);
    expect(sender.isClosed).toBe(true);
    deskPort = alive;
    sender = new End(dialLoopback(proxy.port));
    await send(REQUEST);
    expect(sender.text).toBe(ANSWER);
  });
});

describe('a line of a channel', () => {
  beforeEach(openChannel);

  it('passes', async () => {
    await send(LINE);
    expect([received(), sender.text]).toEqual([[LINE], LINE_ANSWER]);
  });

  it('is delayed, and overtaken', async () => {
    await send(LINE, { kind: 'delay', ms: 2 * PATIENCE_MS });
    await send('["rid-8","key",{}]\n');
    await settle();
    await settle();
    expect(received()).toEqual([`["rid-8","key",{}]\n${LINE}`]);
  });

  it('is dropped, and the channel stands', async () => {
    await send(LINE, { kind: 'drop' });
    await send(LINE);
    expect([received(), sender.text]).toEqual([[LINE], LINE_ANSWER]);
  });

  it('is cut', async () => {
    await send(LINE, { kind: 'cut-request' });
    expect([received(), sender.text, sender.isClosed]).toEqual([[half(LINE)], '', true]);
  });

  it('loses its answer, and only its own', async () => {
    await send(LINE, { kind: 'lose-answer' });
    expect([received(), sender.text, sender.isClosed]).toEqual([[LINE], '', false]);
    await send(LINE);
    expect(sender.text).toBe(LINE_ANSWER);
  });

  it('is answered by the end of the channel', async () => {
    await send(LINE, { kind: 'close-unanswered' });
    expect([received(), sender.text, sender.isClosed]).toEqual([[LINE], '', true]);
  });

  it('is answered by half', async () => {
    await send(LINE, { kind: 'cut-answer' });
    expect([received(), sender.text, sender.isClosed]).toEqual([[LINE], half(LINE_ANSWER), true]);
  });

  it('arrives twice', async () => {
    await send(LINE, { kind: 'duplicate', afterMs: 10 });
    expect([received(), sender.text]).toEqual([[LINE + LINE], LINE_ANSWER + LINE_ANSWER]);
  });
});

describe('healing', () => {
  it('ends all faults, and the waiting for what was swallowed', async () => {
    await send(REQUEST, { kind: 'drop' });
    proxy.heal();
    await settle();
    expect(sender.isClosed).toBe(true);
    sender = new End(dialLoopback(proxy.port));
    await send(REQUEST, { kind: 'drop' });
    expect(sender.text).toBe(ANSWER);
    expect(faults).toEqual(['drop']);
  });
});
