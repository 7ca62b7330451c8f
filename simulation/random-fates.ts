/** Random faults with the frequencies of the world's plan. No faults after the world is healed. */
import type { PeerId } from '../src/protocol/ids.ts';
import { LIMITS } from '../src/composition/limits.ts';
import { Dice } from './dice.ts';
import type { AnswerFate, Fates, Leg, RequestFate, SendFate, WriteFate } from './fates.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { Witness } from './witness.ts';
import { isOurs } from './wire-payload.ts';

/** Senseless values that can replace an answer. */
const NONSENSE: readonly [unknown, ...unknown[]] = [null, {}, [], 0, '', { queued: 'yes' }, { epoch: 1 }];

const HEALTHY_MS = 5;
/** The longest time of a request that tries one address after another. */
const LONGEST_WAIT_MS = LIMITS.addressesPerRequestMax * LIMITS.requestTimeoutMs;

/** `mute`: its messages are lost; `deaf`: messages to it are lost; `cut off`: both. */
export type Isolation = 'mute' | 'deaf' | 'cut off';

export class RandomFates implements Fates {
  readonly #plan: FaultPlan;
  readonly #network: Dice;
  readonly #disk: Dice;
  readonly #death: Dice;
  readonly #witness: Witness;
  readonly #slow = new Map<PeerId, number>();
  #partition: ReadonlySet<PeerId> | null = null;
  #healed = false;

  readonly #isolated = new Map<PeerId, { readonly how: Isolation; readonly untilMs: number }>();
  readonly #now: () => number;

  constructor(seed: number, plan: FaultPlan, witness: Witness, now: () => number) {
    this.#now = now;
    this.#plan = plan;
    this.#network = new Dice(seed, 'network');
    this.#disk = new Dice(seed, 'disk');
    this.#death = new Dice(seed, 'death');
    this.#witness = witness;
  }

  heal(): void {
    this.#healed = true;
    this.#partition = null;
    this.#slow.clear();
    this.#isolated.clear();
  }

  isolate(peer: PeerId, how: Isolation, forMs: number): void {
    this.#isolated.set(peer, { how, untilMs: this.#now() + forMs });
    this.#fault('isolation', `${peer} ${how} for ${forMs} ms`);
  }

  /** Splits the network: no message passes between `side` and the others. Null ends the split. */
  part(side: ReadonlySet<PeerId> | null): void {
    this.#partition = this.#healed ? null : side;
  }

  slowDown(peer: PeerId, byMs: number): void {
    this.#slow.set(peer, byMs);
    this.#fault('slow peer', `${peer} by ${byMs} ms`);
  }

  // ---- the network ------------------------------------------------------------------------------------------------------

