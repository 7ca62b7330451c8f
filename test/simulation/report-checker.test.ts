/** S5 on histories made by hand: what is reported otherwise, or never heard of. */
import { describe, expect, it } from 'vitest';
import type { DealResult } from '../../src/protocol/messages.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { Ledger } from '../../simulation/ledger.ts';
import { ReportChecker } from '../../simulation/report-checker.ts';
import { Witnesses } from '../../simulation/witness.ts';
import { accepting, awarded, confirmed, MAKER, NAMES, OFFER, ONE, opened, reserved, TERMS, won } from './history.ts';

type Waited = 'durable' | 'lazily';

const reported = (result: DealResult): TakerRecord & MakerRecord => ({ type: 'reported', at: 0, result });
const received = (result: DealResult): TakerRecord & MakerRecord => ({
  type: 'reportReceived',
  at: 0,
  result,
  reportedAt: 0,
});
const payload = (result: DealResult) => ({
  cmd: 'deal:report',
  body: { ...NAMES, destination: ONE.id, by: 'taker', result },
});
const yes = { error: null, result: { acknowledged: true } };

/** A deal of which both sides know. */
class Deal {
  readonly #ledger = new Ledger();
  readonly #reports = new ReportChecker(this.#ledger);
  readonly tell = new Witnesses([this.#ledger, this.#reports]);

  constructor() {
    this.maker(opened).taker(accepting).maker(reserved(ONE, 1)).taker(confirmed(1));
    this.maker(awarded(ONE, 1)).taker(won(1));
  }

  maker(record: MakerRecord, waited: Waited = 'durable'): this {
    this.tell.wrote(MAKER, { offer: OFFER, records: [{ role: 'maker', record }], finished: false }, waited);
    this.tell.rested();
    return this;
  }

  taker(record: TakerRecord, waited: Waited = 'durable'): this {
    this.tell.wrote(ONE.id, { offer: OFFER, records: [{ role: 'taker', record }], finished: false }, waited);
    this.tell.rested();
    return this;
  }

  get says(): string | null {
    return this.tell.violation?.message ?? null;
  }

  ends(): string {
    try {
      this.#reports.ended({ isUp: () => true });
      return 'well';
    } catch (error) {
      return (error as Error).message;
    }
  }
}

describe('the checker of reports', () => {
  it('accepts reports that are recorded and acknowledged in the right order', () => {
    const deal = new Deal().taker(reported('done'));
    deal.tell.sent(ONE.id, MAKER, payload('done'));
    deal.maker(received('done')).tell.replied(MAKER, ONE.id, payload('done'), yes);
    deal.tell.noticed(MAKER, { event: 'deal.done', by: 'taker', offerId: TERMS.offerId, maker: MAKER, verified: true });
    deal.tell.commanded(ONE.id, 'report', OFFER, null);
    expect(deal.says).toBeNull();
    expect(deal.ends()).toBe('well');
  });

  it.each<[string, (deal: Deal) => void]>([
    [
      'sent before it is durable',
      (deal) => {
        deal.taker(reported('done'), 'lazily').tell.sent(ONE.id, MAKER, payload('done'));
      },
    ],
    [
      'sent with another result',
      (deal) => {
        deal.taker(reported('done')).tell.sent(ONE.id, MAKER, payload('failed'));
      },
    ],
    [
      'acknowledged before it is durable',
      (deal) => {
        deal
          .taker(reported('done'))
          .maker(received('done'), 'lazily')
          .tell.replied(MAKER, ONE.id, payload('done'), yes);
      },
    ],
    [
      'that the operator got an answer for, before it is durable',
      (deal) => {
        deal.tell.commanded(ONE.id, 'report', OFFER, null);
      },
    ],
    ['received with another result', (deal) => deal.taker(reported('done')).maker(received('failed'))],
    ['received but never sent', (deal) => deal.maker(received('done'))],
    [
      'shown with another result',
      (deal) => {
        deal.taker(reported('done')).tell.noticed(ONE.id, {
          event: 'deal.failed',
          by: 'taker',
          offerId: TERMS.offerId,
          maker: MAKER,
          verified: true,
        });
      },
    ],
    [
      'that is refused as a contradiction',
      (deal) => {
        deal
          .taker(reported('done'))
          .tell.replied(MAKER, ONE.id, payload('done'), { error: 'ERR_CONTRADICTION: no', result: null });
      },
    ],
  ])('finds a report %s', (_what, happens) => {
    const deal = new Deal();
    happens(deal);
    expect(deal.says).toMatch(/^S5: /);
  });

  it('finds a report that never reaches the other side, although both are up', () => {
    expect(new Deal().taker(reported('done')).ends()).toMatch(/^S5: .* knows nothing$/);
  });
});
