import { describe, expect, it } from 'vitest';
import type { OfferId } from '../../src/protocol/ids.ts';
import type { Notice } from '../../src/protocol/notices.ts';
import { OfferChooser } from '../../src/rules/offer-chooser.ts';
import { ruleFromText } from '../../src/rules/rule-text.ts';
import { ALICE, decimal, NOW, terms } from './values.ts';

function chooser(...rules: readonly string[]): OfferChooser {
  return new OfferChooser(rules.map(ruleFromText), () => NOW);
}

function about(offerId: string): { readonly offerId: OfferId; readonly maker: typeof ALICE } {
  return { offerId: offerId as OfferId, maker: ALICE };
}

describe('a chooser', () => {
  it('counts what it chooses before anything is waited for', () => {
    const ten = chooser('BTC/USD daily-amount<=3');
    const chosen = Array.from({ length: 10 }, (_, index) => ten.choose(terms(String(index)), true).take);
    expect(chosen.filter(Boolean)).toHaveLength(3);
  });

  it('decides the same about a repeated offer, and counts it once', () => {
    const some = chooser('BTC/USD daily-amount<=1');
    for (let time = 0; time < 3; time += 1) expect(some.choose(terms('1'), true).take).toBe(true);
    expect(some.choose(terms('2'), true).take).toBe(false);
  });

  it('counts nothing when it only explains, or does not choose', () => {
    const some = chooser('BTC/USD amount<=1 daily-deals<=1');
    some.explain(terms('1'), true);
    some.choose(terms('2', { amount: decimal('2') }), true);
    expect(some.choose(terms('3'), true).take).toBe(true);
  });

  it('counts what is accepted by hand', () => {
    const some = chooser('BTC/USD daily-deals<=1');
    some.took(terms('1'));
    expect(some.choose(terms('2'), true).take).toBe(false);
    some.onNotice({ ...about('1'), event: 'acceptance.withdrawn' });
    expect(some.choose(terms('2'), true).take).toBe(true);
  });

  it('goes by new rules from the next offer on, and what was taken counts', () => {
    const some = chooser('all');
    some.choose(terms('1'), true);
    some.setRules([ruleFromText('BTC/USD daily-deals<=1')]);
    expect(some.choose(terms('2'), true).take).toBe(false);
  });

  it.each<[Notice, boolean]>([
    [{ ...about('1'), event: 'acceptance.sent', attempt: 1 }, false],
    [{ ...about('1'), event: 'award.confirmed', epoch: 1 }, false],
    [{ ...about('1'), event: 'deal.won', epoch: 1 }, false],
    [{ ...about('1'), event: 'offer.voided' }, false],
    [{ ...about('1'), event: 'deal.lost', reason: 'taken', gaveUp: false }, true],
    [{ ...about('1'), event: 'acceptance.withdrawn' }, true],
    [{ ...about('1'), event: 'offer.gone', outcome: null }, true],
    [{ ...about('1'), event: 'deal.closed_by_hand', as: 'won' }, false],
    [{ ...about('1'), event: 'deal.closed_by_hand', as: 'lost' }, true],
    [{ ...about('other'), event: 'deal.lost', reason: 'taken', gaveUp: false }, false],
  ])('after $event there is room again: %s', (notice, hasRoom) => {
    const some = chooser('BTC/USD daily-deals<=1');
    some.choose(terms('1'), true);
    some.onNotice(notice);
    expect(some.choose(terms('2'), true).take).toBe(hasRoom);
  });

  it('counts an offer that was closed as lost when its maker says that it was won', () => {
    const some = chooser('BTC/USD daily-deals<=1');
    some.choose(terms('1'), true);
    some.onNotice({ ...about('1'), event: 'deal.closed_by_hand', as: 'lost' });
    some.onNotice({ ...about('1'), event: 'deal.truth', outcome: 'awarded', won: true, contradicts: true });
    expect(some.choose(terms('2'), true).take).toBe(false);
  });
});
