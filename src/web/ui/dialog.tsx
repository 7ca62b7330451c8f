/** Windows above the page: the browser's own dialog, which keeps the focus within and closes by Escape. */
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

export interface Question {
  readonly title: string;
  readonly text: ComponentChildren;
  readonly action: string;
  readonly kind?: 'primary' | 'danger';
  readonly onYes: () => void;
}

const question = signal<Question | null>(null);

/** Asks once before something that cannot be undone. */
export function askFirst(asked: Question): void {
  question.value = asked;
}

export function Asked() {
  const asked = question.value;
  if (asked === null) return null;
  const close = (): void => {
    question.value = null;
  };
  return (
    <Dialog title={asked.title} onClose={close}>
      <div class="asked">{asked.text}</div>
      <footer>
        <Button kind="quiet" onClick={close}>
          Not now
        </Button>
        <Button
          kind={asked.kind ?? 'primary'}
          onClick={() => {
            close();
            asked.onYes();
          }}
        >
          {asked.action}
        </Button>
      </footer>
    </Dialog>
  );
}
