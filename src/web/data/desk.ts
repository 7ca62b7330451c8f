/** The desk that this page shows: its book, its events, and the state of the connection. */
import { computed, effect, signal } from '@preact/signals';
import type { ControlEvent, Deal, DeskView } from '../../control/contract.ts';
import { eventLine } from '../../text/event-text.ts';
import { api } from './api.ts';
import { Book } from './book.ts';
import { EventStream, type StreamState } from './event-stream.ts';
import { registerKey, resumeSession } from './session.ts';
import { throttle } from './throttle.ts';

const RECENT_MAX = 200;
const SECOND_MS = 1_000;

export const connection = signal<StreamState>('connecting');
export const book = new Book(() => connection.value === 'live');
export const deskView = signal<DeskView | null>(null);
/** The latest events as sentences, the newest first. */
export const recentEvents = signal<readonly { readonly key: string; readonly text: string }[]>([]);
/** The number of events so far. Views that show more than offers reload when it changes. */
export const eventCount = signal(0);
/** The time in milliseconds since 1970, updated every second while the page is visible. */
export const now = signal(Date.now());

/** Deals that need a report and have none; late ones first. */
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

/** The number of offers and deals that need the operator's attention. */
export const urgentCount = computed(() => urgent.value.length + openDeals.value.filter((deal) => deal.isLate).length);

/** Offers that need the operator's attention: doubts first, then own offers with a taker to choose, then overdue acceptances. */
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
    addEvents(events);
  },
  onState: (state) => {
    connection.value = state;
    if (state !== 'live') return;
    book.scheduleLoad();
    void loadDesk();
    loadOpenDeals();
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
    reconnectNow();
  });
  addEventListener('online', reconnectNow);
  effect(() => {
    const waiting = urgentCount.value;
    document.title = waiting === 0 ? 'Grapevine' : `(${waiting}) Grapevine`;
  });
}

export function reconnectNow(): void {
  stream.check();
}

function addEvents(events: readonly ControlEvent[]): void {
  const own = events.filter(({ event }) => !event.startsWith('stream.'));
  if (own.length === 0) return;
  eventCount.value += own.length;
  if (own.some(({ event }) => event.startsWith('deal.'))) loadOpenDeals();
  const lines = own.map((event) => ({ key: event.cursor, text: eventLine(event) })).reverse();
  recentEvents.value = [...lines, ...recentEvents.value].slice(0, RECENT_MAX);
}

async function loadDesk(): Promise<void> {
  try {
    deskView.value = await api.desk();
    await registerKey();
  } catch {
    // The event stream detects that the desk does not answer.
  }
}

const DEALS_MAX = 500;
/** Limits the requests of a desk that has many deals per second. */
const DEALS_PAUSE_MS = 700;

const loadOpenDeals = throttle(async () => {
  try {
    const { deals } = await api.deals({ result: 'open', limit: DEALS_MAX });
    reportable.value = deals.filter(isReportable);
  } catch {
    // The event stream detects that the desk does not answer. After a reconnect, they are loaded again.
  }
}, DEALS_PAUSE_MS);

function isReportable({ doneWithinMs, reference, type }: Deal): boolean {
  return doneWithinMs !== null || reference !== null || type === 'job';
}
