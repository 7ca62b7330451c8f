/**
 * Rate limits for incoming requests, by connection and by address. A request is charged before it is read.
 *
 * - Honest desks behind one address (loopback, NAT, a proxy) don't block each other: each connection has reserved points
 *   that it can always spend, so deals in progress continue during a flood.
 * - A malformed request costs a hundred times as much, so a sender of junk exhausts its own connection first.
 * - A peer that continues after refusals is disconnected, and each new connection costs its address points.
 *
 * Memory is limited by the open connections: the counter of a connection is deleted with it, that of an address a second
 * after its last use.
 */
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { FixedWindowCounter, pointsOf, type Verdict } from '../../transport/fixed-window-counter.ts';
import { isLoopback } from '../discovery/network-policy.ts';
import { ConnectionSlots } from './connection-slots.ts';

/** Lowered by tests; the defaults are in `transport/limits.ts`. */
export interface GateLimits {
  readonly connectionsMax: number;
  readonly connectionsFromAddressMax: number;
  readonly pointsPerConnection: number;
  readonly pointsPerAddress: number;
  readonly pointsReserved: number;
  readonly pointsOverdrawnMax: number;
}

const WINDOW_MS = 1_000;
/** All its addresses are of one machine, which must leave room for others. */
const LOOPBACK = 'loopback';

/** Answers to requests that no correct desk sends. The desk gives some of these answers, and the network the others. */
const JUNK: ReadonlySet<string> = new Set<ErrorCode>([
  'ERR_BODY_TOO_LARGE',
  'ERR_BODY_COMPRESSED',
  'ERR_BODY_NOT_JSON',
  'ERR_BODY_TOO_DEEP',
  'ERR_NUMBER_INEXACT',
  'ERR_ENVELOPE',
  'ERR_HTTP_REQUEST',
  'ERR_UNKNOWN_COMMAND',
  'ERR_INVALID_MESSAGE',
  'ERR_UNSIGNED',
  'ERR_SIGNATURE',
]);

/** The rate limits of one server. */
export class RequestGate {
  readonly #tiers: { readonly loopback: Tier; readonly elsewhere: Tier };
  readonly #callers = new WeakMap<Socket, Caller>();
  readonly #all: ConnectionSlots;
  readonly #slotsByMachine = new Map<string, ConnectionSlots>();
  #connections = 0;

  constructor(limits: Partial<GateLimits> = {}) {
    this.#all = new ConnectionSlots(limits.connectionsMax ?? TRANSPORT_LIMITS.connectionsMax);
    this.#tiers = {
      loopback: new Tier({ ...ON_LOOPBACK, ...limits }),
      elsewhere: new Tier({ ...ELSEWHERE, ...limits }),
    };
  }

  /** The number of addresses in memory. */
  get size(): number {
    return this.#slotsByMachine.size;
  }

  /** Registers a new connection. Closes it if its address has too many busy connections or no points left. */
  admit(socket: Socket): void {
    const host = socket.remoteAddress ?? '';
    const tier = isLoopback(host) ? this.#tiers.loopback : this.#tiers.elsewhere;
    const machine = isLoopback(host) ? LOOPBACK : host;
    const slots = this.#slotsOf(machine, tier);
    const hasRoom = slots.take(socket) && this.#all.take(socket);
    socket.once('close', () => {
      if (slots.size === 0) this.#slotsByMachine.delete(machine);
    });
    if (!hasRoom) {
      socket.destroy();
      return;
    }
    const caller = new Caller(socket, String(++this.#connections), tier, [slots, this.#all]);
    this.#callers.set(socket, caller);
    socket.once('close', () => caller.onDisconnect());
    if (!caller.chargeConnection()) socket.destroy();
  }

  /** @returns null for a connection that was not admitted */
  callerOn(socket: Socket): Caller | null {
    return this.#callers.get(socket) ?? null;
  }

  #slotsOf(machine: string, { limits }: Tier): ConnectionSlots {
    const known = this.#slotsByMachine.get(machine);
    if (known !== undefined) return known;
    const slots = new ConnectionSlots(limits.connectionsFromAddressMax);
    this.#slotsByMachine.set(machine, slots);
    return slots;
  }
}

const ELSEWHERE: GateLimits = TRANSPORT_LIMITS;
const ON_LOOPBACK: GateLimits = {
  ...ELSEWHERE,
  connectionsFromAddressMax: TRANSPORT_LIMITS.connectionsFromLoopbackMax,
  pointsPerAddress: TRANSPORT_LIMITS.pointsPerLoopbackAddress,
};

/** A class of addresses with the same limits, and the points that they have spent. */
class Tier {
  readonly limits: GateLimits;
  readonly connections = new FixedWindowCounter(WINDOW_MS);
  readonly addresses = new FixedWindowCounter(WINDOW_MS);

  constructor(limits: GateLimits) {
    this.limits = limits;
  }
}

/** The peer at the other end of one connection. */
export class Caller {
  /** `host:port` */
  readonly from: string;
  readonly #socket: Socket;
  readonly #id: string;
  readonly #tier: Tier;
  readonly #host: string;
  readonly #slots: readonly ConnectionSlots[];
  #inProgress = 0;

  /** @param slots in which the connection has a place */
  constructor(socket: Socket, id: string, tier: Tier, slots: readonly ConnectionSlots[]) {
    this.#socket = socket;
    this.#id = id;
    this.#tier = tier;
    this.#slots = slots;
    this.#host = socket.remoteAddress ?? '';
    this.from = `${this.#host}:${socket.remotePort ?? 0}`;
  }

  /** The requests in progress. */
  get inProgress(): number {
    return this.#inProgress;
  }

  begin(): void {
    this.#inProgress += 1;
    for (const slots of this.#slots) slots.begin(this.#socket);
  }

  end(): void {
    this.#inProgress -= 1;
    for (const slots of this.#slots) slots.end(this.#socket);
  }

  /** @returns false if the address has no points left for this connection */
  chargeConnection(): boolean {
    const { addresses, limits } = this.#tier;
    return addresses.spend(this.#host, TRANSPORT_LIMITS.connectionPoints) <= limits.pointsPerAddress;
  }

  /** Must be called before the request is read. */
  charge(requestBytes: number): Verdict {
    const { connections, addresses, limits } = this.#tier;
    const points = pointsOf(requestBytes);
    const own = connections.spend(this.#id, points);
    if (own > limits.pointsPerConnection + limits.pointsOverdrawnMax) return 'disconnect';
    if (own > limits.pointsPerConnection) return 'refuse';
    if (own <= limits.pointsReserved) return 'pass';
    return addresses.spend(this.#host, points) > limits.pointsPerAddress ? 'refuse' : 'pass';
  }

  /**
   * Charges for a malformed request.
   * @param error the error in our answer: `ERR_CODE: text`
   */
  chargeIfJunk(error: string): void {
    const [code = ''] = error.split(':', 1);
    if (JUNK.has(code)) this.#tier.connections.spend(this.#id, TRANSPORT_LIMITS.junkPoints);
  }

  onDisconnect(): void {
    this.#tier.connections.delete(this.#id);
  }
}
