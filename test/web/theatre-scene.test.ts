/** What is visible at one time of a recording. */
import { describe, expect, it } from 'vitest';
import { naiveFlow } from '../../src/demo/naive-flow.ts';
import type { Step } from '../../src/demo/recording.ts';
import { canAnnounce, isBroken, momentsOf, naiveFlightsAt, sceneAt, type Scene } from '../../src/web/theatre/scene.ts';
import { naiveText, oursText } from '../../src/web/theatre/theatre-text.ts';
import { confirmed, message, notice, recordingOf, untilApproved } from '../demo/recordings.ts';

const RECORDING = recordingOf([
  ...untilApproved('lose-reply'),
  notice(110, 'Alice', 'acceptance.sent'),
  notice(220, 'Dora', 'award.reserved', { about: 'Alice' }),
  notice(319, 'Alice', 'award.confirmed'),
  confirmed('lost'),
  notice(330, 'Alice', 'acceptance.queued', { about: 'Alice' }),
  { kind: 'down', at: 500, desk: 'Dora' },
  { kind: 'up', at: 600, desk: 'Dora' },
  { kind: 'cut', at: 610, apart: ['Bob', 'Carol'] },
  { kind: 'joined', at: 620 },
  notice(700, 'Dora', 'deal.awarded', { about: 'Alice' }),
  notice(800, 'Alice', 'deal.won'),
  notice(800, 'Bob', 'deal.lost'),
  { kind: 'ended', at: 810, offer: 1, winners: ['Alice'] },
] satisfies readonly Step[]);

function at(time: number): Scene {
  return sceneAt(RECORDING.steps, naiveFlow(RECORDING), time);
}

describe('a scene', () => {
  it('has the messages on their way, with their progress', () => {
    expect(at(50).flights.map(({ step, progress }) => [step.to, progress])).toEqual([
      ['Alice', 0.5],
      ['Bob', 0.5],
      ['Carol', 0.5],
    ]);
    expect(at(345).flights).toMatchObject([{ step: { from: 'Alice', fate: 'lost' }, progress: 0.25 }]);
  });

  it('has the state of each taker, from its own events', () => {
    expect(at(115).states.get('Alice')).toBe('wants');
    expect(at(225).states.get('Alice')).toBe('held');
    // The answer "queued" arrives after the approval, and does not reset the state.
    expect(at(335).states.get('Alice')).toBe('confirmed');
    expect(at(805).states).toEqual(
      new Map([
        ['Alice', 'won'],
        ['Bob', 'lost'],
      ]),
    );
  });

  it('is broken while a desk is down or separated, and ready for the next offer when the winner knows', () => {
    expect([450, 550, 605, 615, 650].map((time) => isBroken(at(time)))).toEqual([false, true, false, true, false]);
    expect([650, 750, 805].map((time) => canAnnounce(at(time)))).toEqual([false, false, true]);
  });

  it('says which desk has the offer, in Grapevine and in the naive flow', () => {
    expect([100, 750, 805, 820].map((time) => oursText(at(time)))).toEqual([
      'Nobody has it yet.',
      'Awarded to Alice, on the maker’s disk; Alice does not know it yet.',
      'One winner: Alice. The other takers do not all know it yet.',
      'One winner: Alice. All takers know it.',
    ]);
    expect(naiveText(at(820), 'Dora')).toBe('Two winners: Alice and Bob each believe that they have it.');
  });

  it('shows only the current offer', () => {
    const second = untilApproved('offer').map((step) => ({ ...step, at: step.at + 2_000, offer: 2 })) as Step[];
    const recording = recordingOf([...RECORDING.steps, ...second]);
    const now = sceneAt(recording.steps, naiveFlow(recording), 2_050);
    expect([now.offer?.offer, now.winners, now.naive.holders]).toEqual([2, [], []]);
  });

  it('has moments to step through, and steps that start together are one moment', () => {
    const together = [message(0, 'Dora', 'Bob', {}), message(10, 'Dora', 'Alice', {}), message(90, 'Bob', 'Dora', {})];
    expect(momentsOf(together)).toEqual([0, 90]);
  });

  it('has the approvals of the naive flow on their way, and the answer that is lost', () => {
    const flights = naiveFlightsAt(naiveFlow(RECORDING), 'Dora', 100, 345);
    expect(flights).toMatchObject([{ from: 'Alice', to: 'Dora', isLost: true }]);
  });
});
