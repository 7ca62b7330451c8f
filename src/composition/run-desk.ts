/**
 * Everything that `up` runs: the desk, its rules, its control server and, if configured, embedded grapes. The constructor either
 * succeeds as a whole or throws; `start` lets other desks find it.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedSettings, Reloaded } from '../config/load-settings.ts';
import { assertScale } from '../config/pair-scale.ts';
import { sourceToText } from '../config/resolve-settings.ts';
import { valueToJson, valueToTexts } from '../config/setting-text.ts';
import { SETTINGS, type DeskSettings, type SettingName } from '../config/settings-table.ts';
import type { BodyOf, OfferToTest, Proven, RulesVerdict, Setting } from '../control/contract.ts';
import { DeskMetrics } from '../control/metrics.ts';
import { ControlServer, type ControlEndpoints } from '../control/server.ts';
import { readPageFiles } from '../control/server/page/page-files.ts';
import { DeskAdapter, journalProblem } from '../control/server/desk-adapter.ts';
import type { DeskOperations } from '../control/server/handlers.ts';
import { backUp } from './back-up.ts';
import { composeDesk, type DeskOptions } from './create-desk.ts';
import type { NetworkPolicy } from '../grenache/discovery/network-policy.ts';
import type { Desk } from '../desk/desk.ts';
import { assertEmbedded, startEmbedded, type EmbeddedNodes } from './embedded-nodes.ts';
import { examineDesk } from './examine-desk.ts';
import { restoreTotals } from './restore-totals.ts';
import { systemClock } from '../host/system-clock.ts';
import { systemRandomness } from '../host/system-randomness.ts';
import { verifyProof } from '../identity/verify-proof.ts';
import type { Archive } from '../ports/archive.ts';
import type { Journal } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { OfferId, PeerId } from '../protocol/ids.ts';
import { DailyTotals } from '../rules/daily-totals.ts';
import { OfferChooser } from '../rules/offer-chooser.ts';
import { timedJournal } from '../store/timed-journal.ts';
import { decimalFromText } from '../wire/decimal.ts';
import { isDeskId } from '../wire/desk-id.ts';
import { detailsFromValue, detailsValue, type DetailsValue } from '../wire/details.ts';

export interface RunDeskInit {
  readonly loaded: LoadedSettings;
  /** Reads all settings again. @throws GrapevineError when one is invalid */
  readonly reload: () => Reloaded;
  readonly log: Log;
  readonly version: string;
  /** The command that starts this desk, for advice. */
  readonly startCommand: string;
  /** Decrypts the key, if it is encrypted. */
  readonly passphrase?: string | undefined;
}

export interface StartedDesk extends ControlEndpoints {
  readonly port: number;
  readonly grapes: readonly string[];
  /** A link that opens the page once; null if no page is served. */
  readonly pageUrl: string | null;
}

/** The same folder for the sources and for the built program. */
export const PAGE_FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));
const ANY_PORT = 0;

export class RunningDesk {
  /** Rejects when the desk fails; never resolves. */
  readonly failed: Promise<never>;
  readonly #init: RunDeskInit;
  readonly #desk: Desk;
  readonly #journal: Journal & Partial<Archive>;
  readonly #adapter: DeskAdapter;
  readonly #server: ControlServer;
  readonly #totals = new DailyTotals();
  readonly #chooser: OfferChooser;
  readonly #policy: NetworkPolicy;
  /** The settings in force. */
  #loaded: LoadedSettings;
  #nodes: EmbeddedNodes | null = null;
  #starting: Promise<StartedDesk> | null = null;
  #stopping: Promise<void> | null = null;

