/** The one desk that this page shows: its book, its events, and how the connection is. */
import { computed, effect, signal } from '@preact/signals';
import type { ControlEvent, Deal, DeskView } from '../../control/contract.ts';
import { eventLine } from '../../text/event-text.ts';
import { api } from './api.ts';
import { Book } from './book.ts';
import { EventStream, type StreamState } from './event-stream.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { leaveKey, resumeSession } from './session.ts';

const NEWS_MAX = 200;
const SECOND_MS = 1_000;

export const connection = signal<StreamState>('connecting');
export const book = new Book(() => connection.value === 'live');
export const deskView = signal<DeskView | null>(null);
/** The latest events as sentences, the newest first. */
export const news = signal<readonly { readonly key: string; readonly text: string }[]>([]);
/** Counts up with each piece of news, so that views that show more than offers know when to look again. */
export const beat = signal(0);
/** Milliseconds since 1970, each second; stands still while nobody looks. */
export const now = signal(Date.now());

/** Deals of which nobody has said yet how they went, where somebody waits for that; those over their time first. */
export const openDeals = computed(() =>
  reportable.value
    .map((deal) => ({ deal, isLate: isLate(deal) }))
    .sort((left, right) => Number(right.isLate) - Number(left.isLate) || right.deal.at - left.deal.at),
);

const reportable = signal<readonly Deal[]>([]);

function isLate({ isOverdue, role, ownReport, doneWithinMs, at }: Deal): boolean {
  const isOurs = role === 'taker' && ownReport === null && doneWithinMs !== null;
  return isOverdue || (isOurs && at + doneWithinMs < now.value);
}

/** How many things somebody has to do something about. */
export const urgentCount = computed(() => urgent.value.length + openDeals.value.filter((one) => one.isLate).length);

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
    book.onEvents(events);
    addNews(events);
  },
  onState: (state) => {
    connection.value = state;
    if (state !== 'live') return;
    book.catchUp();
    void look();
    lookAtDeals();
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
    const waiting = urgentCount.value;
    document.title = waiting === 0 ? 'Grapevine' : `(${waiting}) Grapevine`;
  });
}

export function tryNow(): void {
  stream.check();
}

function addNews(events: readonly ControlEvent[]): void {
  const said = events.filter(({ event }) => !event.startsWith('stream.'));
  if (said.length === 0) return;
  beat.value += said.length;
  if (said.some(({ event }) => event.startsWith('deal.'))) lookAtDeals();
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

const DEALS_MAX = 500;
/** A desk may have many deals a second. */
const DEALS_PAUSE_MS = 700;

const lookAtDeals = oneAtATime(async () => {
  try {
    const { deals } = await api.deals({ result: 'open', limit: DEALS_MAX });
    reportable.value = deals.filter(isReportable);
  } catch {
    // The stream says that the desk is gone; when it is back, they are asked for again.
  }
}, DEALS_PAUSE_MS);

function isReportable({ doneWithinMs, reference, type }: Deal): boolean {
  return doneWithinMs !== null || reference !== null || type === 'job';
}
