/**
 * A model of the original demo's flow, run on the schedule of a recording: same takers, same order of acceptances, same losses, same
 * crashes. It differs from Grapevine in three things: the maker treats a missing answer as a refusal and asks the next taker; a taker
 * treats any approval as the deal, without checking its sender; nothing survives a crash. A restarted maker offers again, and asks
 * the takers that still want the offer, in the order of their first acceptances. Pure.
 */
import type { MessageStep, Recording, Step } from './recording.ts';

export interface NaiveEvent {
  readonly at: number;
  readonly offer: number;
  /**
   * `approved`: the maker sends an approval to `desk`. `took`: `desk` has received one and believes that it has the offer. `refused`:
   * the maker has no answer from `desk` and treats that as a refusal. `awarded`: the maker believes that `desk` has it.
   * `crashed`: `desk` has lost its memory. `offered-again`: the maker has restarted.
   */
  readonly event: 'approved' | 'took' | 'refused' | 'awarded' | 'crashed' | 'offered-again';
  readonly desk: string;
}

export interface NaiveOutcome {
  /** The desks that believe that they have the offer, in the order in which they took it. */
  readonly holders: readonly string[];
  /** The desk that has it, as the maker believes. */
  readonly awardedTo: string | null;
}

export function naiveFlow({ desks, steps }: Recording): readonly NaiveEvent[] {
  const maker = desks.find(({ role }) => role === 'maker')?.name ?? '';
  const offers = steps.filter((step) => step.kind === 'offer');
  return offers.flatMap((opened, index) => {
    const until = offers[index + 1]?.at ?? Infinity;
    const scene = steps.filter((step) => step.at >= opened.at && step.at < until && isOf(step, opened.offer));
    return new NaiveScene(maker, opened.offer, opened.wanted, scene).play();
  });
}

/** The outcome of one offer, as of this time. */
export function naiveOutcome(events: readonly NaiveEvent[], offer: number, at: number): NaiveOutcome {
  const holders: string[] = [];
  let awardedTo: string | null = null;
  for (const { event, desk } of events.filter((each) => each.offer === offer && each.at <= at)) {
    if (event === 'took') holders.push(desk);
    if (event === 'awarded') awardedTo = desk;
    if (event === 'crashed' && holders.includes(desk)) holders.splice(holders.indexOf(desk), 1);
    if (event === 'offered-again') awardedTo = null;
  }
  return { holders, awardedTo };
}

function isOf(step: Step, offer: number): boolean {
  return !('offer' in step) || step.offer === offer;
}

interface Task {
  readonly at: number;
  readonly run: (at: number) => void;
}

/** How long the messages of a recording are on their way. */
export function flightMsOf(steps: readonly Step[]): number {
  return steps.find((step) => step.kind === 'message')?.ms ?? 900;
}

class NaiveScene {
  readonly #maker: string;
  readonly #offer: number;
  readonly #wanted: readonly string[];
  readonly #approvals: readonly MessageStep[];
  readonly #flightMs: number;
  readonly #tasks: Task[] = [];
  readonly #events: NaiveEvent[] = [];
  readonly #interested = new Set<string>();
  readonly #down = new Set<string>();
  #apart: ReadonlySet<string> = new Set();
  /** All takers that have accepted, in the order of their first acceptances. */
  readonly #accepted: string[] = [];
  #queue: string[] = [];
  #isBusy = false;
  #isAwarded = false;
  /** Counts restarts of the maker. Answers to an earlier life are lost. */
  #life = 1;

  constructor(maker: string, offer: number, wanted: readonly string[], steps: readonly Step[]) {
    this.#maker = maker;
    this.#offer = offer;
    this.#wanted = wanted;
    this.#approvals = steps
      .filter((step) => step.kind === 'message')
      .filter(({ command, as }) => command === 'offer:accept:approved' && as === undefined);
    this.#flightMs = flightMsOf(steps);
    for (const step of steps) this.#plan(step);
  }

