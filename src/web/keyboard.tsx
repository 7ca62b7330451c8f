/** The keys of the page. */
import { closePanel } from './offer/offer-panel.tsx';
import { openForm } from './offer/offer-form.tsx';
import { navigate, route, titleOf, VIEWS } from './router.ts';
import { switchTheme } from './theme.ts';
import { Keys, openHelp, type Key } from './ui/keys.tsx';

const KEYS: readonly Key[] = [
  ...VIEWS.map((view, index) => ({
    key: `${index + 1}`,
    text: titleOf(view),
    press: () => navigate({ view, offer: null }),
  })),
  { key: 'n', text: 'New offer', press: openForm },
  { key: 'a', text: 'Accept the open offer', press: pressAccept },
  { key: '/', text: 'Find in the book', press: focusFind },
  { key: 'j / ↓', text: 'Next row' },
  { key: 'k / ↑', text: 'Previous row' },
  { key: 'Enter', text: 'Open the row' },
  { key: 'Escape', text: 'Close the panel or dialog', press: escape },
  { key: 't', text: 'Switch theme', press: switchTheme },
  { key: '?', text: 'Show this list', press: openHelp },
];

function pressAccept(): void {
  document.querySelector<HTMLButtonElement>('.panel [aria-keyshortcuts="a"]')?.click();
}

/** Without delay if the book is shown already, as the next key may arrive before the next frame. */
function focusFind(): void {
  const focus = (): void => document.getElementById('find')?.focus();
  if (route.value.view === 'book') {
    focus();
    return;
  }
  navigate({ view: 'book' });
  // The field exists only after the view is rendered.
  requestAnimationFrame(focus);
}

function escape(): void {
  if (route.value.offer !== null) closePanel();
}

/** A focused text field handles all keys itself. */
function isTyped(target: HTMLElement): boolean {
  return target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}

export function Keyboard() {
  return <Keys keys={KEYS} isHandledByFocus={isTyped} />;
}
