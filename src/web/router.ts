/** The current view and the open offer. They are in the hash of the address, so that reload and "back" work. */
import { computed, signal } from '@preact/signals';

export const VIEWS = ['book', 'work', 'deals', 'network', 'settings'] as const;
export type ViewName = (typeof VIEWS)[number];

export interface Route {
  readonly view: ViewName;
  /** `MAKER/OFFER`. */
  readonly offer: string | null;
}

const hash = signal(location.hash);
addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const route = computed<Route>(() => {
  const [, view = '', maker, offerId] = hash.value.split('/');
  const offer = maker === undefined || offerId === undefined ? null : `${maker}/${offerId}`;
  return { view: isView(view) ? view : 'book', offer };
});

export function titleOf(view: ViewName): string {
  return view.charAt(0).toUpperCase() + view.slice(1);
}

function isView(text: string): text is ViewName {
  return (VIEWS as readonly string[]).includes(text);
}

export function hrefOf({ view, offer }: Route): string {
  return offer === null ? `#/${view}` : `#/${view}/${offer}`;
}

export function navigate(to: Partial<Route>): void {
  location.hash = hrefOf({ ...route.value, ...to });
}
