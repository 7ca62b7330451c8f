/**
 * A desk over all its lives: the real `Desk` on ports of the world. A crash takes everything away from it at once: its
 * memory, what it wanted to say, its alarms; only the disk and the clock go on.
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

/** Where a mutant can get between a desk and its ports. */
export interface Tampering {
  readonly steps?: (steps: Steps, desk: SimDesk) => Steps;
  readonly journal?: (journal: Journal, desk: SimDesk) => Journal;
  readonly edge?: (desk: SimDesk) => Edge;
  readonly clock?: (clock: Clock, desk: SimDesk) => Clock;
  readonly identity?: (identity: Identity, desk: SimDesk) => Identity;
  readonly network?: (network: Network, desk: SimDesk) => Network;
  readonly evidence?: (evidence: Evidence) => Evidence;
  /** At the start of a life, before the journal has been read. */
  readonly early?: (desk: SimDesk, components: DeskComponents) => void;
  /** Takes the place of the operator's command. */
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
  /** `open` by default. */
  readonly trust?: Trust;
  readonly interest: (terms: OfferTerms) => boolean;
  /** Of its operator, who bids; 0 by default: it never does. */
  readonly eagerness?: number;
  readonly tampering?: Tampering | undefined;
  /** Whether it says that it is there and asks others for their lists; it does not by default. */
  readonly presence?: boolean | undefined;
  /** The rules with another bound, where a world needs one. */
  readonly steps?: Steps | undefined;
}

export class SimDesk {
  readonly id: PeerId;
  readonly name: string;
  readonly clock: SimClock;
  readonly disk: Disk;
  readonly eagerness: number;
  readonly #init: SimDeskInit;
  /** One for all lives: its nonces go on. */
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
  /** Never comes back by itself. */
  dead = false;
  /** Proofs against others outlive every crash, as what is in a journal does. */
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

  /** The running desk, or null while it is down or coming up. */
  get up(): Desk | null {
    return this.#up ? this.#desk : null;
  }

  get isDown(): boolean {
    return this.#life === null;
  }

  /** What would be left behind when nothing is to be done any more. */
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
        // Stopped before it was up.
      },
    );
    // It dies while it reads its journal, while it is waiting to be found, or in the middle of its first writes.
    if (startMs !== null) return;
    router.timeline.after(1 + (router.timeline.happened % 7), () => {
      if (life.alive) this.crash('crash in recovery');
    });
  }

  /** For a mutant: takes requests before its port would be open. */
  listenEarly(handler: RequestHandler): void {
    if (this.#life !== null) this.#init.router.join(this.#life, listenerOf(handler));
  }

  cancel(offerId: string): Promise<void> {
    return this.#init.tampering?.cancel?.(this, offerId) ?? this.up?.cancel(offerId) ?? Promise.resolve();
  }

  crash(why: string): void {
    if (this.#life !== null) this.#gone(this.#life, why);
  }

  /** Stops it as its operator would, and starts it again later. */
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

  /** Steps that show what they start from and what they lead to. */
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
