/** Filters and sorts the offers of the book. */
import { computed, signal } from '@preact/signals';
import type { Offer } from '../../control/contract.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { compareOptional, compareTexts } from '../../protocol/comparison.ts';
import { book, deskView } from '../data/desk.ts';

export type Whose = 'all' | 'mine' | 'others' | 'forMe';
export type SortBy = 'type' | 'amount' | 'pair' | 'unitPrice' | 'total' | 'maker' | 'phase' | 'expiresAt' | 'issuedAt';

export const filters = {
  text: signal(''),
  whose: signal<Whose>('all'),
  type: signal<'' | Offer['type']>(''),
  pair: signal(''),
  withEnded: signal(false),
};

export const order = signal<{ readonly by: SortBy; readonly down: boolean }>({ by: 'issuedAt', down: true });

export const pairs = computed(() => [...new Set(book.offers.value.flatMap(({ pair }) => pair ?? []))].sort());

/** Ended offers are listed on request only, except for doubts. */
const isListed = (offer: Offer): boolean => filters.withEnded.value || offer.inDoubt || !hasEnded(offer);

export const listed = computed<readonly Offer[]>(() => book.offers.value.filter(isListed));

export const shown = computed<readonly Offer[]>(() => {
  const { text, whose, type, pair } = filters;
  const sought = text.value.trim().toLowerCase();
  const self = deskView.value?.id;
  const matches = (offer: Offer): boolean =>
    isWhose(offer, whose.value, self) &&
    (type.value === '' || offer.type === type.value) &&
    (pair.value === '' || offer.pair === pair.value) &&
    (sought === '' || containsText(offer, sought));
  const { by, down } = order.value;
  const compare = ORDERS[by];
  const sign = down ? -1 : 1;
  return listed.value
    .filter(matches)
    .sort((left, right) => sign * compare(left, right) || compareTexts(left.offerId, right.offerId));
});

export const isFiltered = computed(
  () =>
    filters.text.value !== '' ||
    filters.whose.value !== 'all' ||
    filters.type.value !== '' ||
    filters.pair.value !== '',
);

export function clearFilters(): void {
  filters.text.value = '';
  filters.whose.value = 'all';
  filters.type.value = '';
  filters.pair.value = '';
}

/** Sorting by the same column again reverses the order. */
export function sortBy(by: SortBy): void {
  const { by: before, down } = order.value;
  order.value = { by, down: by === before ? !down : by === 'issuedAt' };
}

function isWhose({ role, to }: Offer, whose: Whose, self: string | undefined): boolean {
  if (whose === 'all') return true;
  if (whose === 'forMe') return role === 'taker' && self !== undefined && to?.includes(self) === true;
  return (whose === 'mine') === (role === 'maker');
}

function containsText({ offerId, maker, pair }: Offer, sought: string): boolean {
  return offerId.startsWith(sought) || maker.startsWith(sought) || pair?.toLowerCase().includes(sought) === true;
}

type Order = (left: Offer, right: Offer) => number;

const ORDERS: Readonly<Record<SortBy, Order>> = {
  type: (left, right) => compareTexts(left.type, right.type),
  amount: (left, right) => compareOptional(left.amount, right.amount),
  pair: (left, right) => compareTexts(left.pair ?? '~', right.pair ?? '~'),
  unitPrice: (left, right) => compareOptional(left.unitPrice, right.unitPrice),
  total: (left, right) => compareOptional(left.total, right.total),
  maker: (left, right) => compareTexts(left.maker, right.maker),
  phase: (left, right) => compareTexts(left.phase, right.phase),
  expiresAt: (left, right) => (left.expiresAt ?? Number.MAX_VALUE) - (right.expiresAt ?? Number.MAX_VALUE),
  issuedAt: (left, right) => (left.issuedAt ?? 0) - (right.issuedAt ?? 0),
};
