/**
 * Metrics for Prometheus. Counters and times come from notices; levels are read when metrics are requested. Labels have few fixed
 * values: no text of a peer becomes a label.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DeskNotice } from '../desk/desk-events.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import { StartTimes } from './start-times.ts';

/** From a millisecond to the longest time that a person waits. */
const DEAL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600];
const JOURNAL_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
const COMMIT_ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** Present numbers, for the gauges. */
export interface DeskLoads {
  readonly openOwn: number;
  readonly openOthers: number;
  readonly inDoubt: number;
  readonly peers: number;
  /** Lengths of queues by name; names are fixed and few. */
  readonly queues: Readonly<Record<string, number>>;
}

interface DeskMetricsInit {
  readonly loads: () => DeskLoads;
  /** Milliseconds; only differences are used. */
  readonly now: () => number;
}

export class DeskMetrics {
  readonly #registry = new Registry();
  readonly #now: () => number;
  readonly #announced = new StartTimes();
  readonly #accepted = new StartTimes();
  readonly #deals: Counter<'role' | 'outcome'>;
  readonly #refusals: Counter<'code'>;
  readonly #releases: Counter<'reason'>;
  readonly #losses: Counter<'reason'>;
  readonly #contradictions: Counter;
  readonly #equivocations: Counter;
  readonly #reports: Counter<'by' | 'outcome'>;
  readonly #addresses: Counter<'result'>;
  readonly #awardSeconds: Histogram;
  readonly #winSeconds: Histogram;
  readonly #journalSeconds: Histogram;
  readonly #commitEntries: Histogram;

