/**
 * Accepts jobs while it has room, does them, and reports the results. After a crash, a worker repeats the jobs that it had won and
 * not reported: a job runs at least once.
 */
import { GrapevineError, textOfError } from '../protocol/errors.ts';
import { makerIdOf, offerIdOf, offerKey, type OfferId, type OfferKey, type PeerId } from '../protocol/ids.ts';
import type { DealResult, OfferTerms } from '../protocol/messages.ts';
import { detailsFromValue, detailsValue, type DetailsValue } from '../wire/details.ts';
import type { DealSnapshot } from '../desk/deal-snapshot.ts';
import type { Desk } from '../desk/desk.ts';
import type { DeskNotice } from '../desk/desk-events.ts';
import type { WaitOptions } from '../desk/notice-stream.ts';

/** Another desk's job that this worker has won. */
export interface Job<Details> {
  readonly offerId: OfferId;
  readonly maker: PeerId;
  /** The maker's own name for the job. */
  readonly reference: string | undefined;
  /** 1 for the first attempt; one more for each renewal. */
  readonly attempt: number;
  readonly details: Details;
  readonly terms: OfferTerms;
  /** Aborted when the worker stops and no longer waits. */
  readonly signal: AbortSignal;
}

// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a job may have no result
type Result = DetailsValue | undefined | void;

export interface JobWorkerInit<Details> {
  /** Does a job. Its result is reported as `done`, its error as `failed`. */
  readonly work: (job: Job<Details>) => Result | Promise<Result>;
  /**
   * Validates and types the details, which other desks wrote (undefined: none). A job for which it throws is not accepted. By default,
   * details are passed on unchecked.
   */
  readonly parse?: ((details: DetailsValue | undefined) => Details) | undefined;
  /** Which offers are accepted, of those with valid details; every `job` by default. */
  readonly wants?: ((offer: OfferTerms) => boolean) | undefined;
  /** How many jobs may run at a time; 1 by default. */
  readonly concurrency?: number | undefined;
  /** Called when a report could not be written; the desk's own failure says why. */
  readonly failed?: ((error: unknown) => void) | undefined;
}

export interface StopOptions {
  /** How long running jobs may still take; then they are reported as `failed`. 30 s by default. */
  readonly graceMs?: number | undefined;
}

const DEFAULT_GRACE_MS = 30_000;
/** How long a stopping worker waits until a report is acknowledged; otherwise its next start sends it again. */
const DELIVERY_MS = 2_000;
const REASON_MAX_LENGTH = 1_000;
const HANDED_BACK = 'handed back: the worker is stopping';

/** Phases in which the maker may still award us an offer that we have accepted. */
const UNDECIDED: ReadonlySet<string> = new Set(['seen', 'accepting', 'queued', 'confirmed']);

export class JobWorker<Details> {
  readonly desk: Desk;
  readonly #init: JobWorkerInit<Details>;
  readonly #concurrency: number;
  /** Accepted and not decided yet. */
  readonly #accepted = new Set<OfferKey>();
  /** Won, and waiting for a free place. */
  readonly #waiting = new Map<OfferKey, OfferTerms>();
  readonly #running = new Map<OfferKey, Promise<void>>();
  /** Reported, and the report is not acknowledged yet. */
  readonly #unacknowledged = new Set<OfferKey>();
  /** One for each running job: a signal that many jobs share would get too many listeners. */
  readonly #aborts = new Set<AbortController>();
  #stopping: Promise<void> | null = null;

