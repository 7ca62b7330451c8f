/**
 * How much others may ask of us: a bucket for each desk, whose key the stream has proven, and one for each host, because keys cost
 * nothing. Requests are paid for before they are read. Memory is bounded by what was used in the last second.
 */
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { LIMITS } from '../protocol/limits.ts';

export type Verdict = 'pass' | 'refuse' | 'disconnect';

const WINDOW_SECONDS = 1;
const BYTES_PER_POINT = 1_024;

export class StreamGate {
  readonly #peers = bucket(LIMITS.pointsPerConnection);
  readonly #hosts = bucket(LIMITS.pointsPerAddress);
  readonly #loopback = bucket(LIMITS.pointsPerLoopbackAddress);

  async pay(peer: string, host: string, bytes: number): Promise<Verdict> {
    const points = 1 + Math.floor(bytes / BYTES_PER_POINT);
    const hosts = host.startsWith('127.') ? this.#loopback : this.#hosts;
    const [byPeer, byHost] = await Promise.all([spend(this.#peers, peer, points), spend(hosts, host, points)]);
    const over = Math.max(byPeer, byHost);
    if (over <= 0) return 'pass';
    return over > LIMITS.pointsOverdrawnMax ? 'disconnect' : 'refuse';
  }
}

function bucket(points: number): RateLimiterMemory {
  return new RateLimiterMemory({ points, duration: WINDOW_SECONDS });
}

/** @returns by how many points it is over what it has; 0: not over */
async function spend(limiter: RateLimiterMemory, key: string, points: number): Promise<number> {
  try {
    await limiter.consume(key, points);
    return 0;
  } catch (error) {
    if (error instanceof RateLimiterRes) return error.consumedPoints - limiter.points;
    throw error;
  }
}
