/** Every counterexample of the model, played on real desks: with the rule taken away the same promise breaks, and with it none does. */
import { describe, expect, it } from 'vitest';
import { readCounterexample } from '../../proof/counterexample.ts';
import { REPLAYS } from '../../proof/replay/replays.ts';
import { runReplay } from '../../proof/replay/run-replay.ts';
import { SEARCHES } from '../../proof/searches.ts';

it('every counterexample has a replay', () => {
  const without = SEARCHES.filter(({ expected }) => expected !== 'kept').map(({ name }) => name);
  expect([...new Set(REPLAYS.map(({ search }) => search))].sort()).toEqual(without.sort());
});

describe.each(REPLAYS.map((replay) => [`${replay.search} ${replay.variant ?? ''}`.trim(), replay] as const))(
  '%s',
  (_name, { search, withoutRule, withRule, schedule }) => {
    it('breaks the promise that the model breaks, without the rule', async () => {
      const broken = await runReplay(schedule, withoutRule);
      expect(broken?.promise, broken?.message).toBe(readCounterexample(search).breaks);
    });

    it('keeps all promises with the rule', async () => {
      expect(await runReplay(schedule, withRule)).toBeNull();
    });
  },
);
