/** One maker, two takers, one offer: every single fault. The pairs are run by hand: `npm run simulate -- --exhaustive`. */
import { describe, expect, it } from 'vitest';
import { runExhaustively } from '../../simulation/exhaustive.ts';
import { mutantNamed } from '../../simulation/mutants.ts';

describe('every case with one fault', () => {
  it('keeps all promises', { timeout: 60_000 }, async () => {
    const { runs, points, failed } = await runExhaustively({ faults: 1 });
    expect(failed?.violation.message).toBeUndefined();
    // 10 requests, 10 answers, and 15 writes: a deal and a report of either side. A crash keeps any first part of what is not durable.
    expect(points).toBe(10 + 10 + 15);
    // Requests lost, doubled or doubled late, answers lost, crashes with the desk back soon or late, and the run without any.
    expect(runs).toBe(113);
  });

  it.each(['drop-reservation-at-restart', 'forget-confirmation-at-restart', 'answer-approvals-anew', 'never-ask'])(
    'shows %s',
    { timeout: 60_000 },
    async (name) => {
      const { failed } = await runExhaustively({ faults: 1, tampering: mutantNamed(name)?.tampering });
      expect(failed).not.toBeNull();
    },
  );
});
