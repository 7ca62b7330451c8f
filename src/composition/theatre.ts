/**
 * The theatre: a dozen real desks, one of which lies, on their own grapes in this process. The network between them delays messages,
 * so that they can be seen. One offer at a time goes from the maker to exactly one taker, whatever fault is caused meanwhile.
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeDesk } from './create-desk.ts';
import type { Desk } from '../desk/desk.ts';
import type { DeskNotice } from '../desk/desk-events.ts';
import { GrenacheNetwork } from '../grenache/grenache-network.ts';
import { startGrapes, type Grapes } from '../grenache/grapes/start-grapes.ts';
import { systemClock } from '../host/system-clock.ts';
import { systemRandomness } from '../host/system-randomness.ts';
import { deskIdOf } from '../identity/desk-id.ts';
import { silentLog } from '../ports/log.ts';
import type { Network } from '../ports/network.ts';
import { GrapevineError } from '../protocol/errors.ts';
import { forge } from '../demo/liar.ts';
import type { Act, StageDesk } from '../demo/recording.ts';
import { RecordingLog } from '../demo/recording-log.ts';
import { Stage } from '../demo/stage.ts';
import { StageJournal } from '../demo/stage-journal.ts';
import { StageNetwork } from '../demo/stage-network.ts';

const MAKER = 'Dora';
const LIAR = 'Mallory';
const TAKERS = ['Alice', 'Bob', 'Carol', 'Erin', 'Frank', 'Grace', 'Heidi', 'Ivan', 'Judy', 'Karl', 'Leo'] as const;

/** In the order of the circle on the page. */
const CAST: readonly StageDesk[] = [
  { name: MAKER, role: 'maker' },
  ...TAKERS.map((name) => ({ name, role: 'taker' as const })),
  { name: LIAR, role: 'liar' },
];

const GRAPES = 3;
const WANTED_BY = 5;
/** Time between two acceptances, in flights of a message, so that their order can be seen. */
const ACCEPT_EVERY_FLIGHTS = 0.25;
const BROADCAST_KEY = 'common';

/** The notices that are shown in the story of an offer. */
const SHOWN_NOTICES: ReadonlySet<DeskNotice['event']> = new Set<DeskNotice['event']>([
  'offer.opened',
  'offer.received',
  'acceptance.sent',
  'acceptance.queued',
  'award.reserved',
  'award.released',
  'award.confirmed',
  'award.lost_hold',
  'deal.in_doubt',
  'deal.awarded',
  'outcome.delivered',
  'deal.won',
  'deal.lost',
  'offer.gone',
]);

/** Phases of a taker that waits for the outcome. */
const WAITING: ReadonlySet<string> = new Set(['accepting', 'queued', 'confirmed']);

interface TheatreInit {
  /** How long a message is on its way. */
  readonly flightMs: number;
}

interface Actor {
  readonly desk: Desk;
  readonly network: StageNetwork;
  readonly journal: StageJournal;
}

