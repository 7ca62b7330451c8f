/** Where we are: a view and, beside it, perhaps an offer. It is in the address, so that a reload and "back" work. */
import { computed, signal } from '@preact/signals';

export const VIEWS = ['book', 'work', 'deals', 'network', 'settings'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Place {
  readonly view: ViewName;
  /** `MAKER/OFFER`. */
  readonly offer: string | null;
}

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const place = computed<Place>(() => {
  const [, view = '', maker, offerId] = hash.value.split('/');
  const offer = maker === undefined || offerId === undefined ? null : `${maker}/${offerId}`;
  return { view: isView(view) ? view : 'book', offer };
});

function isView(text: string): text is ViewName {
  return (VIEWS as readonly string[]).includes(text);
}

export function addressOf({ view, offer }: Place): string {
  return offer === null ? `#/${view}` : `#/${view}/${offer}`;
}

export function go(to: Partial<Place>): void {
  location.hash = addressOf({ ...place.value, ...to });
}
