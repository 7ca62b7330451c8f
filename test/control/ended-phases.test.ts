import { expect, it } from 'vitest';
import { ENDED } from '../../src/control/contract/ended-phases.ts';
import {
  hasStopped,
  isFinal,
  MAKER_LIFECYCLE,
  TAKER_LIFECYCLE,
  type MakerPhase,
  type TakerPhase,
} from '../../src/protocol/lifecycle.ts';

it('an offer has ended in the final phases of both lifecycles, and when its taker has given up', () => {
  const ofMaker = (Object.keys(MAKER_LIFECYCLE) as MakerPhase[]).filter((phase) => isFinal(MAKER_LIFECYCLE, phase));
  const ofTaker = (Object.keys(TAKER_LIFECYCLE) as TakerPhase[]).filter(
    (phase) => isFinal(TAKER_LIFECYCLE, phase) || hasStopped(phase),
  );
  expect(ENDED).toEqual(new Set<string>([...ofMaker, ...ofTaker]));
});
