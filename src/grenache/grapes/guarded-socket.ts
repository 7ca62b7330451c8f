/**
 * The UDP socket of the DHT of a grape. It passes only valid packets to the DHT, catches exceptions of the DHT, and does
 * not throw when the DHT sends to an invalid address. It has only those methods of a dgram socket that k-rpc-socket uses.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv4, type AddressInfo } from 'node:net';
import type { Log } from '../../ports/log.ts';
import { isLoopback, isNeverAHost } from '../discovery/network-policy.ts';
import { isWellFormedPacket } from './dht-packet.ts';
import { PacketBudget } from './packet-budget.ts';

export class GuardedSocket extends EventEmitter {
  readonly #socket: Socket = createSocket('udp4');
  readonly #log: Log;
  readonly #budget = new PacketBudget();
  #isLoopbackOnly = true;
  #isClosed = false;

  constructor(log: Log) {
    super();
    this.#log = log;
    this.#socket.on('message', (packet, from) => this.#receive(packet, from));
    this.#socket.on('listening', () => this.emit('listening'));
    this.#socket.on('close', () => this.emit('close'));
    this.#socket.on('error', (error) => this.emit('error', error));
  }

  bind(port: number, host: string, listening: () => void): void {
    this.#isLoopbackOnly = isLoopback(host);
    this.#socket.bind(port, host, listening);
  }

  address(): AddressInfo {
    return this.#socket.address();
  }

  send(
    packet: Buffer,
    offset: number,
    length: number,
    port: number,
    host: string,
    done: (error: Error | null) => void,
  ) {
    // Strangers choose addresses. A socket on loopback must not send to other hosts.
    if (this.#isClosed || (this.#isLoopbackOnly && !isLoopback(host)) || isNeverANode(host)) return;
    try {
      this.#socket.send(packet, offset, length, port, host, done);
    } catch (error) {
      this.#log.write('debug', 'grape.packet.unsendable', { reason: String(error) });
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    // Not logged: a flood of packets must not become a flood of log entries.
    if (!this.#budget.take(from.address, performance.now())) return;
    if (!isWellFormedPacket(packet)) {
      this.#log.write('debug', 'grape.packet.dropped', { from: `${from.address}:${from.port}`, bytes: packet.length });
      return;
    }
    try {
      this.emit('message', packet, from);
    } catch (error) {
      this.#log.write('error', 'grape.packet.failed', { reason: String(error) });
    }
  }
}

/** Addresses of nodes come from strangers. A host name comes only from the operator. */
function isNeverANode(host: string): boolean {
  return isIPv4(host) && isNeverAHost(host);
}
