/** One maker, two takers, one offer: every single fault. The pairs are run by hand: `npm run simulate -- --exhaustive`. */
import { describe, expect, it } from 'vitest';
import { runExhaustively } from '../../simulation/exhaustive.ts';
import { mutantNamed } from '../../simulation/mutants.ts';

describe('every case with one fault', () => {
  it('keeps all promises', { timeout: 60_000 }, async () => {
    const { runs, points, failed } = await runExhaustively({ faults: 1 });
    expect(failed?.violation.message).toBeUndefined();
    // 8 requests lost, doubled or doubled late, 8 answers lost, 4 writes with four ways to die, and the run without any.
    expect(points).toBe(20);
    expect(runs).toBe(8 * 3 + 8 + 4 * 4 + 1);
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