  /** @throws GrapevineError as `createDesk`, for example for a folder in use or an invalid setting */
  constructor(init: RunDeskInit) {
    const { loaded, log, version } = init;
    const { settings } = loaded;
    this.#init = init;
    this.#loaded = loaded;
    assertEmbedded(settings);
    // What can be refused comes before `composeDesk`, which takes the folder.
    const page = settings.page ? readPageFiles(PAGE_FOLDER) : undefined;
    this.#chooser = new OfferChooser(settings.accept, () => systemClock.now(), this.#totals);
    const now = (): number => performance.now();
    const metrics = new DeskMetrics({ loads: () => this.#adapter.loads(), now });
    const { desk, journal, policy } = composeDesk(this.#deskOptions(), {
      journal: (inner) => timedJournal(inner, metrics, now),
      refused: (code) => metrics.refused(code),
    });
    this.#desk = desk;
    this.#policy = policy;
    this.#journal = journal;
    this.#adapter = this.#makeAdapter();
    this.#server = new ControlServer({
      desk: this.#adapter,
      operations: this.#operations(),
      dataDir: settings.dataDir,
      port: settings.controlPort ?? (settings.page ? ANY_PORT : undefined),
      page,
      metrics,
      clock: systemClock,
      randomness: systemRandomness,
      log,
      version,
    });
    this.failed = failureOf(desk);
    this.#updateTotals();
  }

  get id(): string {
    return this.#desk.id;
  }

  /** Those in force. */
  get settings(): DeskSettings {
    return this.#loaded.settings;
  }

  /**
   * Starts grapes, the control server, then the desk, so that its state can be queried while it waits for grapes.
   * @throws GrapevineError ERR_DESK_STOPPED when stopped meanwhile; ERR_PORT_IN_USE, ERR_LISTEN, ERR_JOURNAL or a more specific
   * code, ERR_GRAPES_NOT_READY, ERR_NOT_INSTALLED, ERR_USAGE
   */
  start(): Promise<StartedDesk> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<StartedDesk> {
    const { settings } = this.#init.loaded;
    await restoreTotals(this.#totals, this.#journal, systemClock.now());
    this.#assertNotStopped();
    this.#nodes = await startEmbedded(settings, this.#init.log);
    const places = await this.#server.start();
    // No peer may make us connect to our own control API.
    if (places.url !== null) this.#policy.forbid(new URL(places.url).host);
    this.#assertNotStopped();
    const { port } = await this.#desk.start();
    const pageUrl = settings.page ? this.#server.pageLink() : null;
    return { ...places, port, grapes: this.#nodes.grapes, pageUrl };
  }

  /**
   * Reads all settings again. Rules and access lists apply at once.
   * @returns the number of rules, and the changed settings that need a restart
   * @throws GrapevineError when one is invalid; then nothing changes
   */
  reload(): { readonly rules: number; readonly needRestart: readonly SettingName[] } {
    const { loaded, needRestart } = this.#init.reload();
    const { accept: rules } = loaded.settings;
    this.#loaded = loaded;
    this.#chooser.setRules(rules);
    // Considers all open offers again: with the new rules, and the new lists.
    this.#desk.setAccess(loaded.access);
    return { rules: rules.length, needRestart };
  }

  /** What is in progress is in the journal, and the next start continues it. Can be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // The socket first: once the folder is free, the next desk creates its own there.
    await this.#server.stop();
    await this.#desk.stop();
    // A start in progress may have begun to start nodes.
    await this.#starting?.catch(() => undefined);
    await this.#nodes?.stop();
  }

  #assertNotStopped(): void {
    if (this.#stopping !== null) throw new GrapevineError('ERR_DESK_STOPPED', 'stopped before it was up');
  }

  #deskOptions(): DeskOptions {
    const { settings, access } = this.#init.loaded;
    // Most settings are options of the same name.
    return {
      ...settings,
      announcePort: settings.announcePort ?? undefined,
      passphrase: this.#init.passphrase,
      log: this.#init.log,
      access,
      // An id that is a key is verified: unsigned messages in its name are refused.
      interest: (terms) => this.#chooser.choose(terms, isDeskId(terms.maker)).take,
    };
  }

  #makeAdapter(): DeskAdapter {
    const { loaded, version } = this.#init;
    const { settings } = loaded;
    const { host, port, trust, network, grapes, broadcastKey } = settings;
    return new DeskAdapter({
      desk: this.#desk,
      journal: this.#journal,
      port,
      facts: {
        version,
        host,
        trust,
        network,
        startedAt: systemClock.now(),
        dataDir: resolve(settings.dataDir),
        grapes: network === 'hyperdht' ? [] : [...grapes],
        broadcastKey,
      },
      assertDraft: (draft) => assertDraftScale(settings, draft),
    });
  }

  #operations(): DeskOperations {
    const { dataDir } = this.#init.loaded.settings;
    return {
      config: () => settingsOf(this.#loaded),
      doctor: () => this.#examine(),
      backup: (file) => backUp(resolve(dataDir), file),
      reloadRules: () => ({ rules: this.reload().rules }),
      testRules: (offer) => this.#testRules(offer),
      verify: provenOf,
    };
  }

  async #examine(): ReturnType<typeof examineDesk> {
    const { loaded, version } = this.#init;
    const { port } = this.#adapter.describe();
    const { reasons } = await this.#adapter.readiness();
    const peerOffsetsMs = this.#adapter.peers().flatMap(({ clockOffsetMs }) => clockOffsetMs ?? []);
    const problem = await journalProblem(this.#journal);
    const running = { id: this.id, port, reasons, peerOffsetsMs, journalProblem: problem };
    return examineDesk({ settings: loaded.settings, version, running, start: this.#init.startCommand });
  }

  #testRules(offer: OfferToTest): RulesVerdict {
    // Without a maker, the offer is tested as one of an unverified desk.
    const maker = (offer.maker ?? '') as PeerId;
    const terms = {
      offerId: '' as OfferId,
      maker,
      type: offer.type,
      amount: decimalFromText(offer.amount),
      pair: offer.pair ?? null,
      unitPrice: offer.unitPrice === undefined ? null : decimalFromText(offer.unitPrice),
      issuedAt: null,
      expiresAt: null,
      ...(offer.reference !== undefined && { reference: offer.reference }),
      ...(offer.details != null && { details: detailsFromValue(offer.details as DetailsValue) }),
    };
    const { take, because } = this.#chooser.explain(terms, isDeskId(maker));
    // When the offer is taken, the last reason is that of the rule that takes it.
    const reasons = because.map(({ rule, outcome, reason }) => `${outcome}: ${rule}: ${reason}`);
    return { takes: take, rule: take ? (because.at(-1)?.rule ?? null) : null, reasons };
  }

  /** Counts offers that are accepted by hand as well. A second count of the same offer changes nothing. */
  #updateTotals(): void {
    this.#desk.on('notice', (notice) => {
      // `peer.equivocated` has a maker, but is not about the state of an offer here.
      if (!('maker' in notice) || notice.event === 'peer.equivocated') return;
      this.#chooser.onNotice(notice);
      if (notice.event !== 'acceptance.sent') return;
      const offer = this.#desk.offer(notice.offerId, notice.maker);
      if (offer !== undefined) this.#chooser.took(offer.terms);
    });
  }
}

