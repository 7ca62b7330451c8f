/** Each fault of the proxy, on requests over HTTP and on lines of a channel: what the desk gets, and what the sender sees. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PASS, type Fate, type FaultKind } from '../../chaos/fate.ts';
import { dialLoopback } from '../../chaos/proxied-connection.ts';
import { TcpProxy } from '../../chaos/tcp-proxy.ts';
import { freePort } from '../../testing/free-port.ts';
import { waitFor } from '../../testing/wait-for.ts';

const BODY = '["rid-1","key",{"cmd":"offer:accept"}]';
const REQUEST = `POST / HTTP/1.1\r\nhost: desk\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n["rid-1",null,true]\n';
const UPGRADE = 'GET / HTTP/1.1\r\nhost: desk\r\nconnection: upgrade\r\nupgrade: grapevine/1\r\n\r\n';
const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: grapevine/1\r\n\r\n';
const LINE = '["rid-7","key",{}]\n';
const LINE_ANSWER = '["rid-7",null,1]\n';
const OTHER_LINE = '["rid-8","key",{}]\n';
const OTHER_ANSWER = '["rid-8",null,1]\n';
const DELAY_MS = 100;

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
  let unread = '';
  socket.on('data', (chunk: Buffer) => {
    unread = answerAll(socket, unread + chunk.toString());
  });
});
let deskPort: number;

/** Each request and each line gets its answer, in however few pieces they come. @returns what is not whole yet */
function answerAll(socket: Socket, text: string): string {
  const answers = [
    [UPGRADE, SWITCHING],
    [REQUEST, ANSWER],
    [LINE, LINE_ANSWER],
    [OTHER_LINE, OTHER_ANSWER],
  ] as const;
  const found = answers.find(([request]) => text.startsWith(request));
  if (found === undefined) return text;
  socket.write(found[1]);
  return answerAll(socket, text.slice(found[0].length));
}

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

function send(text: string, ...planned: readonly Fate[]): void {
  fates.push(...planned);
  sender.socket.write(text);
}

interface Seen {
  /** By each connection to the desk. */
  readonly desk?: readonly string[];
  readonly sender?: string;
  readonly isClosed?: boolean;
}

/** Waits until it is so; what is left out may be anything. */
async function seen({ desk: texts, sender: text, isClosed }: Seen): Promise<void> {
  const wanted = { desk: texts, sender: text, isClosed };
  await waitFor(() => {
    const found = { desk: received(), sender: sender.text, isClosed: sender.isClosed };
    for (const [name, value] of Object.entries(wanted)) {
      if (value !== undefined) expect(found[name as keyof typeof found], name).toEqual(value);
    }
  });
}

/** What another sender asks is answered: by then, whatever went to the desk or back before it has arrived. */
async function othersAreAnswered(): Promise<void> {
  const other = new End(dialLoopback(proxy.port));
  other.socket.write(REQUEST);
  await waitFor(() => {
    expect(other.text).toBe(ANSWER);
  });
  other.socket.destroy();
  atDesk.pop();
}

/** The proxy has taken the request. */
async function faultIs(kind: FaultKind): Promise<void> {
  await waitFor(() => {
    expect(faults).toEqual([kind]);
  });
}

async function openChannel(): Promise<void> {
  send(UPGRADE);
  await seen({ sender: SWITCHING });
  sender.text = '';
  for (const end of atDesk) end.text = '';
}

function half(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}

const received = (): readonly string[] => atDesk.map(({ text }) => text);

