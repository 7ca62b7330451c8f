/**
 * Says that this desk is there, and hears who else is. Each desk says hello to everybody when it comes up and now and then
 * from then on; whoever hears a life of it for the first time answers with a hello of its own, to it alone, so that a newcomer
 * knows after a moment who is there. A hello is no timeless fact: it counts only while it is fresh, and once.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Sender } from '../ports/identity.ts';
import { backOffMs } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { LIMITS } from '../protocol/limits.ts';
import { refusal, type Answer, type DeskHello } from '../protocol/messages.ts';
import type { Outbox } from './outbox.ts';
import { Lanes } from './lanes.ts';
import type { Peers } from './peers.ts';

export interface PresenceInit {
  readonly self: PeerId;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly peers: Peers;
  /** Whom it answers. */
  readonly admits: (id: PeerId) => boolean;
  readonly failed: (error: unknown) => void;
}

export class Presence {
  readonly #init: PresenceInit;
  readonly #lanes: Lanes;
  /** Newcomers to be answered, and the life that each of them is in. */
  readonly #newcomers = new Map<PeerId, number>();
  #answerAlarm: Alarm | null = null;
  #helloAlarm: Alarm | null = null;
  #helloCount = 0;
  /** When we came up; null while we say nothing. */
  #since: number | null = null;

  constructor(init: PresenceInit) {
    this.#init = init;
    const waitingMax = LIMITS.helloAnswersWaitingMax;
    this.#lanes = new Lanes({ atOnce: LIMITS.helloAnswersAtOnce, waitingMax, failed: init.failed });
  }

  start(): void {
    this.#since = this.#init.clock.now();
    this.#sayHello(this.#since);
  }

  stop(): void {
    this.#since = null;
    this.#helloAlarm?.cancel();
    this.#answerAlarm?.cancel();
    this.#lanes.stop();
  }

  /** Somebody says that it is there. */
  hear(hello: DeskHello, { auth }: Sender): Answer {
    const { clock, peers, self } = this.#init;
    if (auth === undefined) return refusal('ERR_UNSIGNED', 'who is there has to prove it');
    if (hello.desk === self) return refusal('ERR_CONTRADICTION', 'this is our own name');
    const now = clock.now();
    const apartMs = Math.abs(hello.at - now);
    if (apartMs > LIMITS.helloWindowMs) {
      return refusal(
        'ERR_NOT_FRESH',
        `an old hello, or our clocks differ by ${Math.round(apartMs / 1_000).toString()} s`,
      );
    }
    if (!peers.greeted(hello, now)) return refusal('ERR_NOT_FRESH', 'no newer than your last one');
    if (hello.to === null) this.#answerLater(hello);
    // Whoever answers us knows that we are there.
    else peers.told(hello.desk, hello.since);
    return { kind: 'acknowledged' };
  }

  #sayHello(since: number): void {
    const { clock, outbox, self } = this.#init;
    this.#helloCount += 1;
    void outbox.tellAll({ cmd: 'desk:hello', desk: self, to: null, at: clock.now(), since });
    const inMs = backOffMs(this.#helloCount, LIMITS.helloMinMs, LIMITS.helloMaxMs, `${self} hello`);
    this.#helloAlarm = clock.wakeAtMonotonic(clock.monotonicNow() + inMs, () => {
      this.#sayHello(since);
    });
  }

  /** Not at once: many desks that come up together get each answer in a moment of its own, and only one. */
  #answerLater({ desk, since }: DeskHello): void {
    const { clock, peers, self, admits } = this.#init;
    if (this.#since === null || !admits(desk) || peers.isTold(desk, since)) return;
    if (this.#newcomers.size >= LIMITS.helloAnswersWaitingMax) return;
    this.#newcomers.set(desk, since);
    const inMs = backOffMs(1, LIMITS.helloAnswerMs, LIMITS.helloAnswerMs, `${self} answers ${desk}`);
    this.#answerAlarm ??= clock.wakeAtMonotonic(clock.monotonicNow() + inMs, () => {
      this.#answerNewcomers();
    });
  }

  #answerNewcomers(): void {
    this.#answerAlarm = null;
    for (const [desk, since] of this.#newcomers) this.#lanes.add(() => this.#answer(desk, since));
    this.#newcomers.clear();
  }

  async #answer(desk: PeerId, itsSince: number): Promise<void> {
    const { clock, outbox, peers, self } = this.#init;
    const since = this.#since;
    if (since === null) return;
    const hello: DeskHello = { cmd: 'desk:hello', desk: self, to: desk, at: clock.now(), since };
    const { kind } = await outbox.ask({ id: desk, dialect: 'grapevine' }, hello);
    // Else it is answered at its next hello.
    if (kind === 'acknowledged' || kind === 'refused') peers.told(desk, itsSince);
  }
}
