/**
 * What the control server needs from a desk and from the process around it. An adapter makes one out of a real desk, the
 * tests another; the server knows no other way to a desk. Methods reject with `GrapevineError`s.
 */
import type { DeskNotice } from '../desk/desk-events.ts';
import type {
  BodyOf,
  Check,
  Deal,
  DeskView,
  Offer,
  OfferToTest,
  Proven,
  PeerView,
  QueryOf,
  Readiness,
  Receipt,
  RulesReloaded,
  RulesVerdict,
  Setting,
  Story,
} from './contract.ts';

/** How full things are, at one moment. */
export interface DeskLoads {
  readonly openOwn: number;
  readonly openOthers: number;
  readonly inDoubt: number;
  readonly peers: number;
  /** What waits, by the name of the queue; names are fixed and few. */
  readonly queues: Readonly<Record<string, number>>;
}

export interface DealsAsked {
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  readonly inDoubt?: boolean | undefined;
  readonly result?: QueryOf<'deals'>['result'];
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

export type ClosedAs = BodyOf<'resolve'>['as'];

export interface ControlledDesk {
  readonly id: string;

  describe(): Omit<DeskView, 'cursor'>;

  /** Journal writable, announced, seen in a lookup. */
  readiness(): Promise<Readiness>;

  /** Calls the listener with everything that the desk says, until the function that it gives is called. */
  listen(listener: (notice: DeskNotice) => void): () => void;

  /** All that are running, and the latest that have ended. */
  offers(): readonly Offer[];

  /** All that have ended, from the journal, the latest first. */
  endedOffers(): Promise<readonly Offer[]>;

  /** Offers whose id has this prefix, also ended ones that are only in the journal. */
  offersStartingWith(prefix: string): Promise<readonly Offer[]>;

  announce(draft: BodyOf<'announce'>): Promise<Offer>;
  accept(offerId: string, how: { readonly maker: string; readonly unitPrice?: string | undefined }): Promise<void>;
  withdraw(offerId: string, maker: string): Promise<void>;
  cancel(offerId: string): Promise<void>;
  award(offerId: string, taker: string): Promise<void>;
  /** The offer as it is offered again. */
  renew(offerId: string, how: { readonly validForMs?: number | undefined }): Promise<Offer>;
  report(offerId: string, how: BodyOf<'report'> & { readonly maker: string }): Promise<void>;
  resolve(offerId: string, as: ClosedAs, maker: string): Promise<void>;

  story(offerId: string, maker: string): Promise<Story>;
  receipt(offerId: string, maker: string): Promise<Receipt>;

  /** Latest first; all of them without a `limit`. */
  deals(which: DealsAsked): Promise<{ readonly deals: readonly Deal[]; readonly next: string | null }>;

  /** @throws GrapevineError ERR_RECEIPT for what proves nothing */
  verify(proof: Readonly<Record<string, unknown>>): Proven;

  peers(): Promise<readonly PeerView[]>;

  doctor(): Promise<readonly Check[]>;

  /** Gives the path of the file. */
  backup(file: string): Promise<string>;

  /** No secrets. */
  config(): readonly Setting[];

  /** Wrong rules are refused, and those in force stay. */
  reloadRules(): Promise<RulesReloaded>;

  testRules(offer: OfferToTest): Promise<RulesVerdict>;

  loads(): DeskLoads;
}
