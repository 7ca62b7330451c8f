/** Desks and times as they are shown everywhere. */
import { deskView, now } from '../data/desk.ts';
import { leftText } from '../../text/time-text.ts';
import { say } from './toasts.tsx';

const SHORT = 8;

export function shortName(id: string): string {
  return id === deskView.value?.id ? 'you' : id.slice(0, SHORT);
}

/** A desk's id, short; the whole of it is copied by a click. */
export function DeskName({ id }: { readonly id: string }) {
  const isOwn = id === deskView.value?.id;
  return (
    <button
      type="button"
      class={isOwn ? 'desk-name own' : 'desk-name'}
      title={`${id} (copies it)`}
      onClick={(event) => {
        event.stopPropagation();
        void navigator.clipboard.writeText(id).then(() => say('The id is copied.'));
      }}
    >
      {isOwn ? 'you' : <code>{id.slice(0, SHORT)}</code>}
    </button>
  );
}

const SOON_MS = 60_000;

/** What is left of a validity, as it runs. */
export function TimeLeft({ until }: { readonly until: number | null }) {
  const left = until === null ? Infinity : until - now.value;
  return <span class={left < SOON_MS ? 'time-left soon' : 'time-left'}>{leftText(until, now.value)}</span>;
}
