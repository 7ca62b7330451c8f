/** Ports of loopback that are free at the moment: for programs that can't be asked which one they took. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** @returns different ports; all are held until all are found */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** The first of two ports that follow each other. */
export async function freeNeighbours(): Promise<number> {
  for (;;) {
    const first = await listen();
    const { port } = first.address() as AddressInfo;
    const second = await listen(port + 1).catch(() => null);
    await close(first);
    if (second !== null) await close(second);
    if (second !== null) return port;
  }
}

async function listen(port = 0): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
