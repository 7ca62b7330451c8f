/** Handles the keys of a page, and lists the same keys in a dialog. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

export interface Key {
  /** The browser's name of the key. */
  readonly key: string;
  /** The name in the list; default: `key`. */
  readonly shown?: string;
  readonly text: string;
  /** Absent if the focused element handles the key. */
  readonly press?: () => void;
}

interface KeysProps {
  readonly keys: readonly Key[];
  /** Whether the focused element handles this key itself. */
  readonly isHandledByFocus: (target: HTMLElement, key: string) => boolean;
}

const isHelpOpen = signal(false);

export function openHelp(): void {
  isHelpOpen.value = true;
}

export function Keys({ keys, isHandledByFocus }: KeysProps) {
  useEffect(() => {
    const onPress = (event: KeyboardEvent): void => {
      const press = keys.find(({ key }) => key === event.key)?.press;
      if (press === undefined || isIgnored(event, isHandledByFocus)) return;
      event.preventDefault();
      press();
    };
    addEventListener('keydown', onPress);
    return () => {
      removeEventListener('keydown', onPress);
    };
  }, []);
  return isHelpOpen.value ? <KeyList keys={keys} /> : null;
}

/** An open dialog gets all keys, and the browser gets keys with modifiers. */
function isIgnored(event: KeyboardEvent, isHandledByFocus: KeysProps['isHandledByFocus']): boolean {
  const { target, key, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null) return true;
  return target instanceof HTMLElement && isHandledByFocus(target, key);
}

function KeyList({ keys }: Pick<KeysProps, 'keys'>) {
  return (
    <Dialog
      title="Keys"
      onClose={() => {
        isHelpOpen.value = false;
      }}
    >
      <dl class="keys">
        {keys.map(({ key, shown = key, text }) => (
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
