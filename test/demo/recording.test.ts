/** Recordings may come from strangers, so every field is checked. */
import { describe, expect, it } from 'vitest';
import { readRecording, RECORDING_LIMITS, writeRecording, type Step } from '../../src/demo/recording.ts';
import { confirmed, message, recordingOf, untilApproved } from './recordings.ts';

const GOOD = recordingOf([...untilApproved('offer'), confirmed('arrives')]);

function problemOf(steps: readonly unknown[]): string {
  const read = readRecording(JSON.stringify({ ...GOOD, steps }));
  return read.ok ? 'none' : read.problem;
}

describe('a recording', () => {
  it('is the same after writing and reading', () => {
    expect(readRecording(writeRecording(GOOD))).toEqual({ ok: true, recording: GOOD });
  });

  it('has one step per line', () => {
    const lines = writeRecording(GOOD).split('\n');
    expect(lines.filter((line) => line.includes('"kind"'))).toHaveLength(GOOD.steps.length);
  });

  it.each([
    ['not JSON', '{', 'it is not JSON'],
    ['of another format', JSON.stringify({ ...GOOD, format: 'grapevine-theatre/9' }), /^format: /],
    ['one with an unknown field', JSON.stringify({ ...GOOD, more: 1 }), /more/],
    ['too large', ' '.repeat(RECORDING_LIMITS.bytesMax + 1), 'it is too large to be a recording'],
    [
      'one with two desks of the same name',
      JSON.stringify({ ...GOOD, desks: [...GOOD.desks, GOOD.desks[0]] }),
      'two desks have the same name',
    ],
  ])('is refused if it is %s', (_, text, problem) => {
    expect(readRecording(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) as string });
  });

  it('is refused if times decrease, or a step names an unknown desk', () => {
    expect(problemOf([message(5, 'Dora', 'Bob', {}), message(4, 'Dora', 'Bob', {})])).toMatch(/^step 1 is earlier/);
    expect(problemOf([message(5, 'Dora', 'Zoe', {})])).toMatch(/Zoe, which is not a desk/);
    const notice: Step = { kind: 'notice', at: 0, offer: 1, desk: 'Dora', event: 'deal.awarded', about: 'Zoe' };
    expect(problemOf([notice])).toMatch(/Zoe/);
  });

  it('is refused if a name or an answer has other characters than letters', () => {
    expect(problemOf([message(5, 'Dora', 'Bob', { says: '<script>' })])).toMatch(/^steps\.0\.says/);
    expect(problemOf([{ kind: 'down', at: 0, desk: '<b>' }])).toMatch(/^steps\.0\.desk/);
  });

  it('is refused if it has too many steps', () => {
    const steps = Array.from({ length: RECORDING_LIMITS.stepsMax + 1 }, () => ({ kind: 'joined', at: 0 }));
    expect(problemOf(steps)).toMatch(/^steps: /);
  });
});