  play(): readonly NaiveEvent[] {
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) next.run(next.at);
    return this.#events;
  }

  /** The earliest task; of two at the same time, the one that was added first. */
  #takeNext(): Task | undefined {
    let first = 0;
    for (const [index, { at }] of this.#tasks.entries()) if (at < (this.#tasks[first]?.at ?? Infinity)) first = index;
    return this.#tasks.splice(first, 1)[0];
  }

  #plan(step: Step): void {
    switch (step.kind) {
      case 'message':
        if (step.fate === 'arrives' && step.isAnswer === undefined) this.#planMessage(step);
        return;
      case 'notice':
        // Our maker's order of acceptances. Arrival times can differ from it on a busy machine.
        if (step.event === 'acceptance.queued' && step.desk === this.#maker && step.about !== undefined)
          this.#later(step.at, (at) => this.#accept(step.about ?? '', at));
        return;
      case 'down':
        this.#later(step.at, (at) => this.#crash(step.desk, at));
        return;
      case 'up':
        this.#later(step.at, (at) => this.#restart(step.desk, at));
        return;
      case 'cut':
        this.#later(step.at, () => {
          this.#apart = new Set(step.apart);
        });
        return;
      case 'joined':
        this.#later(step.at, () => {
          this.#apart = new Set();
        });
        return;
      default:
    }
  }

  #planMessage(step: MessageStep): void {
    const arrives = step.at + step.ms;
    if (step.command === 'offer:done' && step.as === undefined) {
      // Sent when our maker sends it. A maker that crashes earlier has informed nobody.
      this.#later(step.at, () => {
        if (this.#isAwarded) this.#later(arrives, () => this.#interested.delete(step.to));
      });
      return;
    }
    this.#later(arrives, () => this.#receive(step, arrives));
  }

  /** A message of the recording that the naive desks would also have sent. The model sends the approvals itself. */
  #receive(step: MessageStep, at: number): void {
    const { command, to, from, as, isCopy } = step;
    if (command === 'offer:new' && this.#wanted.includes(to)) this.#interested.add(to);
    if (command === 'offer:accept' && to === this.#maker && isCopy === true) this.#accept(from, at);
    if (command === 'offer:accept:approved' && as !== undefined) this.#take(to, at);
    if (command === 'offer:done') this.#interested.delete(to);
  }

  #accept(taker: string, at: number): void {
    if (this.#down.has(this.#maker)) return;
    if (!this.#accepted.includes(taker)) this.#accepted.push(taker);
    if (this.#isAwarded) return;
    this.#queue.push(taker);
    if (!this.#isBusy) this.#approveNext(at);
  }

  #approveNext(at: number): void {
    const taker = this.#queue.shift();
    this.#isBusy = taker !== undefined;
    if (taker === undefined) return;
    this.#emit(at, 'approved', taker);
    const life = this.#life;
    // The first approval to this taker has the fate of our maker's first approval to it. Others depend on crashes and cuts.
    const ours = this.#approvals.find(({ to, isAnswer }) => to === taker && isAnswer === undefined);
    const isSame = ours !== undefined && ours.at + ours.ms >= at;
    const arrives = isSame ? ours.at + ours.ms : at + this.#flightMs;
    this.#later(arrives, () => {
      const isReached = isSame ? ours.fate === 'arrives' : !this.#down.has(taker) && !this.#isCut(taker);
      const isTaken = isReached && this.#take(taker, arrives);
      const answered = arrives + this.#flightMs;
      const isAnswered = isTaken && !this.#isAnswerLost(taker);
      this.#later(answered, () => {
        if (life === this.#life) this.#onAnswer(taker, isAnswered && !this.#isCut(taker), answered);
      });
    });
  }

  #onAnswer(taker: string, isConfirmed: boolean, at: number): void {
    if (!isConfirmed) {
      this.#emit(at, 'refused', taker);
      this.#approveNext(at);
      return;
    }
    this.#isAwarded = true;
    this.#isBusy = false;
    this.#emit(at, 'awarded', taker);
  }

  /** @returns false if the taker does not want the offer, or no longer */
  #take(taker: string, at: number): boolean {
    if (!this.#interested.delete(taker)) return false;
    this.#emit(at, 'took', taker);
    return true;
  }

  #crash(desk: string, at: number): void {
    this.#down.add(desk);
    this.#interested.delete(desk);
    this.#emit(at, 'crashed', desk);
    if (desk !== this.#maker) return;
    this.#life += 1;
    this.#queue = [];
    this.#isBusy = false;
    this.#isAwarded = false;
  }

  #restart(desk: string, at: number): void {
    this.#down.delete(desk);
    if (desk !== this.#maker) return;
    this.#emit(at, 'offered-again', desk);
    // The announcement and the first acceptance take one flight each.
    this.#later(at + 2 * this.#flightMs, (then) => {
      this.#queue = this.#accepted.filter((taker) => this.#interested.has(taker));
      this.#approveNext(then);
    });
  }

  #isAnswerLost(taker: string): boolean {
    const answer = this.#approvals.find(({ from, isAnswer }) => from === taker && isAnswer === true);
    return answer?.fate === 'lost';
  }

  #isCut(taker: string): boolean {
    return this.#apart.has(taker) !== this.#apart.has(this.#maker);
  }

  #later(at: number, run: (at: number) => void): void {
    this.#tasks.push({ at, run });
  }

  #emit(at: number, event: NaiveEvent['event'], desk: string): void {
    this.#events.push({ at, offer: this.#offer, event, desk });
  }
}
