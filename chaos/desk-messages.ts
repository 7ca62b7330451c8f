/** The messages between the run and its desks, over IPC. */
import type { DeskNotice, OfferDraft, OfferSnapshot } from '../src/index.ts';

export type Role = 'maker' | 'taker';

/** The only argument of a desk's process, as JSON. */
export interface DeskSettings {
  readonly name: string;
  readonly role: Role;
  readonly dataDir: string;
  /** The folder of the whole run. */
  readonly runFolder: string;
  readonly port: number;
  readonly announcePort: number;
  readonly grapes: readonly string[];
}

export type Order =
  | { readonly number: number; readonly what: 'announce'; readonly draft: OfferDraft }
  | { readonly number: number; readonly what: 'cancel'; readonly offerId: string };

export type DeskMessage =
  /** The desk is up; `running` are the unfinished offers of its journal. */
  | { readonly kind: 'ready'; readonly id: string; readonly running: readonly OfferSnapshot[] }
  | { readonly kind: 'notice'; readonly notice: DeskNotice }
  | { readonly kind: 'answer'; readonly number: number; readonly offerId: string; readonly error: string | null }
  /** It has stopped after SIGTERM, and has sent all its notices. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: string; readonly text: string };