  request(leg: Leg): RequestFate {
    if (this.#healed) return { arrivals: [this.#network.whole(1, HEALTHY_MS)], told: null };
    const { requestLost, connectionLost, neverSent } = this.#plan;
    const dice = this.#network;
    if (this.#isCut(leg)) {
      const certain = dice.chance(this.#plan.absenceCertain / 2);
      return { arrivals: [], told: certain ? { kind: 'unsent', afterMs: LIMITS.connectTimeoutMs } : null };
    }
    if (dice.chance(neverSent)) {
      this.#faultAt('never sent', leg);
      return { arrivals: [], told: { kind: 'unsent', afterMs: dice.whole(1, LIMITS.connectTimeoutMs) } };
    }
    if (dice.chance(requestLost)) {
      this.#faultAt('request lost', leg);
      return { arrivals: [], addresses: this.#addresses(leg), told: null };
    }
    const arrivals = [this.#requestMs(leg)];
    const addresses = this.#addresses(leg);
    if (!leg.once && dice.chance(this.#plan.duplicated)) {
      this.#faultAt('request duplicated', leg);
      arrivals.push(this.#requestMs(leg));
    }
    if (!dice.chance(connectionLost)) return { arrivals, addresses, told: null };
    this.#faultAt('connection lost', leg);
    return { arrivals, told: { kind: 'unknown', afterMs: dice.whole(1, 2 * this.#plan.latencyMaxMs) } };
  }

  answer(leg: Leg): AnswerFate {
    if (this.#healed) return { afterMs: this.#network.whole(1, HEALTHY_MS) };
    const { answerLost, answerDelayed, delayMaxMs, garbled } = this.#plan;
    const dice = this.#network;
    if (this.#isCut(leg)) return { afterMs: null };
    if (dice.chance(answerLost)) {
      this.#faultAt('answer lost', leg);
      return { afterMs: null };
    }
    // Status requests are rare, and late answers to them are their main risk.
    if (dice.chance(leg.cmd === 'offer:status' ? Math.sqrt(answerDelayed) : answerDelayed)) {
      this.#faultAt('answer delayed', leg);
      return { afterMs: dice.chance(0.8) ? dice.whole(100, LONGEST_WAIT_MS) : dice.spread(100, delayMaxMs) };
    }
    const afterMs = this.#latencyMs(leg);
    // For a client of the original any answer is a yes, so its answers are not garbled.
    const isApproval = leg.cmd === 'offer:accept:approved';
    if (!isOurs(leg.from) || !dice.chance(isApproval ? Math.sqrt(garbled) : garbled)) return { afterMs };
    this.#faultAt('answer garbled', leg);
    return { afterMs, garbled: dice.pick(NONSENSE) };
  }

  absenceIsCertain(): boolean {
    return this.#healed || this.#network.chance(this.#plan.absenceCertain);
  }

  /** Old addresses of the receiver that are tried before or after the right one. A `once` request has one address. */
  #addresses({ once }: Leg): number {
    if (once || !this.#network.chance(this.#plan.deadAddresses)) return 1;
    return this.#network.whole(2, LIMITS.addressesPerRequestMax);
  }

  #requestMs(leg: Leg): number {
    if (!this.#network.chance(this.#plan.requestDelayed)) return this.#latencyMs(leg);
    this.#faultAt('request delayed', leg);
    return this.#network.spread(100, this.#plan.delayMaxMs);
  }

  #latencyMs({ from, to }: Leg): number {
    const slow = (this.#slow.get(from) ?? 0) + (this.#slow.get(to) ?? 0);
    return this.#network.whole(this.#plan.latencyMinMs, this.#plan.latencyMaxMs) + slow;
  }

  #isCut({ from, to }: Leg): boolean {
    if (this.#partition !== null && this.#partition.has(from) !== this.#partition.has(to)) return true;
    if (this.#isolated.size === 0) return false;
    return this.#isIsolated(from, 'deaf') || this.#isIsolated(to, 'mute');
  }

  /** @param unless the kind of isolation that lets this message pass */
  #isIsolated(peer: PeerId, unless: Isolation): boolean {
    const isolation = this.#isolated.get(peer);
    return isolation !== undefined && isolation.how !== unless && this.#now() < isolation.untilMs;
  }

  // ---- disks and crashes -------------------------------------------------------------------------------------------------

  write(desk: PeerId, entries: number): WriteFate {
    if (this.#healed) return { kind: 'durable' };
    const { crashBeforeWrite, crashAfterWrite, torn, journalFails } = this.#plan;
    const dice = this.#disk;
    if (entries > 1 && dice.chance(torn)) {
      const keep = dice.whole(1, entries - 1);
      this.#fault('group commit torn', `${desk} ${keep} of ${entries}`);
      return { kind: 'torn', keep };
    }
    if (dice.chance(crashBeforeWrite)) {
      this.#fault('crash before a write', desk);
      return { kind: 'crash before' };
    }
    if (dice.chance(crashAfterWrite)) {
      this.#fault('crash after a write', desk);
      return { kind: 'crash after' };
    }
    if (!dice.chance(journalFails)) return { kind: 'durable' };
    this.#fault('journal fails', desk);
    return { kind: dice.chance(0.5) ? 'fails before' : 'fails after' };
  }

  lazyWrite(desk: PeerId): boolean {
    if (this.#healed || !this.#disk.chance(this.#plan.crashAfterWrite)) return false;
    this.#fault('crash after a write', desk);
    return true;
  }

  /** All, none, or some of the lazy entries. */
  tail(desk: PeerId, unsynced: number): number {
    if (unsynced === 0) return 0;
    const kept = this.#disk.pick([0, unsynced, this.#disk.whole(0, unsynced)]);
    if (kept < unsynced) this.#fault('tail lost', `${desk} ${unsynced - kept} of ${unsynced}`);
    return kept;
  }

  send(desk: PeerId): SendFate {
    if (this.#healed || !isOurs(desk)) return 'goes';
    if (this.#death.chance(this.#plan.crashBeforeSend)) {
      this.#fault('crash before a send', desk);
      return 'crash before';
    }
    if (!this.#death.chance(this.#plan.crashAfterSend)) return 'goes';
    this.#fault('crash after a send', desk);
    return 'crash after';
  }

  writeMs(): number {
    return this.#healed ? 1 : this.#disk.whole(0, this.#plan.writeMaxMs);
  }

  startMs(desk: PeerId): number | null {
    if (this.#healed) return HEALTHY_MS;
    if (!this.#death.chance(this.#plan.crashInRecovery)) return this.#death.spread(1, 1_000);
    this.#fault('crash in recovery', desk);
    return null;
  }

  alarmLateMs(desk: PeerId): number {
    if (this.#healed || !this.#disk.chance(this.#plan.alarmLate)) return 0;
    this.#fault('alarm late', desk);
    return this.#disk.spread(1, 10_000);
  }

  restartMs(): number {
    const { restartMinMs, restartMaxMs } = this.#plan;
    return this.#healed ? HEALTHY_MS : this.#death.spread(restartMinMs, restartMaxMs);
  }

  #faultAt(kind: Parameters<Required<Witness>['fault']>[0], { from, to, cmd }: Leg): void {
    this.#fault(kind, `${from} > ${to} ${cmd}`);
  }

  #fault(kind: Parameters<Required<Witness>['fault']>[0], text: string): void {
    this.#witness.fault?.(kind, text);
  }
}
