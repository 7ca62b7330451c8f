/** What the flow of the original would have made of the same schedule. */
import { describe, expect, it } from 'vitest';
import { naiveFlow, naiveOutcome, type NaiveOutcome } from '../../src/demo/naive-flow.ts';
import type { Step } from '../../src/demo/recording.ts';
import { confirmed, message, recordingOf, untilApproved } from './recordings.ts';

function outcomeOf(steps: readonly Step[], at = Infinity): NaiveOutcome {
  return naiveOutcome(naiveFlow(recordingOf(steps)), 1, at);
}

describe('the naive flow', () => {
  it('gives an offer to the first taker while nothing goes wrong', () => {
    const steps = [...untilApproved('offer'), confirmed('arrives')];
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice'], gaveTo: 'Alice' });
  });

  it('gives it to two when an answer is lost', () => {
    const steps = [...untilApproved('lose-reply'), confirmed('lost')];
    const events = naiveFlow(recordingOf(steps)).map(({ event, desk }) => `${event} ${desk}`);
    expect(events).toEqual(['asked Alice', 'took Alice', 'refused Alice', 'asked Bob', 'took Bob', 'gave Bob']);
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Bob'], gaveTo: 'Bob' });
  });

  it('takes the acceptances in the order in which the maker took them, however long they flew', () => {
    const steps = untilApproved('offer').map((step) =>
      step.kind === 'notice' && step.about === 'Carol' ? { ...step, at: 210 } : step,
    );
    expect(naiveFlow(recordingOf(steps))[0]).toMatchObject({ event: 'asked', desk: 'Carol' });
  });

  it('tells how it stood at each time', () => {
    const steps = [...untilApproved('lose-reply'), confirmed('lost')];
    expect(outcomeOf(steps, 300)).toEqual({ holders: [], gaveTo: null });
    expect(outcomeOf(steps, 350)).toEqual({ holders: ['Alice'], gaveTo: null });
  });

  it('gives it to two when an approval is forged', () => {
    const forged = message(220, 'Mallory', 'Carol', { command: 'offer:accept:approved', as: 'Dora' });
    const steps = [...untilApproved('forge'), forged, confirmed('arrives')];
    expect([...outcomeOf(steps).holders].sort()).toEqual(['Alice', 'Carol']);
  });

  it('gives it to two when the maker crashes before it has told anybody, and offers again', () => {
    const steps: readonly Step[] = [
      ...untilApproved('kill-maker'),
      confirmed('arrives'),
      { kind: 'down', at: 425, desk: 'Dora' },
      { kind: 'up', at: 1_000, desk: 'Dora' },
    ];
    expect(outcomeOf(steps, 900)).toEqual({ holders: ['Alice'], gaveTo: 'Alice' });
    const told = [...steps, ...['Bob', 'Carol'].map((to) => message(422, 'Dora', to, { command: 'offer:done' }))];
    expect(outcomeOf(told)).toEqual({ holders: ['Alice'], gaveTo: null });
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Bob'], gaveTo: 'Bob' });
  });

  it('gives it to nobody when the winner crashes: the maker believes that it is sold, the taker knows nothing', () => {
    const steps: readonly Step[] = [
      ...untilApproved('kill-winner'),
      confirmed('arrives'),
      { kind: 'down', at: 325, desk: 'Alice' },
      { kind: 'up', at: 1_000, desk: 'Alice' },
    ];
    expect(outcomeOf(steps)).toEqual({ holders: [], gaveTo: 'Alice' });
  });

  it('gives it to two on both sides of a cut', () => {
    const steps: readonly Step[] = [
      ...untilApproved('cut'),
      { kind: 'cut', at: 320, apart: ['Alice', 'Bob'] },
      confirmed('lost'),
    ];
    // Bob is not reached, which is a refusal as well.
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Carol'], gaveTo: 'Carol' });
  });

  it('is not fooled by copies alone', () => {
    const steps = [...untilApproved('twice'), confirmed('arrives')];
    const copies = steps.map((step) => (step.kind === 'message' ? { ...step, at: step.at + 35, isCopy: true } : step));
    const both = [...steps, ...copies.filter(({ kind }) => kind === 'message')] as readonly Step[];
    expect(outcomeOf(both)).toEqual({ holders: ['Alice'], gaveTo: 'Alice' });
  });

  it('keeps the offers of a recording apart', () => {
    const second = untilApproved('offer').map((step) => ({ ...step, at: step.at + 2_000, offer: 2 })) as Step[];
    const events = naiveFlow(recordingOf([...untilApproved('lose-reply'), confirmed('lost'), ...second]));
    expect(naiveOutcome(events, 1, Infinity).holders).toEqual(['Alice', 'Bob']);
    expect(naiveOutcome(events, 2, Infinity).holders).toEqual(['Alice']);
  });
});
