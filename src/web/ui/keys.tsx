/** Keys in one table: what is listed by `?` is what works. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Dialog } from './dialog.tsx';

export interface Key {
  /** As the browser names it, and as it is shown unless `shown` says otherwise. */
  readonly key: string;
  readonly shown?: string;
  readonly text: string;
  /** Absent: it belongs to what has the focus, and is only listed. */
  readonly press?: () => void;
}

interface KeysProps {
  readonly keys: readonly Key[];
  /** What has the focus keeps this key for itself. */
  readonly isOfFocus: (target: HTMLElement, key: string) => boolean;
}

const isHelpOpen = signal(false);

export function openHelp(): void {
  isHelpOpen.value = true;
}

export function Keys({ keys, isOfFocus }: KeysProps) {
  useEffect(() => {
    const onPress = (event: KeyboardEvent): void => {
      const press = keys.find(({ key }) => key === event.key)?.press;
      if (press === undefined || isBusy(event, isOfFocus)) return;
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

/** Dialogs have the keyboard for themselves. */
function isBusy(event: KeyboardEvent, isOfFocus: KeysProps['isOfFocus']): boolean {
  const { target, key, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]') !== null) return true;
  return target instanceof HTMLElement && isOfFocus(target, key);
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
