/** The product's rules with a short queue of acceptances, so that a few takers fill it. */
import { STEPS, type Steps } from '../src/desk/protocol-roles.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';

export function stepsWithQueueOf(queueMax: number): Steps {
  return {
    ...STEPS,
    maker: (state, input, env) => {
      const result = STEPS.maker(state && shortened(state), input, env);
      return { ...result, state: result.state && shortened(result.state) };
    },
  };

  function shortened(state: MakerState): MakerState {
    return state.queueMax === queueMax ? state : { ...state, queueMax };
  }
}
