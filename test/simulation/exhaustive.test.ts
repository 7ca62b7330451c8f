/** One maker, two takers, one offer: every single fault. The pairs are run by hand: `npm run simulate -- --exhaustive`. */
import { describe, expect, it } from 'vitest';
import { runExhaustively } from '../../simulation/exhaustive.ts';
import { mutantNamed } from '../../simulation/mutants.ts';

describe('every case with one fault', () => {
  it('keeps all promises', { timeout: 60_000 }, async () => {
    const { runs, points, failed } = await runExhaustively({ faults: 1 });
    expect(failed?.violation.message).toBeUndefined();
    // 8 requests, 8 answers, and 9 writes: at each 1 or 2 entries are not durable, of which a crash keeps none, one or both.
    expect(points).toBe(8 + 8 + 9);
    // Requests lost, doubled or doubled late, answers lost, crashes with the desk back soon or late, and the run without any.
    expect(runs).toBe(8 * 3 + 8 + 2 * (6 * 2 + 3 * 3) + 1);
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
