/**
 * One world: a seed, a few desks and clients of the original, some offers, a time with faults, and a time without faults in which every
 * offer must end. The same seed gives the same world, event by event.
 */
import type { PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import { AgreementChecker } from './agreement-checker.ts';
import type { Checks } from './checks.ts';
import { DecisionChecker } from './decision-checker.ts';
import { Dice } from './dice.ts';
import { FaultCounts } from './fault-kinds.ts';
import { drawPlan, type FaultPlan } from './fault-plan.ts';
import { Router } from './router.ts';
import { Ledger } from './ledger.ts';
import { checkEnding, checkPromises, livenessChecks, PROMISE_MS, promisedAwards } from './liveness-checker.ts';
import { MemoryChecker } from './memory-checker.ts';
import { OriginalMaker } from './originals.ts';
import { Operators } from './operators.ts';
import { hasLiars, populate, type Population } from './population.ts';
import { JobOrders, RENEWALS_MAX_MS } from './job-orders.ts';
import { RecoveryChecker } from './recovery-checker.ts';
import { RandomFates } from './random-fates.ts';
import { RenewalChecker } from './renewal-checker.ts';
import { ReportChecker } from './report-checker.ts';
import { Saboteur } from './saboteur.ts';
import type { SimDesk, Tampering } from './sim-desk.ts';
import { impostorOf } from './liar.ts';
import { SpeechChecker } from './speech-checker.ts';
import { TransitionCounter } from './transition-counter.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { TrustChecker } from './trust-checker.ts';
import { scheduleTroubles } from './troubles.ts';
import { isLiar } from './wire-payload.ts';
import { Violation, Witnesses, type Witness } from './witness.ts';

export interface WorldInit {
  readonly seed: number;
  readonly journal?: 'memory' | 'sqlite';
  /** An intended defect. */
  readonly tampering?: Tampering | undefined;
  /** Some desks never restart and faults end early. All other desks must still end their offers. */
  readonly liveness?: boolean;
  /** Whether desks send hellos and ask each other for their lists; default: false. */
  readonly presence?: boolean;
  /** The name of a checker that is disabled. */
  readonly blind?: string | undefined;
  /** Whether old copies replace journals; default: true. */
  readonly restores?: boolean;
  readonly trace?: ((line: string) => void) | undefined;
}

export interface WorldResult {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly offers: number;
  /** The number of awarded offers. */
  readonly deals: number;
  readonly simulatedMs: number;
  readonly messages: number;
  readonly events: number;
  readonly faults: FaultCounts;
  /** The number of comparisons, by `checker: rule`. */
  readonly checks: ReadonlyMap<string, number>;
}

interface Checker extends Witness {
  readonly name: string;
  readonly checks: Checks;
}

/** More events than any world that ends. */
const EVENTS_MAX = 200_000;
/** The same for worlds in which desks send hellos and ask for lists. */
const EVENTS_WITH_PRESENCE_MAX = 600_000;

export async function runWorld(init: WorldInit): Promise<WorldResult> {
  const world = new World(init);
  try {
    return await world.run();
  } finally {
    await world.dispose();
  }
}

class World {
  readonly #init: WorldInit;
  readonly #dice: Dice;
  readonly #plan: FaultPlan;
  readonly #timeline = new Timeline();
  readonly #ledger = new Ledger();
  readonly #memory: MemoryChecker;
  readonly #reports: ReportChecker;
  readonly #renewals: RenewalChecker;
  /** Null in a world without jobs. */
  readonly #jobs: JobOrders | null;
  readonly #counts = new FaultCounts();
  readonly #checkers: readonly Checker[];
  readonly #liveness = { name: 'liveness', checks: livenessChecks() };
  readonly #witnesses: Witnesses;
  readonly #fates: RandomFates;
  readonly #router: Router;
  readonly #population: Population;
  readonly #operators: Operators;
  readonly #saboteur: Saboteur;
  readonly #troubleMs: number;
  #originalOffers = 0;

  constructor(init: WorldInit) {
    this.#init = init;
    const dice = new Dice(init.seed, 'world');
    this.#dice = dice;
    this.#plan = drawPlan(dice, init.restores ?? true);
    this.#troubleMs = dice.spread(15_000, init.liveness === true ? 40_000 : 120_000);
    this.#memory = new MemoryChecker(this.#ledger);
    this.#reports = new ReportChecker(this.#ledger);
    this.#renewals = new RenewalChecker(this.#ledger);
    this.#jobs = JobOrders.of(init.seed);
    const checkers: readonly Checker[] = [
      new TransitionCounter(this.#ledger),
      this.#ledger,
      new DecisionChecker(this.#ledger),
      new AgreementChecker(this.#ledger),
      new SpeechChecker(this.#ledger),
      new RecoveryChecker(),
      this.#memory,
      this.#reports,
      this.#renewals,
      // Without liars, nothing is forged.
      ...(hasLiars(init.seed) ? [new TrustChecker(this.#ledger)] : []),
    ];
    this.#checkers = checkers;
    const seeing = checkers.filter(({ name }) => name !== init.blind);
    const liars: Required<Pick<Witness, 'sent' | 'replied' | 'healed'>> = {
      sent: (...event) => {
        for (const liar of this.#population.liars) liar.sent(...event);
      },
      replied: (...event) => {
        for (const liar of this.#population.liars) liar.replied(...event);
      },
      healed: () => {
        for (const liar of this.#population.liars) liar.healed();
        this.#router.impostor = () => null;
      },
    };
    const trace = init.trace === undefined ? [] : [new Trace(this.#timeline, init.trace)];
    // The trace comes first, so that its last line is the violation. The operators come last, as they react.
    const actors = {
      noticed: this.#noticed.bind(this),
      healed: () => {
        this.#operators.healed();
        this.#saboteur.healed();
      },
    };
    this.#witnesses = new Witnesses([...trace, this.#counts, ...seeing, actors, liars]);
    this.#fates = new RandomFates(init.seed, this.#plan, this.#witnesses, () => this.#timeline.now);
    this.#router = new Router(this.#timeline, this.#fates, this.#witnesses);
    this.#population = populate({
      seed: init.seed,
      dice,
      plan: this.#plan,
      router: this.#router,
      witness: this.#witnesses,
      fates: this.#fates,
      journal: init.journal ?? 'memory',
      tampering: init.tampering,
      presence: init.presence ?? false,
      named: (id, name) => trace[0]?.name(id, name),
    });
    this.#operators = new Operators({
      dice: new Dice(init.seed, 'operators'),
      plan: this.#plan,
      timeline: this.#timeline,
      witness: this.#witnesses,
      desks: this.#desks,
      originals: this.#population.takers,
      jobs: this.#jobs,
      deskOf: (id) => this.#desks.find((desk) => desk.id === id),
    });
    this.#saboteur = new Saboteur({
      dice: new Dice(init.seed, 'saboteur'),
      plan: this.#plan,
      timeline: this.#timeline,
      witness: this.#witnesses,
      fates: this.#fates,
      desks: this.#desks,
    });
  }

  get #desks(): readonly SimDesk[] {
    return this.#population.desks;
  }

  async run(): Promise<WorldResult> {
    let violation: Violation | null = null;
    try {
      await this.#live();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      violation = error;
    }
    const deals = [...this.#ledger.offers.values()].filter(({ state }) => state.phase === 'awarded').length;
    return {
      seed: this.#init.seed,
      violation,
      offers: this.#ledger.offers.size + this.#originalOffers,
      deals,
      simulatedMs: this.#timeline.now,
      messages: this.#router.messages,
      events: this.#timeline.happened,
      faults: this.#counts,
      checks: new Map(
        [...this.#checkers, this.#liveness].flatMap(({ name, checks }) =>
          checks.entries().map(([rule, count]) => [`${name}: ${rule}`, count] as const),
        ),
      ),
    };
  }

  async dispose(): Promise<void> {
    this.#witnesses.close();
    for (const desk of this.#desks) {
      desk.dead = true;
      desk.crash('the world ends');
    }
    await Promise.all(this.#desks.map(({ disk }) => disk.dispose()));
  }

  // ---- the course of a world --------------------------------------------------------------------------------------------

  async #live(): Promise<void> {
    const { desks, takers, makers, liars } = this.#population;
    for (const each of [...desks, ...takers, ...makers]) each.start();
    for (const liar of liars) liar.start(this.#troubleMs - 1);
    if (liars.length > 0)
      this.#router.impostor = impostorOf(liars, new Dice(this.#init.seed, 'impostors'), this.#witnesses);
    this.#scheduleOffers();
    scheduleTroubles({
      dice: new Dice(this.#init.seed, 'troubles'),
      plan: this.#plan,
      timeline: this.#timeline,
      witness: this.#witnesses,
      fates: this.#fates,
      desks: this.#desks,
      durationMs: this.#troubleMs,
    });
    await this.#until(this.#troubleMs);
    this.#heal();
    // The longest time until all desks are up again.
    await this.#until(this.#timeline.now + 1_000);
    const promised = promisedAwards(this.#ending, {
      nowOf: this.#nowOf,
      attemptsLeft: (taker, offer) => {
        const live = this.#memory.live(taker, offer);
        return live?.role === 'taker' && live.state !== null ? LIMITS.acceptMaxAttempts - live.state.attempt : 0;
      },
    });
    const endMs = this.#timeline.now + this.#boundMs();
    await this.#until(this.#timeline.now + PROMISE_MS);
    checkPromises(this.#ending, promised, this.#liveness.checks);
    await this.#until(endMs);
    checkEnding(this.#ending, this.#liveness.checks);
    this.#memory.ended();
    for (const checker of [this.#reports, this.#renewals])
      if (this.#init.blind !== checker.name) checker.ended(this.#ending);
    this.#checkNothingIsLeft();
  }

  async #until(ms: number): Promise<void> {
    const eventsMax = this.#init.presence === true ? EVENTS_WITH_PRESENCE_MAX : EVENTS_MAX;
    await this.#timeline.run(ms, () => {
      this.#witnesses.rested();
      if (this.#witnesses.violation !== null) throw this.#witnesses.violation;
      if (this.#timeline.happened > eventsMax) throw new Violation('L1: events without end');
    });
  }

  #heal(): void {
    this.#fates.heal();
    const { liveness = false } = this.#init;
    // With `liveness`, some desks never restart, but never all of them.
    for (const [index, desk] of this.#desks.entries()) {
      const isLost = liveness && index > 0 && this.#dice.chance(0.25);
      desk.dead = isLost;
      if (isLost) {
        this.#witnesses.fault('dead peer', desk.id);
        desk.crash('for good');
      } else desk.start();
    }
    this.#witnesses.healed();
  }

  get #ending(): { ledger: Ledger; isUp: (peer: PeerId) => boolean } {
    return {
      ledger: this.#ledger,
      isUp: (peer) =>
        this.#init.blind !== 'liveness' && !isLiar(peer) && !this.#desks.some(({ id, dead }) => id === peer && dead),
    };
  }

  readonly #nowOf = (id: PeerId): number => this.#desks.find((desk) => desk.id === id)?.clock.now() ?? 0;

  /** The longest remaining validity on any clock, and all waits of the protocol together. */
  #boundMs(): number {
    const clocks = this.#desks.map(({ clock }) => clock.now());
    // A desk may know an offer whose maker has forgotten it, with an old copy of its journal.
    const known = this.#desks.flatMap(({ up }) => up?.offers() ?? []);
    const terms = [...this.#ledger.offers.values()]
      .map(({ state }) => state.terms)
      .concat(known.map((offer) => offer.terms));
    const latest = terms.map(({ expiresAt }) => expiresAt ?? 0);
    const ends = latest.map((expiresAt) => expiresAt - Math.min(...clocks));
    const spread = Math.max(...clocks) - Math.min(...clocks);
    const originals = this.#population.makers.length > 0 ? OriginalMaker.hopeMs + spread : 0;
    const renewals = this.#jobs === null ? 0 : RENEWALS_MAX_MS;
    return 1.1 * (Math.max(0, originals, ...ends) + renewals) + LIMITS.clockSkewMs + 15 * 60_000;
  }

  #checkNothingIsLeft(): void {
    // Desks that send hellos always have pending alarms.
    if (this.#init.presence === true) return;
    if (this.#desks.some(({ dead }) => dead)) return;
    for (const { id, name, leftovers } of this.#desks) {
      if ((leftovers.alarms === 0 && leftovers.requests === 0) || this.#ledger.isBusy(id)) continue;
      const { alarms, requests } = leftovers;
      throw new Violation(`L1: ${name} has nothing left to do, and ${alarms} alarms and ${requests} requests`);
    }
  }

  // ---- offers, operators and liars ----------------------------------------------------------------------

  #scheduleOffers(): void {
    const dice = this.#dice;
    const makers = this.#desks.slice(0, dice.whole(1, Math.min(3, this.#desks.length)));
    const offers = dice.whole(4, 12);
    for (let index = 0; index < offers; index += 1) {
      const atMs = dice.whole(10, Math.floor(this.#troubleMs * 0.8));
      const validForMs = dice.chance(0.3) ? dice.spread(60_000, 600_000) : dice.spread(3_000, 300_000);
      const maker = dice.pick(makers);
      this.#timeline.after(atMs, () => {
        if (maker !== undefined) this.#operators.announce(maker, validForMs);
      });
    }
    for (const original of this.#population.makers) {
      const offerId = dice.hex(8);
      this.#originalOffers += 1;
      this.#timeline.after(dice.whole(10, this.#troubleMs), () => original.announce(offerId));
    }
  }

  #noticed(...told: Parameters<Operators['noticed']>): void {
    this.#operators.noticed(...told);
    this.#saboteur.noticed(...told);
  }
}
