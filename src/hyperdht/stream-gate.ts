/**
 * How much others may ask of us: a bucket for each desk, whose key the stream has proven, and one for each host, because keys cost
 * nothing. Requests are paid for before they are read. Memory is bounded by what was used in the last second.
 */
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { PointWindows } from '../transport/point-windows.ts';

export type Verdict = 'pass' | 'refuse' | 'disconnect';

const WINDOW_MS = 1_000;
const BYTES_PER_POINT = 1_024;

export class StreamGate {
  readonly #peers = new PointWindows(WINDOW_MS);
  readonly #hosts = new PointWindows(WINDOW_MS);

  pay(peer: string, host: string, bytes: number): Verdict {
    const points = 1 + Math.floor(bytes / BYTES_PER_POINT);
    const hostMax = host.startsWith('127.')
      ? TRANSPORT_LIMITS.pointsPerLoopbackAddress
      : TRANSPORT_LIMITS.pointsPerAddress;
    const over = Math.max(
      this.#peers.spend(peer, points) - TRANSPORT_LIMITS.pointsPerConnection,
      this.#hosts.spend(host, points) - hostMax,
    );
    if (over <= 0) return 'pass';
    return over > TRANSPORT_LIMITS.pointsOverdrawnMax ? 'disconnect' : 'refuse';
  }
}
