/** Modal dialogs. The browser's dialog element keeps the focus inside and closes on Escape. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { Button, IconButton } from './controls.tsx';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly isWide?: boolean;
}

export function Dialog({ title, onClose, children, isWide = false }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'dialog wide' : 'dialog'}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="dialog-body">
        <header>
          <h2 id={heading}>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Confirmation {
  readonly title: string;
  readonly text: ComponentChildren;
  readonly action: string;
  readonly kind?: 'primary' | 'danger';
  readonly onConfirm: () => void;
}

const pending = signal<Confirmation | null>(null);

/** Shows a dialog that the user must confirm. For actions that can't be undone. */
export function confirmFirst(confirmation: Confirmation): void {
  pending.value = confirmation;
}

export function ConfirmDialog() {
  const confirmation = pending.value;
  if (confirmation === null) return null;
  const close = (): void => {
    pending.value = null;
  };
  return (
    <Dialog title={confirmation.title} onClose={close}>
      <div class="asked">{confirmation.text}</div>
      <footer>
        <Button kind="quiet" onClick={close}>
          Not now
        </Button>
        <Button
          kind={confirmation.kind ?? 'primary'}
          onClick={() => {
            close();
            confirmation.onConfirm();
          }}
        >
          {confirmation.action}
        </Button>
      </footer>
    </Dialog>
  );
}
