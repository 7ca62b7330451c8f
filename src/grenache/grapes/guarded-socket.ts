/**
 * The UDP socket that a grape's DHT gets instead of a plain one. It lets through only packets that the DHT can digest,
 * survives what the DHT throws all the same, and does not throw when the DHT sends to an address that can't be.
 * It has just those methods of a dgram socket that k-rpc-socket uses.
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
  #loopbackOnly = true;
  #closed = false;

  constructor(log: Log) {
    super();
    this.#log = log;
    this.#socket.on('message', (packet, from) => this.#receive(packet, from));
    this.#socket.on('listening', () => this.emit('listening'));
    this.#socket.on('close', () => this.emit('close'));
    this.#socket.on('error', (error) => this.emit('error', error));
  }

  bind(port: number, host: string, listening: () => void): void {
    this.#loopbackOnly = isLoopback(host);
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
    // What is bound to loopback has nothing to say to anybody else, whatever addresses it is told.
    if (this.#closed || (this.#loopbackOnly && !isLoopback(host)) || isNeverANode(host)) return;
    try {
      this.#socket.send(packet, offset, length, port, host, done);
    } catch (error) {
      this.#log.write('debug', 'grape.packet.unsendable', { reason: String(error) });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #receive(packet: Buffer, from: RemoteInfo): void {
    // Without a word: to log each packet of a flood would be a flood of its own.
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