  constructor(desk: Desk, init: JobWorkerInit<Details>) {
    const { concurrency = 1 } = init;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new GrapevineError('ERR_USAGE', 'concurrency must be a whole number of at least 1');
    }
    this.desk = desk;
    this.#init = init;
    this.#concurrency = concurrency;
  }

  /** The number of running jobs. */
  get running(): number {
    return this.#running.size;
  }

  /** Starts the desk, does the jobs that were won and not reported before, and accepts new ones. @throws as `Desk.start` */
  async start(options?: WaitOptions): Promise<void> {
    this.desk.on('notice', this.#onNotice);
    await this.desk.start(options);
    for (const deal of await this.desk.deals({ result: 'open' })) this.#resume(deal);
    this.desk.setInterest((terms) => this.#acceptIfFree(terms));
  }

  /**
   * Accepts no more jobs, waits up to `graceMs` for the running ones, reports the others as `failed`, and stops the desk. Offers that
   * are confirmed and not decided continue at the next start. Can be called twice.
   */
  stop(options: StopOptions = {}): Promise<void> {
    this.#stopping ??= this.#stop(options.graceMs ?? DEFAULT_GRACE_MS);
    return this.#stopping;
  }

  async #stop(graceMs: number): Promise<void> {
    this.desk.setInterest(undefined);
    await Promise.all([...this.#accepted].map((key) => this.#withdraw(key)));
    await within(graceMs, Promise.all(this.#running.values()));
    const handedBack = [...this.#waiting.values()].map((terms) => this.#report(terms, 'failed', HANDED_BACK));
    for (const abort of this.#aborts) abort.abort(new GrapevineError('ERR_STOPPING', HANDED_BACK));
    await Promise.all([...this.#running.values(), ...handedBack.map((report) => report.catch(this.#failed))]);
    await this.#allAcknowledged(AbortSignal.timeout(DELIVERY_MS));
    this.desk.off('notice', this.#onNotice);
    await this.desk.stop();
  }

  /** Places that are taken or may soon be. */
  get #busy(): number {
    return this.#accepted.size + this.#waiting.size + this.#running.size;
  }

  /** Whether to accept this offer. If so, a place is taken for it. */
  #acceptIfFree(terms: OfferTerms): boolean {
    this.#forgetLost();
    if (this.#stopping !== null || this.#busy >= this.#concurrency) return false;
    if (!this.#wants(terms)) return false;
    this.#accepted.add(keyOf(terms));
    return true;
  }

  #wants(terms: OfferTerms): boolean {
    const { wants = isJob, parse } = this.#init;
    if (!wants(terms)) return false;
    try {
      parse?.(valueOf(terms));
      return true;
    } catch {
      return false;
    }
  }

  readonly #onNotice = (notice: DeskNotice): void => {
    if (!('maker' in notice) || notice.maker === this.desk.id) return;
    const key = offerKey(notice.maker, notice.offerId);
    if (notice.event === 'report.delivered') this.#unacknowledged.delete(key);
    else if (notice.event === 'deal.won') this.#begin(key);
    else if (ENDS.has(notice.event) && this.#accepted.delete(key)) this.#acceptMore();
  };

  /** Also for offers that were confirmed before a restart. */
  #begin(key: OfferKey): void {
    const wasAccepted = this.#accepted.delete(key);
    const terms = this.desk.offer(offerIdOf(key), makerIdOf(key))?.terms;
    if (terms !== undefined && (wasAccepted || this.#wants(terms))) this.#add(terms);
  }

  /**
   * A job that was won before the worker was stopped, and not reported. If it is overdue, it counts as failed: its maker may have
   * renewed it.
   */
  #resume({ terms, role, state, at }: DealSnapshot): void {
    // Not those that an operator has closed by hand: nothing can be reported on them.
    if (role !== 'taker' || state !== 'done' || !this.#wants(terms)) return;
    if (terms.doneWithinMs === undefined || Date.now() < at + terms.doneWithinMs) this.#add(terms);
    else void this.#report(terms, 'failed', 'the worker was down until its time was over').catch(this.#failed);
  }

  #add(terms: OfferTerms): void {
    const key = keyOf(terms);
    if (!this.#running.has(key)) this.#waiting.set(key, terms);
    this.#runWaiting();
  }

  #runWaiting(): void {
    for (const [key, terms] of this.#waiting) {
      if (this.#running.size >= this.#concurrency || this.#stopping !== null) return;
      this.#waiting.delete(key);
      const done = this.#work(terms)
        .catch(this.#failed)
        .finally(() => {
          this.#running.delete(key);
          this.#runWaiting();
          this.#acceptMore();
        });
      this.#running.set(key, done);
    }
  }

  #acceptMore(): void {
    if (this.#stopping === null && this.#busy < this.#concurrency) void this.desk.reconsider();
  }

  readonly #failed = (error: unknown): void => {
    this.#init.failed?.(error);
  };

  async #work(terms: OfferTerms): Promise<void> {
    const { result, details } = await this.#resultOf(terms);
    await this.#report(terms, result, details);
  }

  async #report(terms: OfferTerms, result: DealResult, details: DetailsValue | undefined): Promise<void> {
    this.#unacknowledged.add(keyOf(terms));
    await this.desk.report(terms.offerId, result, details, terms.maker);
  }

  async #resultOf(terms: OfferTerms): Promise<{ result: DealResult; details: DetailsValue | undefined }> {
    const abort = new AbortController();
    const { signal } = abort;
    this.#aborts.add(abort);
    try {
      const details = (await orAborted(signal, async () => this.#init.work(this.#jobOf(terms, signal)))) ?? undefined;
      // A result that can't be reported must not be lost silently.
      if (details !== undefined) detailsFromValue(details);
      return { result: 'done', details };
    } catch (error) {
      return { result: 'failed', details: reasonOf(error) };
    } finally {
      this.#aborts.delete(abort);
    }
  }

  #jobOf(terms: OfferTerms, signal: AbortSignal): Job<Details> {
    const { offerId, maker, reference, attempt = 1 } = terms;
    const value = valueOf(terms);
    const details = this.#init.parse === undefined ? (value as Details) : this.#init.parse(value);
    return { offerId, maker, reference, attempt, details, terms, signal };
  }

  /** Frees the places of offers that ended without a notice. */
  #forgetLost(): void {
    for (const key of this.#accepted) {
      const phase = this.desk.offer(offerIdOf(key), makerIdOf(key))?.phase;
      if (phase === undefined || !UNDECIDED.has(phase)) this.#accepted.delete(key);
    }
  }

  async #withdraw(key: OfferKey): Promise<void> {
    try {
      await this.desk.withdraw(offerIdOf(key), makerIdOf(key));
      this.#accepted.delete(key);
    } catch {
      // Confirmed or ended already: its maker decides, and the next start continues.
    }
  }

  async #allAcknowledged(signal: AbortSignal): Promise<void> {
    if (this.#unacknowledged.size > 0)
      await this.desk.until(() => this.#unacknowledged.size === 0, { signal }).catch(() => undefined);
  }
}

const ENDS: ReadonlySet<DeskNotice['event']> = new Set([
  'deal.lost',
  'deal.closed_by_hand',
  'acceptance.withdrawn',
  'offer.gone',
  'offer.voided',
]);

function isJob({ type }: OfferTerms): boolean {
  return type === 'job';
}

function valueOf({ details }: OfferTerms): DetailsValue | undefined {
  return details && detailsValue(details);
}

function keyOf({ maker, offerId }: OfferTerms): OfferKey {
  return offerKey(maker, offerId);
}

/** The error's message, cut to the length of a report, without half a surrogate pair. */
function reasonOf(error: unknown): string {
  return Buffer.from(textOfError(error).slice(0, REASON_MAX_LENGTH)).toString();
}

/** Resolves with the work, or after this time. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work, over]);
  clearTimeout(timer);
}

/** Work that ignores the signal is no longer waited for. */
function orAborted<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
