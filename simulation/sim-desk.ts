/**
 * A desk across all its lives: the real `Desk` with the ports of the world. A crash loses its memory, its pending messages and its alarms.
 * Only the disk and the clock continue.
 */
import type { DeskComponents } from '../src/desk/desk-components.ts';
import { Desk } from '../src/desk/desk.ts';
import { STEPS, type Steps } from '../src/desk/protocol-roles.ts';
import type { Evidence } from '../src/ports/evidence.ts';
import type { Identity, Trust } from '../src/ports/identity.ts';
import { silentLog } from '../src/ports/log.ts';
import type { Clock } from '../src/ports/clock.ts';
import type { Journal } from '../src/ports/journal.ts';
import type { Network, RequestHandler } from '../src/ports/network.ts';
import { offerKey, type PeerId } from '../src/protocol/ids.ts';
import type { OfferTerms } from '../src/protocol/messages.ts';
import { MemoryJournal } from '../src/store/memory-journal.ts';
import { keyedIdentity } from '../testing/keyed-scheme.ts';
import type { Dice } from './dice.ts';
import type { Disk } from './disk.ts';
import type { Router, Life } from './router.ts';
import type { SimClock } from './sim-clock.ts';
import { SimJournal } from './sim-journal.ts';
import { listenerOf, SimNetwork, type Edge } from './sim-network.ts';
import type { Witness } from './witness.ts';

/** The changes that a mutant can make, between a desk and its rules or ports. */
export interface Tampering {
  readonly steps?: (steps: Steps, desk: SimDesk) => Steps;
  readonly journal?: (journal: Journal, desk: SimDesk) => Journal;
  readonly edge?: (desk: SimDesk) => Edge;
  readonly clock?: (clock: Clock, desk: SimDesk) => Clock;
  readonly identity?: (identity: Identity, desk: SimDesk) => Identity;
  readonly network?: (network: Network, desk: SimDesk) => Network;
  readonly evidence?: (evidence: Evidence) => Evidence;
  /** Called at the start of a life, before the journal is read. */
  readonly early?: (desk: SimDesk, components: DeskComponents) => void;
  /** Replaces the operator's command. */
  readonly cancel?: (desk: SimDesk, offerId: string) => Promise<void>;
}

export interface SimDeskInit {
  readonly id: PeerId;
  readonly name: string;
  readonly router: Router;
  readonly witness: Witness;
  readonly clock: SimClock;
  readonly disk: Disk;
  readonly offerIds: Dice;
  /** Default: `open`. */
  readonly trust?: Trust;
  readonly interest: (terms: OfferTerms) => boolean;
  /** How often its operator bids; default: 0, never. */
  readonly eagerness?: number;
  readonly tampering?: Tampering | undefined;
  /** Whether it sends hellos and asks others for their lists; default: false. */
  readonly presence?: boolean | undefined;
  /** Other rules, for example with another limit. */
  readonly steps?: Steps | undefined;
}

