import { deskView, now } from '../data/desk.ts';
import { leftText } from '../../text/time-text.ts';
import { showToast } from './toasts.tsx';

const SHORT = 8;

export function shortName(id: string): string {
  return id === deskView.value?.id ? 'you' : id.slice(0, SHORT);
}

/** A desk's short id. A click copies the whole id. */
export function DeskName({ id }: { readonly id: string }) {
  const isOwn = id === deskView.value?.id;
  return (
    <button
      type="button"
      class={isOwn ? 'desk-name you' : 'desk-name'}
      title={`${id} (click to copy)`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard.writeText(id).then(() => showToast('The id is copied.'));
      }}
    >
      {isOwn ? 'you' : <code>{id.slice(0, SHORT)}</code>}
    </button>
  );
}

const SOON_MS = 60_000;

/** The time left until `until`, updated every second. */
export function TimeLeft({ until }: { readonly until: number | null }) {
  const left = until === null ? Infinity : until - now.value;
  return <span class={left < SOON_MS ? 'time-left soon' : 'time-left'}>{leftText(until, now.value)}</span>;
}
