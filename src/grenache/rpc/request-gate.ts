/**
 * Rate limits for requests of others. Every connection has its own bucket, and all connections of an address share a second
 * one. A request is charged before it is read. This has three consequences:
 *
 * - Honest desks behind one address (loopback, NAT, a proxy) don't starve each other: what a connection has reserved it may
 *   spend whatever its neighbours do, so that deals in progress go on behind a flood.
 * - A malformed request costs a hundred times as much, so that junk exhausts its own connection first.
 * - A peer that continues after refusals is disconnected, and a new connection costs its address points as well.
 *
 * Memory is bounded by what is open: a bucket of a connection goes with it, one of an address a second after its last use.
 */
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../protocol/errors.ts';
import { TRANSPORT_LIMITS } from '../../transport/limits.ts';
import { PointWindows } from '../../transport/point-windows.ts';
import { isLoopback } from '../discovery/network-policy.ts';
import { ConnectionSlots } from './connection-slots.ts';

export type Verdict = 'pass' | 'refuse' | 'disconnect';

/** What tests make smaller; each has its default in LIMITS. */
export interface GateLimits {
  readonly connectionsMax: number;
  readonly connectionsFromAddressMax: number;
  readonly pointsPerConnection: number;
  readonly pointsPerAddress: number;
  readonly pointsReserved: number;
  readonly pointsOverdrawnMax: number;
}

const WINDOW_MS = 1_000;
const BYTES_PER_POINT = 1_024;

/** Codes of answers to what makes no sense. One that is only known elsewhere in the house does no harm here. */
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

/** Of one server. */
export class RequestGate {
  readonly #tiers: { readonly loopback: Tier; readonly elsewhere: Tier };
  readonly #callers = new WeakMap<Socket, Caller>();
  readonly #all: ConnectionSlots;
  readonly #slotsByHost = new Map<string, ConnectionSlots>();
  #connections = 0;

  constructor(limits: Partial<GateLimits> = {}) {
    this.#all = new ConnectionSlots(limits.connectionsMax ?? TRANSPORT_LIMITS.connectionsMax);
    this.#tiers = {
      loopback: new Tier({ ...ON_LOOPBACK, ...limits }),
      elsewhere: new Tier({ ...ELSEWHERE, ...limits }),
    };
  }

  /** How many addresses are kept in mind. */
  get size(): number {
    return this.#slotsByHost.size;
  }

  /** A new connection; it is closed at once where its address has too many busy ones, or has used up what it may ask. */
  enter(socket: Socket): void {
    const host = socket.remoteAddress ?? '';
    const tier = isLoopback(host) ? this.#tiers.loopback : this.#tiers.elsewhere;
    const slots = this.#slotsOf(host, tier);
    const hasRoom = slots.take(socket) && this.#all.take(socket);
    socket.once('close', () => {
      if (slots.size === 0) this.#slotsByHost.delete(host);
    });
    if (!hasRoom) {
      socket.destroy();
      return;
    }
    const all = this.#all;
    const caller = new Caller(tier, host, `${host}:${socket.remotePort ?? 0}`, String(++this.#connections), {
      began: () => {
        slots.begin(socket);
        all.begin(socket);
      },
      ended: () => {
        slots.end(socket);
        all.end(socket);
      },
    });
    this.#callers.set(socket, caller);
    socket.once('close', () => {
      caller.leave();
    });
    if (!caller.mayEnter()) socket.destroy();
  }

  /** @returns null for a connection that did not come in here, or was turned away */
  callerOn(socket: Socket): Caller | null {
    return this.#callers.get(socket) ?? null;
  }

  #slotsOf(host: string, { limits }: Tier): ConnectionSlots {
    const known = this.#slotsByHost.get(host);
    if (known !== undefined) return known;
    const slots = new ConnectionSlots(limits.connectionsFromAddressMax);
    this.#slotsByHost.set(host, slots);
    return slots;
  }
}

const ELSEWHERE: GateLimits = {
  connectionsMax: TRANSPORT_LIMITS.connectionsMax,
  connectionsFromAddressMax: TRANSPORT_LIMITS.connectionsFromAddressMax,
  pointsPerConnection: TRANSPORT_LIMITS.pointsPerConnection,
  pointsPerAddress: TRANSPORT_LIMITS.pointsPerAddress,
  pointsReserved: TRANSPORT_LIMITS.pointsReserved,
  pointsOverdrawnMax: TRANSPORT_LIMITS.pointsOverdrawnMax,
};
const ON_LOOPBACK: GateLimits = {
  ...ELSEWHERE,
  connectionsFromAddressMax: TRANSPORT_LIMITS.connectionsFromLoopbackMax,
  pointsPerAddress: TRANSPORT_LIMITS.pointsPerLoopbackAddress,
};

/** What those have who are treated alike, and what they have spent of it. */
class Tier {
  readonly limits: GateLimits;
  readonly connections = new PointWindows(WINDOW_MS);
  readonly addresses = new PointWindows(WINDOW_MS);

  constructor(limits: GateLimits) {
    this.limits = limits;
  }
}

/** Who is at the other end of one connection. */
export class Caller {
  /** `host:port` */
  readonly from: string;
  readonly #tier: Tier;
  readonly #host: string;
  readonly #id: string;
  readonly #watch: { began(): void; ended(): void };
  #inProgress = 0;

  constructor(tier: Tier, host: string, from: string, id: string, watch: { began(): void; ended(): void }) {
    this.#tier = tier;
    this.#host = host;
    this.from = from;
    this.#id = id;
    this.#watch = watch;
  }

  /** Requests that are being worked on. */
  get inProgress(): number {
    return this.#inProgress;
  }

  begin(): void {
    this.#inProgress += 1;
    this.#watch.began();
  }

  end(): void {
    this.#inProgress -= 1;
    this.#watch.ended();
  }

  mayEnter(): boolean {
    const { addresses, limits } = this.#tier;
    return addresses.spend(this.#host, TRANSPORT_LIMITS.connectionPoints) <= limits.pointsPerAddress;
  }

  /** Pays for a request of that many bytes, before anybody looks into it. */
  pay(bytes: number): Verdict {
    const { connections, addresses, limits } = this.#tier;
    const points = 1 + Math.floor(bytes / BYTES_PER_POINT);
    const own = connections.spend(this.#id, points);
    if (own > limits.pointsPerConnection + limits.pointsOverdrawnMax) return 'disconnect';
    if (own > limits.pointsPerConnection) return 'refuse';
    if (own <= limits.pointsReserved) return 'pass';
    return addresses.spend(this.#host, points) > limits.pointsPerAddress ? 'refuse' : 'pass';
  }

  /** @param error that it was answered: `ERR_CODE: text` */
  wasAnswered(error: string): void {
    const [code = ''] = error.split(':', 1);
    if (JUNK.has(code)) this.#tier.connections.spend(this.#id, TRANSPORT_LIMITS.junkPoints);
  }

  leave(): void {
    this.#tier.connections.forget(this.#id);
  }
}
