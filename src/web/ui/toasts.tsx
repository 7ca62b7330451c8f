/** Short words about what has just been done or refused; they go by themselves, failures a little later. */
import { signal } from '@preact/signals';
import { ApiFailure } from '../data/api.ts';

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly code: string | null;
}

const SHOWN_MS = 5_000;
const FAILURE_SHOWN_MS = 12_000;
const SHOWN_MAX = 4;

const toasts = signal<readonly Toast[]>([]);
let lastId = 0;

export function say(text: string, code: string | null = null): void {
  lastId += 1;
  const id = lastId;
  toasts.value = [...toasts.value, { id, text, code }].slice(-SHOWN_MAX);
  setTimeout(
    () => {
      dismiss(id);
    },
    code === null ? SHOWN_MS : FAILURE_SHOWN_MS,
  );
}

/** In doubt is not the same as refused: nobody answered, so that it may have been done. */
export function sayFailure(error: unknown): void {
  if (!(error instanceof ApiFailure)) throw error;
  const isUnknown = error.code === 'ERR_UNREACHABLE';
  say(
    isUnknown ? 'The desk did not answer. It may have been done or not: look before you try again.' : error.message,
    error.code,
  );
}

function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, code }) => (
        <button key={id} type="button" class={code === null ? 'toast' : 'toast bad'} onClick={() => dismiss(id)}>
          {text}
          {code !== null && <code>{code}</code>}
        </button>
      ))}
    </div>
  );
}
