/** The model of the original demo's flow, on schedules made by hand. */
import { describe, expect, it } from 'vitest';
import { naiveFlow, naiveOutcome, type NaiveOutcome } from '../../src/demo/naive-flow.ts';
import type { Step } from '../../src/demo/recording.ts';
import { confirmed, message, recordingOf, untilApproved } from './recordings.ts';

function outcomeOf(steps: readonly Step[], at = Infinity): NaiveOutcome {
  return naiveOutcome(naiveFlow(recordingOf(steps)), 1, at);
}

describe('the naive flow', () => {
  it('gives the offer to the first taker if nothing fails', () => {
    const steps = [...untilApproved('offer'), confirmed('arrives')];
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice'], awardedTo: 'Alice' });
  });

  it('gives the offer to two takers if an answer is lost', () => {
    const steps = [...untilApproved('lose-reply'), confirmed('lost')];
    const events = naiveFlow(recordingOf(steps)).map(({ event, desk }) => `${event} ${desk}`);
    expect(events).toEqual([
      'approved Alice',
      'took Alice',
      'refused Alice',
      'approved Bob',
      'took Bob',
      'awarded Bob',
    ]);
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Bob'], awardedTo: 'Bob' });
  });

  it('processes acceptances in the order of the real maker, whatever their arrival times', () => {
    const steps = untilApproved('offer').map((step) =>
      step.kind === 'notice' && step.about === 'Carol' ? { ...step, at: 210 } : step,
    );
    expect(naiveFlow(recordingOf(steps))[0]).toMatchObject({ event: 'approved', desk: 'Carol' });
  });

  it('gives the outcome as of any time', () => {
    const steps = [...untilApproved('lose-reply'), confirmed('lost')];
    expect(outcomeOf(steps, 300)).toEqual({ holders: [], awardedTo: null });
    expect(outcomeOf(steps, 350)).toEqual({ holders: ['Alice'], awardedTo: null });
  });

  it('gives the offer to two takers if an approval is forged', () => {
    const forged = message(220, 'Mallory', 'Carol', { command: 'offer:accept:approved', as: 'Dora' });
    const steps = [...untilApproved('forge'), forged, confirmed('arrives')];
    expect([...outcomeOf(steps).holders].sort()).toEqual(['Alice', 'Carol']);
  });

  it('gives the offer to two takers if the maker crashes before it informs anybody, and offers again', () => {
    const steps: readonly Step[] = [
      ...untilApproved('kill-maker'),
      confirmed('arrives'),
      { kind: 'down', at: 425, desk: 'Dora' },
      { kind: 'up', at: 1_000, desk: 'Dora' },
    ];
    expect(outcomeOf(steps, 900)).toEqual({ holders: ['Alice'], awardedTo: 'Alice' });
    const told = [...steps, ...['Bob', 'Carol'].map((to) => message(422, 'Dora', to, { command: 'offer:done' }))];
    expect(outcomeOf(told)).toEqual({ holders: ['Alice'], awardedTo: null });
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Bob'], awardedTo: 'Bob' });
  });

  it('gives the offer to no taker if the winner crashes: the maker believes that it is sold, the taker has forgotten', () => {
    const steps: readonly Step[] = [
      ...untilApproved('kill-winner'),
      confirmed('arrives'),
      { kind: 'down', at: 325, desk: 'Alice' },
      { kind: 'up', at: 1_000, desk: 'Alice' },
    ];
    expect(outcomeOf(steps)).toEqual({ holders: [], awardedTo: 'Alice' });
  });

  it('gives the offer to one taker on each side of a split network', () => {
    const steps: readonly Step[] = [
      ...untilApproved('cut'),
      { kind: 'cut', at: 320, apart: ['Alice', 'Bob'] },
      confirmed('lost'),
    ];
    // The maker does not reach Bob, and treats that as a refusal.
    expect(outcomeOf(steps)).toEqual({ holders: ['Alice', 'Carol'], awardedTo: 'Carol' });
  });

  it('has one winner if messages are duplicated', () => {
    const steps = [...untilApproved('twice'), confirmed('arrives')];
    const copies = steps.map((step) => (step.kind === 'message' ? { ...step, at: step.at + 35, isCopy: true } : step));
    const both = [...steps, ...copies.filter(({ kind }) => kind === 'message')] as readonly Step[];
    expect(outcomeOf(both)).toEqual({ holders: ['Alice'], awardedTo: 'Alice' });
  });

  it('handles each offer of a recording separately', () => {
    const second = untilApproved('offer').map((step) => ({ ...step, at: step.at + 2_000, offer: 2 })) as Step[];
    const events = naiveFlow(recordingOf([...untilApproved('lose-reply'), confirmed('lost'), ...second]));
    expect(naiveOutcome(events, 1, Infinity).holders).toEqual(['Alice', 'Bob']);
    expect(naiveOutcome(events, 2, Infinity).holders).toEqual(['Alice']);
  });
});