describe('a request over HTTP', () => {
  it('is forwarded, and so is another one after it on the same connection', async () => {
    send(REQUEST);
    await seen({ sender: ANSWER });
    send(REQUEST);
    await seen({ desk: [REQUEST + REQUEST], sender: ANSWER + ANSWER });
    expect(faults).toEqual([]);
  });

  it('is read completely before a fault is applied, whatever its pieces', async () => {
    send(REQUEST.slice(0, 30));
    await othersAreAnswered();
    expect(atDesk).toEqual([]);
    send(REQUEST.slice(30, -1));
    await othersAreAnswered();
    expect(atDesk).toEqual([]);
    send(REQUEST.slice(-1));
    await seen({ desk: [REQUEST], sender: ANSWER });
  });

  it('can be delayed', async () => {
    const start = performance.now();
    send(REQUEST, { kind: 'delay', ms: DELAY_MS });
    await seen({ sender: ANSWER });
    // Timers may be early by the part of a millisecond.
    expect(performance.now() - start).toBeGreaterThan(DELAY_MS - 2);
  });

  it('can be dropped: the desk gets nothing, the sender waits', async () => {
    send(REQUEST, { kind: 'drop' });
    await faultIs('drop');
    await othersAreAnswered();
    expect(atDesk).toEqual([]);
    expect([sender.text, sender.isClosed]).toEqual(['', false]);
  });

  it('can be cut: the desk gets half of it', async () => {
    send(REQUEST, { kind: 'cut-request' });
    await seen({ desk: [half(REQUEST)], sender: '', isClosed: true });
    await waitFor(() => {
      expect(atDesk[0]?.isClosed).toBe(true);
    });
  });

  it('can lose its answer: the desk has it, the sender waits', async () => {
    send(REQUEST, { kind: 'lose-answer' });
    await seen({ desk: [REQUEST] });
    await othersAreAnswered();
    expect([sender.text, sender.isClosed]).toEqual(['', false]);
  });

  it('can be answered by the end of the connection', async () => {
    send(REQUEST, { kind: 'close-unanswered' });
    await seen({ desk: [REQUEST], sender: '', isClosed: true });
  });

  it('can be answered by half an answer', async () => {
    send(REQUEST, { kind: 'cut-answer' });
    await seen({ desk: [REQUEST], sender: half(ANSWER), isClosed: true });
  });

  it('can arrive twice, on two connections, with one answer', async () => {
    send(REQUEST, { kind: 'duplicate', afterMs: 10 });
    await seen({ desk: [REQUEST, REQUEST], sender: ANSWER });
    await othersAreAnswered();
    expect([sender.text, sender.isClosed]).toEqual([ANSWER, false]);
  });

  it('fails while its desk is dead, and reaches it after its restart on another port', async () => {
    const alive = deskPort;
    deskPort = await freePort();
    send(REQUEST);
    await seen({ isClosed: true });
    deskPort = alive;
    sender = new End(dialLoopback(proxy.port));
    send(REQUEST);
    await seen({ sender: ANSWER });
  });
});

describe('a line of a channel', () => {
  beforeEach(openChannel);

  it('is forwarded', async () => {
    send(LINE);
    await seen({ desk: [LINE], sender: LINE_ANSWER });
  });

  it('can be delayed, and overtaken', async () => {
    send(LINE + OTHER_LINE, { kind: 'delay', ms: DELAY_MS }, PASS);
    await seen({ desk: [OTHER_LINE + LINE], sender: OTHER_ANSWER + LINE_ANSWER });
  });

  it('can be dropped without closing the channel', async () => {
    send(LINE + OTHER_LINE, { kind: 'drop' }, PASS);
    await seen({ desk: [OTHER_LINE], sender: OTHER_ANSWER });
  });

  it('can be cut', async () => {
    send(LINE, { kind: 'cut-request' });
    await seen({ desk: [half(LINE)], sender: '', isClosed: true });
  });

  it('can lose its answer, without those of other lines', async () => {
    send(LINE, { kind: 'lose-answer' });
    await seen({ desk: [LINE] });
    send(OTHER_LINE);
    await seen({ desk: [LINE + OTHER_LINE], sender: OTHER_ANSWER, isClosed: false });
  });

  it('can be answered by the end of the channel', async () => {
    send(LINE, { kind: 'close-unanswered' });
    await seen({ desk: [LINE], sender: '', isClosed: true });
  });

  it('can be answered by half an answer', async () => {
    send(LINE, { kind: 'cut-answer' });
    await seen({ desk: [LINE], sender: half(LINE_ANSWER), isClosed: true });
  });

  it('can arrive twice', async () => {
    send(LINE, { kind: 'duplicate', afterMs: 10 });
    await seen({ desk: [LINE + LINE], sender: LINE_ANSWER + LINE_ANSWER });
  });
});

describe('healing the proxy', () => {
  it('ends all faults, and the waits for dropped answers', async () => {
    send(REQUEST, { kind: 'drop' });
    await faultIs('drop');
    proxy.heal();
    await seen({ isClosed: true });
    sender = new End(dialLoopback(proxy.port));
    send(REQUEST, { kind: 'drop' });
    await seen({ sender: ANSWER });
    expect(faults).toEqual(['drop']);
  });
});