export class Theatre {
  readonly log: RecordingLog;
  readonly #stage: Stage;
  readonly #folder = mkdtempSync(join(tmpdir(), 'grapevine-theatre-'));
  readonly #actors = new Map<string, Actor>();
  /** Crashed desks: their folders are free when these promises resolve. */
  readonly #stoppingDesks = new Map<string, Promise<void>>();
  readonly #ports = new Map<string, number>();
  #grapes: Grapes | null = null;
  #liar: { readonly network: Network; readonly own: Network } | null = null;
  #offer: { readonly number: number; readonly wanted: readonly string[]; offerId: string; isEnded: boolean } | null =
    null;
  #isBusy = false;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor({ flightMs }: TheatreInit) {
    this.log = new RecordingLog(CAST, () => systemClock.monotonicNow());
    this.#stage = new Stage({
      clock: systemClock,
      log: this.log,
      flightMs,
      crash: (name) => this.#crash(name),
      forge: (taker) => this.#forge(taker),
    });
  }

  /**
   * `stop` must be called, even if this rejects.
   * @throws GrapevineError when a port or a folder can't be used
   */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    this.#grapes = await startGrapes({ count: GRAPES, host: '127.0.0.1', dhtPort: 0, apiPort: 0, log: silentLog });
    await this.#startLiar(this.#grapes.api);
    await Promise.all([MAKER, ...TAKERS].map((name) => this.#startDesk(name)));
  }

  /**
   * Announces an offer and causes this fault while it is in progress.
   * @throws GrapevineError ERR_WRONG_STATE while an earlier offer is in progress or a fault lasts; ERR_OVERLOADED when the recording
   * is full
   */
  async act(act: Act): Promise<void> {
    if (this.#stage.isBroken) throw new GrapevineError('ERR_WRONG_STATE', 'something is broken: repair it first');
    if (this.#isBusy || (this.#offer !== null && !this.#isDecided()))
      throw new GrapevineError('ERR_WRONG_STATE', 'an offer is in progress: wait until its winner knows');
    if (!this.log.hasRoom)
      throw new GrapevineError('ERR_OVERLOADED', 'the recording is full: save it and start the demo again');
    const maker = this.#actors.get(MAKER)?.desk;
    if (maker === undefined) throw new GrapevineError('ERR_DESK_STOPPED', 'the theatre is closed');
    const number = (this.#offer?.number ?? 0) + 1;
    const wanted = wantedOf(number);
    this.#offer = { number, wanted, offerId: '', isEnded: false };
    this.#stage.beginOffer(act, wanted);
    const { offerId } = await maker.announce({ type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' });
    this.#offer.offerId = offerId;
  }

  /** Ends the faults: joins the network again, and starts crashed desks with their journals. */
  async heal(): Promise<void> {
    if (this.#isBusy) throw new GrapevineError('ERR_WRONG_STATE', 'the repair is already in progress');
    this.#isBusy = true;
    try {
      this.#stage.join();
      await Promise.all(
        [...this.#stage.down].map(async (name) => {
          await this.#stoppingDesks.get(name);
          await this.#startDesk(name);
        }),
      );
    } finally {
      this.#isBusy = false;
    }
    this.#lookForEnd();
  }

  /** Stops all desks and grapes, and removes their folders. Can be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#stage.close();
    // A desk that is still starting could not be stopped.
    await this.#starting?.catch(() => undefined);
    await Promise.all([...this.#stoppingDesks.values(), ...[...this.#actors.values()].map(({ desk }) => desk.stop())]);
    await this.#liar?.own.stop();
    await this.#grapes?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startDesk(name: string): Promise<void> {
    const parts: { network?: StageNetwork; journal?: StageJournal } = {};
    const { desk } = composeDesk(
      {
        grapes: this.#grapes?.api ?? [],
        dataDir: join(this.#folder, name.toLowerCase()),
        port: this.#ports.get(name) ?? 0,
        interest: () => this.#wants(name),
      },
      {
        journal: (inner) => (parts.journal = new StageJournal(inner)),
        network: (inner) => (parts.network = new StageNetwork(this.#stage, name, inner)),
      },
    );
    this.#stage.addDesk(name, desk.id);
    desk.on('notice', (notice) => this.#onNotice(name, notice));
    const { network, journal } = parts;
    if (network === undefined || journal === undefined)
      throw new GrapevineError('ERR_INTERNAL', 'a desk without parts');
    this.#actors.set(name, { desk, network, journal });
    const { port } = await desk.start();
    this.#ports.set(name, port);
  }

  async #startLiar(grapes: readonly string[]): Promise<void> {
    const deskId = deskIdOf(generateKeyPairSync('ed25519').privateKey);
    const place = { host: '127.0.0.1', port: 0, broadcastKey: BROADCAST_KEY };
    const own = new GrenacheNetwork({ deskId, grapes, log: silentLog, ...place });
    this.#stage.addDesk(LIAR, deskId);
    const network = new StageNetwork(this.#stage, LIAR, own);
    this.#liar = { network, own };
    await network.start(() => Promise.resolve({ error: null, result: null }));
  }

  /** Desks accept one after another. */
  async #wants(name: string): Promise<boolean> {
    const place = this.#offer?.wanted.indexOf(name) ?? -1;
    if (place < 0) return false;
    await this.#stage.wait(place * ACCEPT_EVERY_FLIGHTS * this.#stage.flightMs);
    return true;
  }

  #onNotice(desk: string, notice: DeskNotice): void {
    // A desk that has crashed sends nothing; one that comes back announces that first.
    if (!this.#actors.has(desk)) return;
    if (notice.event === 'desk.ready' && this.#stage.isDown(desk)) this.#stage.markUp(desk);
    if (!SHOWN_NOTICES.has(notice.event) || !('offerId' in notice)) return;
    const about = 'taker' in notice ? this.#stage.nameOf(notice.taker) : undefined;
    const offer = this.#stage.offerOf(notice.offerId);
    const reason = 'reason' in notice ? notice.reason : undefined;
    const more = { ...(about !== undefined && { about }), ...(reason !== undefined && { reason }) };
    this.#stage.record({ kind: 'notice', offer, desk, event: notice.event, ...more });
    this.#lookForEnd();
  }

  /** Whether the maker has decided and the winner knows. */
  #isDecided(): boolean {
    return this.#winners().length > 0 && this.#phaseOf(MAKER) === 'awarded';
  }

  #winners(): readonly string[] {
    return [...this.#actors.keys()].filter((name) => this.#phaseOf(name) === 'won');
  }

  #phaseOf(name: string): string | undefined {
    return this.#actors.get(name)?.desk.offer(this.#offer?.offerId ?? '')?.phase;
  }

  #lookForEnd(): void {
    const offer = this.#offer;
    if (offer === null || offer.isEnded || this.#stage.isBroken || !this.#isDecided()) return;
    const isAnybodyWaiting = [...this.#actors.keys()].some((name) => WAITING.has(this.#phaseOf(name) ?? ''));
    if (isAnybodyWaiting) return;
    offer.isEnded = true;
    this.#stage.record({ kind: 'ended', offer: offer.number, winners: [...this.#winners()] });
  }

  #crash(name: string): void {
    const actor = this.#actors.get(name);
    if (actor === undefined) return;
    actor.network.kill();
    actor.journal.kill();
    this.#actors.delete(name);
    this.#stage.markDown(name);
    this.#stoppingDesks.set(name, actor.desk.stop());
  }

  #forge(taker: string): void {
    const { offerId = '', wanted = [] } = this.#offer ?? {};
    const maker = this.#actors.get(MAKER)?.desk.id;
    const victim = wanted.findLast((name) => name !== taker);
    const victimId = victim === undefined ? undefined : this.#actors.get(victim)?.desk.id;
    if (this.#liar === null || maker === undefined || victimId === undefined) return;
    void forge(this.#liar.network, systemRandomness, {
      maker,
      offerId,
      victim: victimId,
      now: systemClock.now(),
      pause: () => this.#stage.wait(this.#stage.flightMs / 2),
    });
  }
}

/** Distance on the circle between two desks that accept, so that a split network leaves some of them with the maker. */
const WANTED_EVERY = 5;

/** Other desks each time; the first one accepts first. */
function wantedOf(number: number): readonly string[] {
  const first = number * 3;
  return Array.from({ length: WANTED_BY }, (_, index) => TAKERS[(first + index * WANTED_EVERY) % TAKERS.length] ?? '');
}
