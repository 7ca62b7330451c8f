/** What a run has observed: the notices of the desks, the orders that they carried out, kills and defects. */
import type { DeskNotice } from '../src/index.ts';

/** A notice that a desk has emitted. */
export interface Told {
  readonly at: number;
  /** The name of the desk. */
  readonly desk: string;
  /** The number of the desk's start, from 1. */
  readonly life: number;
  readonly lifeStartedAt: number;
  readonly notice: DeskNotice;
}

/** An order that a desk has reported as carried out. */
export interface Granted {
  readonly desk: string;
  readonly what: 'announce' | 'cancel';
  readonly offerId: string;
}

/** A life of a desk's process that ended after SIGTERM, by itself. */
export interface OrderlyLife {
  readonly desk: string;
  readonly life: number;
  readonly startedAt: number;
  readonly stoppedAt: number;
}

/** A kill or restart of a desk, or a defect of it. */
export interface Incident {
  readonly at: number;
  readonly desk: string;
  readonly text: string;
}

export class Chronicle {
  readonly told: Told[] = [];
  readonly granted: Granted[] = [];
  /** In these lives, no notice and no record may be missing. */
  readonly orderlyLives: OrderlyLife[] = [];
  /** Kills and restarts. */
  readonly incidents: Incident[] = [];
  /** Crashes and hangs that the run has not caused. */
  readonly defects: Incident[] = [];
}
