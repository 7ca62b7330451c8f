/** Recordings may come from strangers: what is drawn has been checked. */
import { describe, expect, it } from 'vitest';
import { readRecording, RECORDING_LIMITS, writeRecording, type Step } from '../../src/demo/recording.ts';
import { confirmed, message, recordingOf, untilApproved } from './recordings.ts';

const GOOD = recordingOf([...untilApproved('offer'), confirmed('arrives')]);

function problemOf(steps: readonly unknown[]): string {
  const read = readRecording(JSON.stringify({ ...GOOD, steps }));
  return read.ok ? 'none' : read.problem;
}

describe('a recording', () => {
  it('is read as it was written', () => {
    expect(readRecording(writeRecording(GOOD))).toEqual({ ok: true, recording: GOOD });
  });

  it('has a step on a line', () => {
    const lines = writeRecording(GOOD).split('\n');
    expect(lines.filter((line) => line.includes('"kind"'))).toHaveLength(GOOD.steps.length);
  });

  it.each([
    ['no JSON', '{', 'it is no JSON'],
    ['another format', JSON.stringify({ ...GOOD, format: 'grapevine-theatre/9' }), /^format: /],
    ['a field that nobody knows', JSON.stringify({ ...GOOD, more: 1 }), /more/],
    ['too much', ' '.repeat(RECORDING_LIMITS.bytesMax + 1), 'it is too long to be a recording'],
    [
      'two desks of one name',
      JSON.stringify({ ...GOOD, desks: [...GOOD.desks, GOOD.desks[0]] }),
      'two desks have one name',
    ],
  ])('is refused when it is %s', (_, text, problem) => {
    expect(readRecording(text)).toEqual({ ok: false, problem: expect.stringMatching(problem) as string });
  });

  it('is refused when its time goes back, or it names a desk that is not there', () => {
    expect(problemOf([message(5, 'Dora', 'Bob', {}), message(4, 'Dora', 'Bob', {})])).toMatch(/^step 1 is earlier/);
    expect(problemOf([message(5, 'Dora', 'Zoe', {})])).toMatch(/Zoe, who is no desk/);
    const notice: Step = { kind: 'notice', at: 0, offer: 1, desk: 'Dora', event: 'deal.awarded', about: 'Zoe' };
    expect(problemOf([notice])).toMatch(/Zoe/);
  });

  it('is refused when a text in it could be anything', () => {
    expect(problemOf([message(5, 'Dora', 'Bob', { says: '<script>' })])).toMatch(/^steps\.0\.says/);
    expect(problemOf([{ kind: 'down', at: 0, desk: '<b>' }])).toMatch(/^steps\.0\.desk/);
  });

  it('is refused when it has more steps than a page can draw', () => {
    const steps = Array.from({ length: RECORDING_LIMITS.stepsMax + 1 }, () => ({ kind: 'joined', at: 0 }));
    expect(problemOf(steps)).toMatch(/^steps: /);
  });
});
