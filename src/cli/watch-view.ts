/** The screen of `watch`: a pure function of the data, the time and the size of the terminal. */
import type { ControlEvent, DeskView, Offer } from '../control/contract.ts';
import { shortId } from '../text/short-ids.ts';
import { eventLine } from '../text/event-text.ts';
import { hasEnded } from '../control/contract/ended-phases.ts';
import { offersTable } from './tables.ts';
import { cutText } from './render-table.ts';
import type { Screen } from './terminal.ts';
import { clockText } from '../text/time-text.ts';

export interface Watched {
  readonly desk: DeskView;
  readonly offers: readonly Offer[];
  /** The latest last. */
  readonly events: readonly ControlEvent[];
  /** The desk does not answer at present. */
  readonly isAway: boolean;
}

type Room = Pick<Screen, 'width' | 'height' | 'paint'>;

/** Headline, heading of the events, empty lines, head of the table, and the cursor's line. */
const OTHER_LINES = 7;
const EVENTS_MIN = 3;

/** @param now milliseconds since 1970 */
export function watchView(watched: Watched, room: Room, now: number): string {
  const lines = Math.max(4, room.height - OTHER_LINES);
  const shown = orderForWatching(watched.offers);
  const eventsMin = Math.min(EVENTS_MIN, Math.max(1, watched.events.length));
  const rowsMax = Math.max(1, lines - eventsMin);
  // The line "... and 3 more" takes the place of an offer.
  const offers = shown.slice(0, shown.length <= rowsMax ? rowsMax : Math.max(1, rowsMax - 1));
  const hidden = shown.length - offers.length;
  const events = watched.events.slice(-Math.max(1, lines - Math.max(1, offers.length) - (hidden > 0 ? 1 : 0)));
  return [
    cutText(headline(watched, now), room.width),
    '',
    // On a screen too narrow for a table, an offer takes several lines: show fewer.
    ...(offers.length === 0
      ? ['No offers.']
      : offersTable(offers, room, now)
          .split('\n')
          .slice(0, offers.length + 1)),
    ...(hidden > 0 ? [`... and ${hidden} more: grapevine offers`] : []),
    '',
    room.paint.dim('Latest:'),
    ...(events.length === 0 ? ['nothing yet'] : events.map((event) => cutText(eventLine(event), room.width))),
    '',
  ].join('\n');
}

function headline({ desk, isAway, offers }: Watched, now: number): string {
  const open = offers.filter((offer) => !hasEnded(offer));
  const own = open.filter(({ role }) => role === 'maker').length;
  const doubts = offers.filter(({ inDoubt }) => inDoubt).length;
  const parts = [
    `desk ${shortId(desk.id)}${isAway ? ' DOES NOT ANSWER' : ''}`,
    `${desk.counts.peers} desks known`,
    `${own} own`,
    `${open.length - own} of others`,
    ...(doubts > 0 ? [`${doubts} IN DOUBT`] : []),
    clockText(now),
  ];
  return parts.join(' | ');
}

/** Offers in doubt first, then active ones, then the others; each group newest first. */
function orderForWatching(offers: readonly Offer[]): readonly Offer[] {
  const rank = (offer: Offer): number => (offer.inDoubt ? 0 : hasEnded(offer) ? 2 : 1);
  return [...offers].sort((left, right) => rank(left) - rank(right) || (right.issuedAt ?? 0) - (left.issuedAt ?? 0));
}