export class SimDesk {
  readonly id: PeerId;
  readonly name: string;
  readonly clock: SimClock;
  readonly disk: Disk;
  readonly eagerness: number;
  readonly #init: SimDeskInit;
  /** The same in all lives, as nonces must not repeat. */
  readonly #identity: Identity;
  #life: (Life & { alive: boolean }) | null = null;
  #desk: Desk | null = null;
  #ports: {
    readonly network: SimNetwork;
    readonly clock: { readonly alarmCount: number };
    readonly journal: SimJournal;
  } | null = null;
  #up = false;
  #lives = 0;
  /** It does not restart. */
  dead = false;
  /** Proofs of contradictions survive crashes. */
  readonly #evidence: Evidence = new MemoryJournal();
  #restartWaits = false;

  constructor(init: SimDeskInit) {
    this.#init = init;
    const identity = keyedIdentity(init.id, init.trust ?? 'open');
    this.#identity = init.tampering?.identity?.(identity, this) ?? identity;
    this.id = init.id;
    this.name = init.name;
    this.eagerness = init.eagerness ?? 0;
    this.clock = init.clock;
    this.disk = init.disk;
  }

  /** The running desk; null while it is down or starting. */
  get up(): Desk | null {
    return this.#up ? this.#desk : null;
  }

  get isDown(): boolean {
    return this.#life === null;
  }

  /** Alarms and requests that are still pending. */
  get leftovers(): { readonly alarms: number; readonly requests: number } {
    return { alarms: this.#ports?.clock.alarmCount ?? 0, requests: this.#ports?.network.pending ?? 0 };
  }

  start(): void {
    if (this.#life !== null) return;
    const { router } = this.#init;
    const life = { peer: this.id, alive: true, crash: this.crash.bind(this) };
    this.#life = life;
    const startMs = router.fates.startMs(this.id);
    const desk = this.#build(life, startMs ?? 2);
    this.#desk = desk;
    desk.start().then(
      () => {
        if (life.alive) this.#up = true;
      },
      () => {
        // It was stopped during the start.
      },
    );
    // It crashes while it reads its journal, while it is announced, or in its first writes.
    if (startMs !== null) return;
    router.timeline.after(1 + (router.timeline.happened % 7), () => {
      if (life.alive) this.crash('crash in recovery');
    });
  }

  /** For a mutant: receives requests before the port is open. */
  listenEarly(handler: RequestHandler): void {
    if (this.#life !== null) this.#init.router.join(this.#life, listenerOf(handler));
  }

  cancel(offerId: string): Promise<void> {
    return this.#init.tampering?.cancel?.(this, offerId) ?? this.up?.cancel(offerId) ?? Promise.resolve();
  }

  crash(why: string): void {
    if (this.#life !== null) this.#gone(this.#life, why);
  }

  /** Stops it in order, and starts it again later. */
  async stop(): Promise<void> {
    const life = this.#life;
    const desk = this.#desk;
    if (life === null || desk === null) return;
    await desk.stop();
    this.#gone(life, 'clean stop');
  }

  #gone(life: Life & { alive: boolean }, why: string): void {
    if (this.#life !== life) return;
    const { witness } = this.#init;
    const forgotten = this.#ports?.journal.crashed() ?? [];
    this.#leave(life);
    this.disk.crashed();
    witness.crashed?.(this.id, why);
    if (forgotten.length > 0) witness.forgot?.(this.id, forgotten);
    this.#restartLater();
  }

  #leave(life: Life & { alive: boolean }): void {
    life.alive = false;
    this.#init.router.leave(life);
    this.#life = null;
    this.#desk = null;
    this.#ports = null;
    this.#up = false;
  }

  #restartLater(): void {
    if (this.dead || this.#restartWaits) return;
    this.#restartWaits = true;
    const { router } = this.#init;
    router.timeline.after(router.fates.restartMs(this.id), () => {
      this.#restartWaits = false;
      if (!this.dead) this.start();
    });
  }

  #build(life: Life & { alive: boolean }, startMs: number): Desk {
    const { id, router, witness, offerIds, interest, tampering, disk } = this.#init;
    const { timeline, fates } = router;
    const network = new SimNetwork({ router, life, startMs, edge: tampering?.edge?.(this) });
    const clock = this.clock.forLife(life);
    const journal = new SimJournal({
      disk,
      life,
      timeline,
      fates,
      witness,
      readMs: Math.ceil(startMs / 2),
      number: ++this.#lives,
    });
    this.#ports = { network, clock, journal };
    const steps = this.#init.steps ?? STEPS;
    const components: DeskComponents = {
      identity: this.#identity,
      network: tampering?.network?.(network, this) ?? network,
      evidence: tampering?.evidence?.(this.#evidence) ?? this.#evidence,
      journal: tampering?.journal?.(journal, this) ?? journal,
      clock: tampering?.clock?.(clock, this) ?? clock,
      randomness: { hex: (bytes) => offerIds.hex(bytes) },
      log: silentLog,
      interest,
      presence: this.#init.presence ?? false,
      steps: this.#watched(tampering?.steps?.(steps, this) ?? steps, life),
    };
    tampering?.early?.(this, components);
    const desk = new Desk(components);
    desk.on('notice', (notice) => {
      if (!life.alive) return;
      witness.noticed?.(id, notice);
      if (notice.event === 'desk.failed')
        void desk.stop().then(() => {
          this.#gone(life, 'journal failed');
        });
    });
    return desk;
  }

  /** Steps that report their states before and after to the witness. */
  #watched(steps: Steps, life: Life): Steps {
    const { witness, id } = this.#init;
    return {
      maker: (state, input, env) => {
        const terms = state?.terms ?? (input.kind === 'open' ? input.terms : null);
        if (terms === null || !life.alive) return steps.maker(state, input, env);
        const offer = offerKey(id, terms.offerId);
        witness.stepping?.(id, offer, { role: 'maker', state }, input.kind);
        const result = steps.maker(state, input, env);
        witness.stepped?.(id, offer, { role: 'maker', state: result.state }, result.records.length);
        return result;
      },
      taker: (state, input, env, self) => {
        if (!life.alive) return steps.taker(state, input, env, self);
        if (state !== null) {
          const { maker, offerId } = state.terms;
          witness.stepping?.(id, offerKey(maker, offerId), { role: 'taker', state }, input.kind);
        }
        const result = steps.taker(state, input, env, self);
        if (result.state !== null) {
          const { maker, offerId } = result.state.terms;
          witness.stepped?.(
            id,
            offerKey(maker, offerId),
            { role: 'taker', state: result.state },
            result.records.length,
          );
        }
        return result;
      },
    };
  }
}