  constructor({ loads, now }: DeskMetricsInit) {
    this.#now = now;
    const registers = [this.#registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> =>
      new Counter({ name, help, labelNames, registers });
    const histogram = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, registers });
    this.#deals = counter('grapevine_deals_total', 'Ended offers, by our role and the outcome.', ['role', 'outcome']);
    this.#refusals = counter('grapevine_refusals_total', 'Refusals by code, of this desk and of others.', ['code']);
    this.#releases = counter('grapevine_reservations_released_total', 'Holds that ended without a deal.', ['reason']);
    this.#losses = counter('grapevine_losses_total', 'Offers of others that we did not get, by reason.', ['reason']);
    this.#contradictions = counter('grapevine_peer_contradictions_total', 'Peers that contradicted themselves.');
    this.#equivocations = counter(
      'grapevine_peer_equivocations_total',
      'Makers that signed a contradiction; a proof is stored.',
    );
    this.#reports = counter('grapevine_reports_total', 'Reports on deals, and overdue ones.', ['by', 'outcome']);
    this.#addresses = counter('grapevine_broadcast_addresses_total', 'Addressees of new offers.', ['result']);
    this.#awardSeconds = histogram('grapevine_award_seconds', 'From the offer to its award.', DEAL_SECONDS);
    this.#winSeconds = histogram('grapevine_win_seconds', 'From the first acceptance to a won deal.', DEAL_SECONDS);
    this.#journalSeconds = histogram('grapevine_journal_append_seconds', 'Until an entry is durable.', JOURNAL_SECONDS);
    this.#commitEntries = histogram('grapevine_journal_commit_entries', 'Entries in one commit.', COMMIT_ENTRIES);
    for (const { role, outcome } of OUTCOMES) this.#deals.inc({ role, outcome }, 0);
    for (const report of REPORTS) this.#reports.inc(report, 0);
    this.#addGauges(loads);
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** In the text format of Prometheus. It writes `NaN` in this form; the library does not always. */
  async render(): Promise<string> {
    return (await this.#registry.metrics()).replaceAll(/ nan$/gim, ' NaN');
  }

  notice(notice: DeskNotice): void {
    // A taker's withdrawal ends nothing for us, the maker.
    if (notice.event === 'acceptance.withdrawn' && notice.taker !== undefined) return;
    if ('offerId' in notice) this.#measure(notice);
    const ended = outcomeOf(notice);
    if (ended !== null) this.#deals.inc(ended);
    if (notice.event === 'deal.lost') this.#losses.inc({ reason: notice.reason });
    if (notice.event === 'acceptance.retry') this.refused(notice.reason);
    if (notice.event === 'award.released') this.#releases.inc({ reason: notice.reason });
    if (notice.event === 'peer.contradiction') this.#contradictions.inc();
    if (notice.event === 'peer.equivocated') this.#equivocations.inc();
    if (notice.event === 'deal.done' || notice.event === 'deal.failed' || notice.event === 'deal.overdue') {
      const by = notice.event === 'deal.overdue' ? 'taker' : notice.by;
      this.#reports.inc({ by, outcome: notice.event.slice('deal.'.length) });
    }
    if (notice.event === 'offer.announced') {
      this.#addresses.inc({ result: 'reached' }, notice.reached);
      this.#addresses.inc({ result: 'unreached' }, notice.unreachable);
    }
  }

  /** A refusal without a notice, such as those of the listener. */
  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  /** @param seconds from appending an entry to the journal until it was durable */
  journalAppended(seconds: number): void {
    this.#journalSeconds.observe(seconds);
  }

  /** Called with the number of entries that became durable together. */
  journalCommitted(entries: number): void {
    this.#commitEntries.observe(entries);
  }

  #measure(notice: Extract<DeskNotice, { offerId: unknown }>): void {
    const key = 'maker' in notice ? `${notice.maker}/${notice.offerId}` : '';
    const now = this.#now();
    if (notice.event === 'offer.opened') this.#announced.start(key, now);
    else if (notice.event === 'acceptance.sent') this.#accepted.start(key, now);
    else if (notice.event === 'deal.awarded') observe(this.#awardSeconds, this.#announced.end(key), now);
    else if (notice.event === 'deal.won') observe(this.#winSeconds, this.#accepted.end(key), now);
    else if (ENDS.has(notice.event)) [this.#announced, this.#accepted].forEach((times) => times.end(key));
  }

  #addGauges(loads: () => DeskLoads): void {
    const registers = [this.#registry];
    const gauge = <Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      collect: (this: Gauge<Label>) => void,
    ): Gauge<Label> => new Gauge({ name, help, labelNames, registers, collect });
    gauge('grapevine_offers_open', 'Open offers, own and of others.', ['whose'], function () {
      const { openOwn, openOthers } = loads();
      this.set({ whose: 'own' }, openOwn);
      this.set({ whose: 'others' }, openOthers);
    });
    gauge('grapevine_deals_in_doubt', 'Deals whose outcome is not known.', [], function () {
      this.set(loads().inDoubt);
    });
    gauge('grapevine_peers', 'Known desks.', [], function () {
      this.set(loads().peers);
    });
    gauge('grapevine_queue_depth', 'Waiting entries, by queue.', ['queue'], function () {
      for (const [queue, depth] of Object.entries(loads().queues)) this.set({ queue }, depth);
    });
  }
}

/** Start at 0, so that the first one is seen as a change. */
const REPORTS = [
  { by: 'maker', outcome: 'done' },
  { by: 'maker', outcome: 'failed' },
  { by: 'taker', outcome: 'done' },
  { by: 'taker', outcome: 'failed' },
  { by: 'taker', outcome: 'overdue' },
];

/** The same for ends of offers. */
const OUTCOMES = [
  { event: 'deal.awarded', role: 'maker', outcome: 'awarded' },
  { event: 'offer.cancelled', role: 'maker', outcome: 'cancelled' },
  { event: 'offer.expired', role: 'maker', outcome: 'expired' },
  { event: 'deal.won', role: 'taker', outcome: 'won' },
  { event: 'deal.lost', role: 'taker', outcome: 'lost' },
  { event: 'deal.gave_up', role: 'taker', outcome: 'gave_up' },
  { event: 'acceptance.withdrawn', role: 'taker', outcome: 'withdrawn' },
] as const;

/** The labels of an end; null for other notices. */
function outcomeOf(notice: DeskNotice): { role: string; outcome: string } | null {
  const name = notice.event === 'deal.lost' && notice.gaveUp ? 'deal.gave_up' : notice.event;
  const found = OUTCOMES.find(({ event }) => event === name);
  return found === undefined ? null : { role: found.role, outcome: found.outcome };
}

const ENDS: ReadonlySet<DeskNotice['event']> = new Set([
  'offer.cancelled',
  'offer.expired',
  'offer.voided',
  'offer.gone',
  'deal.lost',
  'deal.closed_by_hand',
  'acceptance.withdrawn',
]);

function observe(histogram: Histogram, since: number | null, now: number): void {
  if (since !== null) histogram.observe((now - since) / 1000);
}
