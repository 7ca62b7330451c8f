/** What was seen from outside while a run went on: what desks told, and what was done to them. */
import type { DeskNotice } from '../src/index.ts';

export interface Told {
  readonly at: number;
  /** Name of the desk. */
  readonly desk: string;
  /** Which start of its process told it, from 1 on. */
  readonly life: number;
  readonly lifeStartedAt: number;
  readonly notice: DeskNotice;
}

/** An order that a desk has carried out, by its own word. */
export interface Granted {
  readonly desk: string;
  readonly what: 'announce' | 'cancel';
  readonly offerId: string;
}

/** From one start of a desk's process to its end, which it was asked for and which it brought to an end itself. */
export interface OrderlyLife {
  readonly desk: string;
  readonly life: number;
  readonly startedAt: number;
  readonly stoppedAt: number;
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
  /** In these lives nothing may be missing, neither among what was told nor in the journal. */
  readonly orderlyLives: OrderlyLife[] = [];
  /** Kills and restarts. */
  readonly incidents: Incident[] = [];
  /** Crashes and hangs that nobody ordered. */
  readonly defects: Incident[] = [];
}
