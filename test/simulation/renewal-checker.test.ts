/** The renewals of jobs, on histories made by hand. */
import { describe, expect, it } from 'vitest';
import { Ledger } from '../../simulation/ledger.ts';
import { RenewalChecker } from '../../simulation/renewal-checker.ts';
import { TransitionCounter } from '../../simulation/transition-counter.ts';
import { Witnesses } from '../../simulation/witness.ts';
import { offerKey, type OfferId } from '../../src/protocol/ids.ts';
import type { MakerRecord, OfferPlan } from '../../src/protocol/records.ts';
import { awarded, confirmed, MAKER, ONE, reserved, TERMS, TWO } from './history.ts';

const PLAN: OfferPlan = { ifFailed: { attemptsMax: 3, excludes: true } };
const FIRST = 'first' as OfferId;
const SECOND = 'second' as OfferId;

interface Made {
  readonly attempt?: number;
  readonly reference?: string;
  readonly plan?: OfferPlan;
}

function opened(offerId: OfferId, { attempt, reference = 'job', plan = PLAN }: Made = {}): MakerRecord {
  const terms = { ...TERMS, offerId, reference, ...(attempt !== undefined && { attempt }) };
  return { type: 'opened', at: 0, terms, plan };
}

const failed: MakerRecord = { type: 'reported', at: 0, result: 'failed' };
const renewal: Made = { attempt: 2, plan: { ...PLAN, renews: FIRST, excluded: [ONE.id] } };

class Renewals {
  readonly #ledger = new Ledger();
  readonly transitions = new TransitionCounter(this.#ledger);
  readonly checker = new RenewalChecker(this.#ledger);
  readonly tell = new Witnesses([this.transitions, this.#ledger, this.checker]);

  writes(offerId: OfferId, ...records: readonly MakerRecord[]): this {
    const offer = offerKey(MAKER, offerId);
    for (const record of records) {
      this.tell.wrote(MAKER, { offer, records: [{ role: 'maker', record }], finished: false });
      this.tell.rested();
    }
    return this;
  }

  /** The first offer, awarded to ONE, and failed. */
  static failed(): Renewals {
    return new Renewals().writes(FIRST, opened(FIRST), reserved(ONE, 1), awarded(ONE, 1), failed);
  }

  get says(): string | null {
    return this.tell.violation?.message ?? null;
  }

  ends(): string {
    try {
      this.checker.ended({ isUp: () => true });
      return 'well';
    } catch (error) {
      return (error as Error).message;
    }
  }
}

describe('the checker of renewals', () => {
  it('accepts one renewal of a failed deal, for another taker', () => {
    const history = Renewals.failed().writes(SECOND, opened(SECOND, renewal), reserved(TWO, 1));
    history.writes(FIRST, { type: 'renewed', at: 0, as: SECOND });
    history.tell.commanded(MAKER, 'renew', offerKey(MAKER, FIRST), null);
    expect(history.says).toBeNull();
    expect(history.ends()).toBe('well');
    for (const [, count] of history.checker.checks.entries()) expect(count).toBeGreaterThan(0);
  });

  it('finds a second renewal of one offer', () => {
    const history = Renewals.failed().writes(SECOND, opened(SECOND, renewal));
    history.writes('third' as OfferId, opened('third' as OfferId, { ...renewal, attempt: 3 }));
    expect(history.says).toMatch(/^renewals: .*first is renewed as second and as third$/);
  });

  it('finds a renewal of an offer that somebody may still have', () => {
    const awardedOnly = new Renewals().writes(FIRST, opened(FIRST), reserved(ONE, 1), awarded(ONE, 1));
    expect(awardedOnly.writes(SECOND, opened(SECOND, renewal)).says).toMatch(/first is renewed, and is awarded$/);
    const open = new Renewals().writes(FIRST, opened(FIRST));
    expect(open.writes(SECOND, opened(SECOND, renewal)).says).toMatch(/first is renewed, and is open$/);
  });

  it('finds two offers with one reference and attempt', () => {
    const history = new Renewals().writes(FIRST, opened(FIRST)).writes(SECOND, opened(SECOND));
    expect(history.says).toMatch(/^renewals: second and first are both attempt 1 of job$/);
  });

  it.each<[string, Made]>([
    ['another reference', { ...renewal, reference: 'other' }],
    ['another attempt', { ...renewal, attempt: 3 }],
    ['no exclusion of the taker that failed', { attempt: 2, plan: { ...PLAN, renews: FIRST } }],
  ])('finds a renewal with %s', (_what, made) => {
    const history = Renewals.failed().writes(SECOND, opened(SECOND, made));
    expect(history.says).toMatch(/^renewals: second does not continue .*first$/);
  });

  it('finds a reservation for an excluded taker', () => {
    const history = Renewals.failed().writes(SECOND, opened(SECOND, renewal), reserved(ONE, 1));
    expect(history.says).toMatch(/^renewals: second is reserved for 1+, which is excluded$/);
  });

  it('finds a recorded renewal that does not exist', () => {
    const history = Renewals.failed().writes(FIRST, { type: 'renewed', at: 0, as: SECOND });
    expect(history.says).toMatch(/first records the renewal second, which is none of it$/);
  });

  it('finds a renewal that the operator got an answer for, but that is not recorded', () => {
    const history = Renewals.failed();
    history.tell.commanded(MAKER, 'renew', offerKey(MAKER, FIRST), null);
    expect(history.says).toMatch(/^renewals: the renewal of .*first was granted, and is not in the journal$/);
  });

  it('finds an offer that does not record its renewal', () => {
    const history = new Renewals().writes(FIRST, opened(FIRST), { type: 'expired', at: 0 });
    history.writes(SECOND, opened(SECOND, { attempt: 2, plan: { ...PLAN, renews: FIRST } }));
    expect(history.says).toBeNull();
    expect(history.ends()).toMatch(/first is renewed as second, and does not say so$/);
  });

  it('finds a due renewal that was never made', () => {
    expect(Renewals.failed().ends()).toMatch(/^renewals: .*first needs a renewal, and has none$/);
  });
});

describe('the counter of transitions', () => {
  it('counts each recorded transition, also of several records that are written together', () => {
    const { transitions, tell } = Renewals.failed();
    const offer = offerKey(MAKER, FIRST);
    const accepting = { type: 'accepting', at: 0, terms: TERMS, dialect: 'grapevine' } as const;
    const together = [accepting, confirmed(1), { type: 'released', at: 0, epoch: 1 } as const, confirmed(2)];
    tell.wrote(ONE.id, { offer, records: together.map((record) => ({ role: 'taker', record })), finished: false });
    const counted = transitions.checks.entries().filter(([, count]) => count > 0);
    expect(Object.fromEntries(counted)).toEqual({
      'maker open reserved': 1,
      'maker reserved awarded': 1,
      'maker awarded reported': 1,
      'taker accepting confirmed': 2,
      'taker confirmed released': 1,
    });
  });
});
