/**
 * Rate limits for requests of other desks: by desk, whose key the stream has proven, and by host, because a host can
 * create any number of keys. A request is charged after it is parsed; answers are not charged.
 */
import { FixedWindowCounter, pointsOf, type Verdict } from '../transport/fixed-window-counter.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';

const WINDOW_MS = 1_000;

export class StreamGate {
  readonly #peers = new FixedWindowCounter(WINDOW_MS);
  readonly #hosts = new FixedWindowCounter(WINDOW_MS);

  charge(peer: string, host: string, requestBytes: number): Verdict {
    const points = pointsOf(requestBytes);
    const hostMax = host.startsWith('127.')
      ? TRANSPORT_LIMITS.pointsPerLoopbackAddress
      : TRANSPORT_LIMITS.pointsPerAddress;
    const excess = Math.max(
      this.#peers.spend(peer, points) - TRANSPORT_LIMITS.pointsPerConnection,
      this.#hosts.spend(host, points) - hostMax,
    );
    if (excess <= 0) return 'pass';
    return excess > TRANSPORT_LIMITS.pointsOverdrawnMax ? 'disconnect' : 'refuse';
  }
}
