/** The recordings that the page includes: complete, small, and as the documents describe them. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { naiveFlow, naiveOutcome } from '../../src/demo/naive-flow.ts';
import { readRecording, SHIPPED_RECORDINGS } from '../../src/demo/recording.ts';

const MAX_BYTES = 100_000;

describe('the included recordings', () => {
  it.each(SHIPPED_RECORDINGS)('%s has one winner, and two in the naive flow', (name) => {
    const text = readFileSync(new URL(`../../src/web/public/recordings/${name}.json`, import.meta.url), 'utf8');
    expect(text.length).toBeLessThan(MAX_BYTES);
    const read = readRecording(text);
    if (!read.ok) throw new Error(read.problem);
    const { recording } = read;
    expect(recording.steps.filter(({ kind }) => kind === 'ended')).toMatchObject([{ winners: [expect.any(String)] }]);
    expect(naiveOutcome(naiveFlow(recording), 1, Infinity).holders).toHaveLength(2);
  });
});
