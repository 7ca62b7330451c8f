/** What the run and its desks say to each other over IPC. */
import type { DeskNotice, OfferDraft, OfferSnapshot } from '../src/index.ts';

export type Role = 'maker' | 'taker';

/** Given to a desk's process as its only argument, in JSON. */
export interface DeskSettings {
  readonly name: string;
  readonly role: Role;
  readonly dataDir: string;
  /** Of the whole run. */
  readonly runFolder: string;
  readonly port: number;
  readonly announcePort: number;
  readonly grapes: readonly string[];
}

export type Order =
  | { readonly number: number; readonly what: 'announce'; readonly draft: OfferDraft }
  | { readonly number: number; readonly what: 'cancel'; readonly offerId: string };

export type DeskMessage =
  /** It is up; `running` is what it has found in its journal and was not finished. */
  | { readonly kind: 'ready'; readonly id: string; readonly running: readonly OfferSnapshot[] }
  | { readonly kind: 'notice'; readonly notice: DeskNotice }
  | { readonly kind: 'answer'; readonly number: number; readonly offerId: string; readonly error: string | null }
  /** It has stopped as asked, and has told all that there was to tell. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly code: string; readonly text: string };
