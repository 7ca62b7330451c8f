/**
 * The stream of `GET /v1/events`: every notice of the desk, in order, each with a cursor to continue from, and two events of the
 * stream itself. The names and fields of notices are in docs/PROTOCOL.md.
 */
import { z } from 'zod';
import type { OfferId, PeerId } from '../../protocol/ids.ts';
import type { Notice } from '../../protocol/notices.ts';
import { timeSchema } from './values.ts';

const CURSOR = /^([0-9a-f]{16})-(0|[1-9]\d{0,14})$/;

/** `LIFE-NUMBER`: LIFE is new at each start of the desk; its events are numbered from 1. */
export const cursorSchema = z.string().regex(CURSOR, 'is not a cursor of an event stream');

export interface Cursor {
  readonly life: string;
  readonly number: number;
}

export function formatCursor({ life, number }: Cursor): string {
  return `${life}-${number}`;
}

/** Null if it is invalid. */
export function parseCursor(text: string): Cursor | null {
  const [, life, number] = CURSOR.exec(text) ?? [];
  return life === undefined || number === undefined ? null : { life, number: Number(number) };
}

export const eventsQuerySchema = z.strictObject({
  after: cursorSchema
    .optional()
    .describe('Events after this cursor; by default, new events only. `Last-Event-ID` has precedence.'),
});

/** The first event of a stream without a cursor: no later event is missed. */
export interface StreamOpen {
  readonly event: 'stream.open';
}

/**
 * The first event of a stream that can't continue from its cursor: events are missing (`forgotten`: too old; `restarted`: the cursor
 * is from before a restart of the desk). Load the book again.
 */
export interface StreamGap {
  readonly event: 'stream.gap';
  readonly reason: 'forgotten' | 'restarted';
}

/** Notices of the desk that are not about an offer. */
type DeskEvent =
  | { readonly event: 'desk.ready'; readonly id: PeerId; readonly port: number }
  | { readonly event: 'desk.failed'; readonly code: string; readonly text: string }
  | {
      readonly event: 'offer.announced';
      readonly offerId: OfferId;
      readonly reached: number;
      readonly unreachable: number;
      /** Of the latter: those that refused it. */
      readonly refused: number;
    }
  | { readonly event: 'peer.equivocated'; readonly maker: PeerId; readonly offerId: OfferId };

export type StreamEvent = StreamOpen | StreamGap;

/** One event of the stream. `at` is its time; a stream from `cursor` continues after it. */
export type ControlEvent = ((Notice & { readonly verified: boolean }) | DeskEvent | StreamEvent) & {
  readonly at: number;
  readonly cursor: string;
};

export type ControlEventOf<Name extends ControlEvent['event']> = Extract<ControlEvent, { event: Name }>;

/** The `data:` of an event. Other fields depend on the event; later versions may add events and fields. */
export const eventDataSchema = z.looseObject({ event: z.string(), at: timeSchema, cursor: cursorSchema });
