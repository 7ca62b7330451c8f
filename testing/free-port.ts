/**
 * Loopback ports that are free now, for programs that can't report the port that they chose. The ports are below the range from which
 * systems take ports for outgoing connections and for port 0. So another program is unlikely to take one before ours listens on it.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const FIRST = 10_240;
const LAST = 32_000;

/** @returns different ports */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freeNeighbours(1));
  return [...ports];
}

export async function freePort(): Promise<number> {
  return freeNeighbours(1);
}

/** The first of `count` consecutive free ports. */
export async function freeNeighbours(count = 2): Promise<number> {
  for (;;) {
    const first = randomInt(FIRST, LAST);
    if (await areFree(first, count)) return first;
  }
}

async function areFree(first: number, count: number): Promise<boolean> {
  const servers: Server[] = [];
  try {
    for (let port = first; port < first + count; port++) servers.push(await listen(port));
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all(servers.map(close));
  }
}

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
