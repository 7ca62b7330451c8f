/** A desk for tests of the control API. The test sets its offers, notices and errors, and sees all its calls. */
import type {
  BodyOf,
  Check,
  Deal,
  Offer,
  OfferToTest,
  PeerView,
  Proven,
  Readiness,
  Setting,
} from '../src/control/contract.ts';
import type { DeskLoads } from '../src/control/metrics.ts';
import type { ControlledDesk } from '../src/control/server/desk-adapter.ts';
import type { DeskOperations } from '../src/control/server/handlers.ts';
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { DealsPageQuery } from '../src/desk/past-offers.ts';
import { GrapevineError, type ErrorCode } from '../src/protocol/errors.ts';

export const PRETEND_ID = 'd'.repeat(64);
export const PRETEND_TAKER = 'b'.repeat(64);
const MAKER = 'a'.repeat(64);
const START_MS = Date.UTC(2026, 0, 1);

/** Default: an own open offer. */
export function pretendOffer(more: Partial<Offer> = {}): Offer {
  const own = more.role !== 'taker';
  return {
    role: 'maker',
    offerId: '0123456789abcdef0123456789abcdef',
    maker: own ? PRETEND_ID : MAKER,
    type: 'buy',
    amount: '1.5',
    pair: 'BTC/USD',
    unitPrice: '8000',
    total: '12000',
    issuedAt: START_MS,
    expiresAt: START_MS + 600_000,
    award: 'first',
    windowMs: null,
    to: null,
    details: null,
    reference: null,
    attempt: 1,
    attemptsMax: null,
    doneWithinMs: null,
    phase: own ? 'open' : 'seen',
    inDoubt: false,
    verified: true,
    taker: null,
    acceptancesWaiting: 0,
    acceptances: [],
    agreedUnitPrice: null,
    agreedTotal: null,
    bidUnitPrice: null,
    bidTotal: null,
    ownReport: null,
    otherReport: null,
    isOverdue: false,
    renewedAs: null,
    reason: null,
    lastSeenAt: own ? null : START_MS,
    isStale: false,
    ...more,
  };
}

export function pretendDeal(more: Partial<Deal> = {}): Deal {
  return {
    role: 'maker',
    offerId: '0123456789abcdef0123456789abcdef',
    maker: PRETEND_ID,
    taker: PRETEND_TAKER,
    type: 'buy',
    amount: '1.5',
    pair: 'BTC/USD',
    unitPrice: '8000',
    total: '12000',
    at: START_MS,
    inDoubt: false,
    byHand: false,
    verified: true,
    details: null,
    reference: null,
    attempt: 1,
    doneWithinMs: null,
    ownReport: null,
    otherReport: null,
    result: 'open',
    isOverdue: false,
    ...more,
  };
}

export class PretendDesk implements ControlledDesk, DeskOperations {
  readonly id = PRETEND_ID;
  /** The calls so far: the method's name and its arguments. */
  readonly asked: [string, ...unknown[]][] = [];
  book: Offer[] = [];
  past: Offer[] = [];
  made: Deal[] = [];
  readyState: Readiness = { ready: true, reasons: [] };
  now: DeskLoads = { openOwn: 0, openOthers: 0, inDoubt: 0, peers: 0, queues: {} };
  readonly #listeners = new Set<(notice: DeskNotice) => void>();
  #failure: Error | null = null;

