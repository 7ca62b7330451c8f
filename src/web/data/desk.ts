/** The one desk that this page shows: its book, its events, and how the connection is. */
import { computed, effect, signal } from '@preact/signals';
import type { ControlEvent, DeskView } from '../../control/contract.ts';
import { eventLine } from '../../text/event-text.ts';
import { api } from './api.ts';
import { Book } from './book.ts';
import { EventStream, type StreamState } from './event-stream.ts';
import { leaveKey, resumeSession } from './session.ts';

const NEWS_MAX = 200;
const SECOND_MS = 1_000;

export const book = new Book();
export const connection = signal<StreamState>('connecting');
export const deskView = signal<DeskView | null>(null);
/** The latest events as sentences, the newest first. */
export const news = signal<readonly { readonly key: string; readonly text: string }[]>([]);
/** Counts up with each piece of news, so that views that show more than offers know when to look again. */
export const beat = signal(0);
/** Milliseconds since 1970, each second; stands still while nobody looks. */
export const now = signal(Date.now());

/** What somebody has to do something about: in doubt first, then choices, then what is over its time. */
export const urgent = computed(() => {
  const rank = (offer: (typeof book.offers.value)[number]): number => {
    if (offer.inDoubt) return 0;
    if (offer.role === 'maker' && offer.award === 'manual' && offer.phase === 'open' && offer.acceptancesWaiting > 0)
      return 1;
    const isOver = offer.expiresAt !== null && offer.expiresAt < now.value;
    return isOver && (offer.phase === 'accepting' || offer.phase === 'queued' || offer.phase === 'confirmed') ? 2 : 3;
  };
  return book.offers.value
    .map((offer) => ({ offer, rank: rank(offer) }))
    .filter((ranked) => ranked.rank < 3)
    .sort((left, right) => left.rank - right.rank)
    .map(({ offer }) => offer);
});

const stream = new EventStream({
  onEvents: (events) => {
    book.hear(events);
    tell(events);
  },
  onState: (state) => {
    connection.value = state;
    if (state !== 'live') return;
    book.catchUp();
    void look();
  },
  resume: resumeSession,
});

export function start(): void {
  void stream.run();
  setInterval(() => {
    if (!document.hidden) now.value = Date.now();
  }, SECOND_MS);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    now.value = Date.now();
    stream.check();
  });
  addEventListener('online', () => {
    stream.check();
  });
  effect(() => {
    const waiting = urgent.value.length;
    document.title = waiting === 0 ? 'Grapevine' : `(${waiting}) Grapevine`;
  });
}

export function tryNow(): void {
  stream.check();
}

function tell(events: readonly ControlEvent[]): void {
  const said = events.filter(({ event }) => !event.startsWith('stream.'));
  if (said.length === 0) return;
  beat.value += said.length;
  const lines = said.map((event) => ({ key: event.cursor, text: eventLine(event) })).reverse();
  news.value = [...lines, ...news.value].slice(0, NEWS_MAX);
}

async function look(): Promise<void> {
  try {
    deskView.value = await api.desk();
    await leaveKey();
  } catch {
    // The stream says that the desk is gone.
  }
}
