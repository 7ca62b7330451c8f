/** Short messages about the result of an action. They disappear automatically, failures after a longer time. */
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

export function showToast(text: string, code: string | null = null): void {
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

/** Without an answer, the action may have happened, which is different from a refusal. */
export function showFailure(error: unknown): void {
  if (!(error instanceof ApiFailure)) throw error;
  const isUnknown = error.code === 'ERR_UNREACHABLE';
  showToast(
    isUnknown
      ? 'The desk did not answer. The action may have happened or not: check before you try again.'
      : error.message,
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
