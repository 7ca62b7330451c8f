/**
 * Makes the streams of hyperdht misbehave: data arrives late, in another order, and partly twice. The first stream of each node that
 * is used a second time breaks. (Normally streams are reliable: lost packets are sent again.)
 */
import HyperDHT from 'hyperdht';
import { vi } from 'vitest';

const LEAST_DELAY_MS = 2;
const DELAYS_MS = 25;
const REPEAT_EACH = 3;

export interface UnreliableStreams {
  /** How often each fault has happened. */
  readonly counts: { late: number; repeated: number; cut: number };
  readonly restore: () => void;
}

export function makeStreamsUnreliable(): UnreliableStreams {
  const counts = { late: 0, repeated: 0, cut: 0 };
  const hasCut = new WeakSet();
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its node
  const connect = HyperDHT.prototype.connect;
  const spy = vi.spyOn(HyperDHT.prototype, 'connect').mockImplementation(function (this: HyperDHT, ...how) {
    const stream = connect.apply(this, how);
    const write = stream.write.bind(stream);
    let writes = 0;
    stream.write = (bytes: Buffer): boolean => {
      writes += 1;
      if (writes === 2 && !hasCut.has(this)) {
        hasCut.add(this);
        counts.cut += 1;
        stream.destroy();
        return true;
      }
      const isRepeated = writes % REPEAT_EACH === 0;
      counts.late += 1;
      if (isRepeated) counts.repeated += 1;
      setTimeout(
        () => {
          if (stream.destroying) return;
          write(bytes);
          if (isRepeated) write(bytes);
        },
        LEAST_DELAY_MS + ((writes * 7) % DELAYS_MS),
      );
      return true;
    };
    return stream;
  });
  return {
    counts,
    restore: () => {
      spy.mockRestore();
    },
  };
}