function provenOf(proof: unknown): Proven {
  const proven = verifyProof(proof);
  if (proven.kind === 'equivocation') return proven;
  const { terms, taker, unitPrice, epoch, reports = [] } = proven;
  const { offerId, maker, type, amount, pair, details } = terms;
  return {
    kind: 'deal',
    offerId,
    maker,
    taker,
    type,
    amount,
    pair,
    unitPrice,
    epoch,
    details: details === undefined ? null : detailsValue(details),
    reports: reports.map((report) => ({ ...report, details: report.details && detailsValue(report.details) })),
  };
}

function failureOf(desk: Desk): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    desk.once('desk.failed', ({ code, text }) => reject(new GrapevineError(code, text)));
  });
  // Node ends the process for a rejection that nobody handles; callers may ignore this one.
  failure.catch(() => undefined);
  return failure;
}

/**
 * Checks the operator's limits on decimals (setting `pairs`).
 * @throws GrapevineError ERR_INVALID_OFFER, also for a text that is not a decimal
 */
function assertDraftScale({ pairs }: DeskSettings, { pair, amount, unitPrice }: BodyOf<'announce'>): void {
  // The desk reports what is missing.
  if (pair === undefined || amount === undefined) return;
  const price = unitPrice === undefined ? null : decimalFromText(unitPrice);
  assertScale(pairs, { pair, amount: decimalFromText(amount), unitPrice: price });
}

function settingsOf(loaded: LoadedSettings): readonly Setting[] {
  return SETTINGS.map(({ name, key }) => {
    const source = loaded.sources[name];
    const place = source.from === 'default' ? null : sourceToText(source);
    return { name: key, value: settingValue(loaded.settings, name), source: source.from, from: place };
  });
}

/** The control API has no objects as values, so pairs are texts. */
function settingValue(settings: DeskSettings, name: SettingName): Setting['value'] {
  return (name === 'pairs' ? valueToTexts(settings, name) : valueToJson(settings, name)) as Setting['value'];
}
