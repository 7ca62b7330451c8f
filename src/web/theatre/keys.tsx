/** The keys of the theatre, in one table: what is listed by `?` is what works. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { ACTS } from '../../demo/recording.ts';
import { switchTheme } from '../theme.ts';
import { Dialog } from '../ui/dialog.tsx';
import { end, seek, step } from './player.ts';
import { toggle } from './transport.tsx';
import { ACT_NAMES } from './words.ts';

const isHelpOpen = signal(false);

export function openHelp(): void {
  isHelpOpen.value = true;
}

interface Key {
  readonly key: string;
  readonly shown?: string;
  readonly text: string;
  readonly press: () => void;
}

const KEYS: readonly Key[] = [
  { key: ' ', shown: 'Space', text: 'Pause or play', press: toggle },
  {
    key: 'ArrowRight',
    shown: '→',
    text: 'A step forwards',
    press: () => {
      step(1);
    },
  },
  {
    key: 'ArrowLeft',
    shown: '←',
    text: 'A step back',
    press: () => {
      step(-1);
    },
  },
  {
    key: 'Home',
    text: 'To the beginning',
    press: () => {
      seek(0);
    },
  },
  {
    key: 'End',
    text: 'To the end',
    press: () => {
      seek(end.value);
    },
  },
  ...ACTS.map((name, index): Key => {
    const key = (index + 1).toString();
    return {
      key,
      text: ACT_NAMES[name],
      press: () => {
        pressButton(key);
      },
    };
  }),
  {
    key: 'b',
    text: 'Bring them back',
    press: () => {
      pressButton('b');
    },
  },
  { key: 't', text: 'Light or dark', press: switchTheme },
  { key: '?', text: 'These keys', press: openHelp },
];

function pressButton(key: string): void {
  document.querySelector<HTMLButtonElement>(`.acts [aria-keyshortcuts="${key}"]`)?.click();
}

/** What has the focus keeps its own keys: a button its space, a slider its arrows. */
function isBusy({ target, key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.matches('button, a') && key === ' ') return true;
  return target.matches('input') && (key.startsWith('Arrow') || key === 'Home' || key === 'End' || key === ' ');
}

export function Keys() {
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const found = KEYS.find(({ key }) => key === event.key);
      if (found === undefined || isBusy(event)) return;
      event.preventDefault();
      found.press();
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
        {KEYS.map(({ key, shown = key, text }) => (
          <div key={key}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
