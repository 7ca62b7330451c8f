/** HTTP of a faulty peer: raw bytes over sockets, and servers with scripted answers. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { LIMITS } from '../src/composition/limits.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** Sends these bytes. Reads until the answer is complete or the connection ends. */
export function sendRaw(port: number, text: string | Buffer, host = '127.0.0.1'): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, host, () => socket.write(text));
    const finish = (): void => {
      socket.destroy();
      resolve(parseRaw(received));
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isComplete(received)) finish();
    });
    socket.on('end', finish);
    socket.on('close', finish);
    socket.on('error', (error) => {
      if (received === '') reject(error);
      else finish();
    });
  });
}

export function post(port: number, body: string, headers: Readonly<Record<string, string>> = {}): Promise<RawAnswer> {
  const head = Object.entries({ host: 'x', 'content-length': String(Buffer.byteLength(body)), ...headers });
  const lines = head.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return sendRaw(port, `POST / HTTP/1.1\r\n${lines}\r\n${body}`);
}

function parseRaw(received: string): RawAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1] ?? 0), body: rest.join('\r\n\r\n') };
}

function isComplete(received: string): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const length = /content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1];
  return length !== undefined && received.length >= headEnd + 4 + Number(length);
}

export interface RawServer {
  readonly port: number;
  readonly address: string;
  /** The number of accepted connections. */
  readonly connections: number;
  /** The data of all connections. */
  readonly received: string;
  stop(): Promise<void>;
}

/** @param respond called for each piece of data; `connection` is the number of the connection, from 1 */
export async function startRawServer(
  respond: (socket: Socket, piece: string, connection: number) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let received = '';
  const server: Server = createServer((socket) => {
    const connection = ++connections;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString();
      respond(socket, chunk.toString(), connection);
    });
  });
  const port = await listenOnFreePort(server);
  return {
    port,
    address: `127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    get received() {
      return received;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export function listenOnFreePort(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: LIMITS.listenBacklog }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

export function ridOf(piece: string): string {
  return /\["([^"]+)"/.exec(piece)?.[1] ?? '';
}

export function httpAnswer(body: string, status = '200 OK', headers = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** Waits until the condition is true. For conditions without an event. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not true after ${timeoutMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
