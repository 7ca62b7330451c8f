/** The keys of the page, in one table: what is listed by `?` is what works. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { closePanel } from './offer/offer-panel.tsx';
import { openForm } from './offer/offer-form.tsx';
import { go, place, VIEWS } from './router.ts';
import { switchTheme } from './theme.ts';
import { Dialog } from './ui/dialog.tsx';

const isHelpOpen = signal(false);

export function openHelp(): void {
  isHelpOpen.value = true;
}

interface Key {
  readonly key: string;
  readonly text: string;
  /** Absent: it belongs to the table. */
  readonly press?: () => void;
}

const KEYS: readonly Key[] = [
  ...VIEWS.map((view, index) => ({
    key: `${index + 1}`,
    text: view.charAt(0).toUpperCase() + view.slice(1),
    press: () => {
      go({ view, offer: null });
    },
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

/** Letters are text where text is typed, and dialogs have the keyboard for themselves. */
function isBusy(event: KeyboardEvent): boolean {
  const { target } = event;
  const isTyping =
    target instanceof HTMLElement && target.matches('input:not([type=checkbox], [type=radio]), textarea, select');
  return event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector('dialog[open]') !== null;
}

export function Keyboard() {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const found = KEYS.find(({ key }) => key === event.key)?.press;
      if (found === undefined || isBusy(event)) return;
      event.preventDefault();
      found();
    };
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', press);
    };
  }, []);
  if (!isHelpOpen.value) return null;
  return (
    <Dialog
      title="Keys"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      <dl class="keys">
        {KEYS.map(({ key, text }) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
