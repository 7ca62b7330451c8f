/** The keys of the page. */
import { closePanel } from './offer/offer-panel.tsx';
import { openForm } from './offer/offer-form.tsx';
import { go, place, VIEWS } from './router.ts';
import { switchTheme } from './theme.ts';
import { Keys, openHelp, type Key } from './ui/keys.tsx';

const KEYS: readonly Key[] = [
  ...VIEWS.map((view, index) => ({
    key: `${index + 1}`,
    text: view.charAt(0).toUpperCase() + view.slice(1),
    press: () => go({ view, offer: null }),
  })),
  { key: 'n', text: 'New offer', press: openForm },
  { key: 'a', text: 'Accept the offer that is open', press: pressAccept },
  { key: '/', text: 'Find in the book', press: focusFind },
  { key: 'j / ↓', text: 'Next row' },
  { key: 'k / ↑', text: 'Row before' },
  { key: 'Enter', text: 'Open the row' },
  { key: 'Escape', text: 'Close what is open', press: escape },
  { key: 't', text: 'Light or dark', press: switchTheme },
  { key: '?', text: 'These keys', press: openHelp },
];

function pressAccept(): void {
  document.querySelector<HTMLButtonElement>('.panel [aria-keyshortcuts="a"]')?.click();
}

/** At once where it can be: the next key may be typed before the next frame. */
function focusFind(): void {
  const focus = (): void => document.getElementById('find')?.focus();
  if (place.value.view === 'book') {
    focus();
    return;
  }
  go({ view: 'book' });
  // The view is drawn first.
  requestAnimationFrame(focus);
}

function escape(): void {
  if (place.value.offer !== null) closePanel();
}

/** Letters are text where text is typed. */
function isTyped(target: HTMLElement): boolean {
  return target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
}

export function Keyboard() {
  return <Keys keys={KEYS} isHandledByFocus={isTyped} />;
}
