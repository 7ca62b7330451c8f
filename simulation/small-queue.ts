/** The product's rules with a small ring of acceptances, so that a handful of takers fills it. */
import { STEPS, type Steps } from '../src/desk/machines.ts';
import { RingBuffer } from '../src/protocol/ring-buffer.ts';
import type { Acceptance } from '../src/protocol/acceptance.ts';

export function stepsWithQueueOf(capacity: number): Steps {
  return {
    ...STEPS,
    maker: (state, input, env) => {
      const isFull = state?.queue.capacity !== capacity && state !== null;
      const turn = STEPS.maker(
        isFull ? { ...state, queue: RingBuffer.empty<Acceptance>(capacity) } : state,
        input,
        env,
      );
      if (turn.state === null || turn.state.queue.capacity === capacity) return turn;
      return { ...turn, state: { ...turn.state, queue: RingBuffer.empty<Acceptance>(capacity) } };
    },
  };
}