  notify(notice: DeskNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** The next call fails with this error. */
  failWith(code: ErrorCode, text: string): void {
    this.#failure = new GrapevineError(code, text);
  }

  /** The next call fails like a defect. */
  breakOnce(error: Error): void {
    this.#failure = error;
  }

  describe(): ReturnType<ControlledDesk['describe']> {
    const { openOwn, openOthers, inDoubt, peers } = this.now;
    return {
      id: this.id,
      version: '0.0.0',
      host: '127.0.0.1',
      port: 1337,
      trust: 'signed',
      network: 'local',
      startedAt: START_MS,
      dataDir: '/somewhere',
      grapes: ['http://127.0.0.1:30001'],
      broadcastKey: 'common',
      counts: { openOwn, openOthers, inDoubt, peers },
    };
  }

  readiness(): Promise<Readiness> {
    return this.#done(this.readyState, 'readiness');
  }

  listen(listener: (notice: DeskNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  offers(): readonly Offer[] {
    return this.book;
  }

  offersStartingWith(prefix: string): Promise<readonly Offer[]> {
    return Promise.resolve([...this.book, ...this.past].filter(({ offerId }) => offerId.startsWith(prefix)));
  }

  announce(draft: BodyOf<'announce'>): Promise<Offer> {
    return this.#done(
      pretendOffer({ type: draft.type, amount: draft.amount ?? '1', details: draft.details ?? null }),
      'announce',
      draft,
    );
  }

  accept(offerId: string, how: { maker: string; unitPrice?: string | undefined }): Promise<void> {
    return this.#done(undefined, 'accept', offerId, how);
  }

  withdraw(offerId: string, maker: string): Promise<void> {
    return this.#done(undefined, 'withdraw', offerId, maker);
  }

  cancel(offerId: string): Promise<void> {
    const cancelled = this.book.map((offer): Offer => {
      return offer.offerId === offerId ? { ...offer, phase: 'cancelled' } : offer;
    });
    this.book = cancelled;
    return this.#done(undefined, 'cancel', offerId);
  }

  award(offerId: string, taker: string): Promise<void> {
    return this.#done(undefined, 'award', offerId, taker);
  }

  renew(offerId: string, how: { validForMs?: number | undefined }): Promise<Offer> {
    return this.#done(pretendOffer({ offerId: 'f'.repeat(32) }), 'renew', offerId, how);
  }

  report(offerId: string, how: BodyOf<'report'> & { readonly maker: string }): Promise<void> {
    return this.#done(undefined, 'report', offerId, how);
  }

  resolve(offerId: string, as: string, maker: string): Promise<void> {
    return this.#done(undefined, 'resolve', offerId, as, maker);
  }

  async story(offerId: string, maker: string): ReturnType<ControlledDesk['story']> {
    const [offer = pretendOffer()] = await this.offersStartingWith(offerId);
    const entries = [{ at: START_MS, who: maker, event: 'opened', fields: { amount: '1.5' }, text: 'It was offered.' }];
    return this.#done({ offer, entries, awaits: 'an acceptance' }, 'story', offerId, maker);
  }

  receipt(offerId: string, maker: string): ReturnType<ControlledDesk['receipt']> {
    return this.#done({ format: 'pretend', offerId }, 'receipt', offerId, maker);
  }

  endedOffers(): Promise<readonly Offer[]> {
    return this.#done(this.past, 'endedOffers');
  }

  deals(which: DealsPageQuery): ReturnType<ControlledDesk['deals']> {
    const { after, limit = Infinity } = which;
    const [from, all] = [Number(after ?? 0), this.made.length];
    const next = from + limit < all ? String(from + limit) : null;
    const page = { deals: this.made.slice(from, from + limit), total: after === undefined ? all : null, next };
    return this.#done(page, 'deals', which);
  }

  verify(proof: Readonly<Record<string, unknown>>): Proven {
    this.asked.push(['verify', proof]);
    if (proof['format'] !== 'pretend') throw new GrapevineError('ERR_RECEIPT', 'this is neither a receipt nor a proof');
    return { kind: 'equivocation', maker: MAKER, offerId: '0123' };
  }

  peers(): PeerView[] {
    const peer: PeerView = {
      id: MAKER,
      verified: true,
      firstSeenAt: START_MS,
      lastSeenAt: START_MS,
      upSince: START_MS,
      clockOffsetMs: -12,
      failures: 0,
      lastFailure: null,
      openOffers: 1,
    };
    return [peer];
  }

  doctor(): Promise<readonly Check[]> {
    return this.#done([{ name: 'grapes', ok: 'ok', found: '3 of 3 answer', advice: null }], 'doctor');
  }

  backup(file: string): Promise<void> {
    return this.#done(undefined, 'backup', file);
  }

  config(): readonly Setting[] {
    return [{ name: 'port', value: 1337, source: 'flag', from: '--port' }];
  }

  reloadRules(): Promise<{ rules: number }> {
    return this.#done({ rules: 2 }, 'reloadRules');
  }

  testRules(offer: OfferToTest): ReturnType<DeskOperations['testRules']> {
    return this.#done({ takes: true, rule: '1', reasons: ['it is cheap'] }, 'testRules', offer);
  }

  loads(): DeskLoads {
    return this.now;
  }

  #done<Value>(value: Value, ...asked: [string, ...unknown[]]): Promise<Value> {
    const failure = this.#failure;
    this.#failure = null;
    this.asked.push(asked);
    return failure === null ? Promise.resolve(value) : Promise.reject(failure);
  }
}
