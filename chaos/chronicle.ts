/** What was seen from outside while a run went on: what desks told, and what was done to them. */
import type { DeskNotice } from '../src/index.ts';

export interface Told {
  readonly at: number;
  /** Name of the desk. */
  readonly desk: string;
  readonly notice: DeskNotice;
}

/** An order that a desk has carried out, by its own word. */
export interface Granted {
  readonly desk: string;
  readonly what: 'announce' | 'cancel';
  readonly offerId: string;
}

/** Done to a desk, or by it in a way that no desk should. */
export interface Incident {
  readonly at: number;
  readonly desk: string;
  readonly text: string;
}

export class Chronicle {
  readonly told: Told[] = [];
  readonly granted: Granted[] = [];
  /** Kills and restarts. */
  readonly incidents: Incident[] = [];
  /** Crashes and hangs that nobody ordered. */
  readonly defects: Incident[] = [];
}
