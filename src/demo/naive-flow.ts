/**
 * The flow of the original demo, as a model: what it would have made of the schedule of a recording. Same takers, same order of
 * arrival, same losses, same crashes. Three things are different from ours: a maker takes a missing answer for a refusal and asks
 * the next taker; a taker takes an approval for the deal, whoever sends it; nobody remembers anything after a crash. A maker that
 * comes back offers again, and goes on with those who still want the offer, in the order in which they came.
 *
 * Pure: a recording gives one story.
 */
import type { MessageStep, Recording, Step } from './recording.ts';

export interface NaiveEvent {
  readonly at: number;
  readonly offer: number;
  /**
   * `asked`: the maker sends `desk` its approval. `took`: `desk` has received one and believes that it has the offer. `refused`: the
   * maker has no answer of `desk` and takes that for a no. `gave`: the maker believes that `desk` has it. `forgot`: a crash.
   */
  readonly event: 'asked' | 'took' | 'refused' | 'gave' | 'forgot' | 'offered-again';
  readonly desk: string;
}

export interface NaiveOutcome {
  /** The desks that believe that they have the offer, in the order in which they took it. */
  readonly holders: readonly string[];
  /** Whom the maker takes for the winner. */
  readonly gaveTo: string | null;
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

/** How one offer stands at a time. */
export function naiveOutcome(events: readonly NaiveEvent[], offer: number, at: number): NaiveOutcome {
  const holders: string[] = [];
  let gaveTo: string | null = null;
  for (const { event, desk } of events.filter((each) => each.offer === offer && each.at <= at)) {
    if (event === 'took') holders.push(desk);
    if (event === 'gave') gaveTo = desk;
    if (event === 'forgot' && holders.includes(desk)) holders.splice(holders.indexOf(desk), 1);
    if (event === 'offered-again') gaveTo = null;
  }
  return { holders, gaveTo };
}

function isOf(step: Step, offer: number): boolean {
  return !('offer' in step) || step.offer === offer;
}

interface Due {
  readonly at: number;
  readonly run: (at: number) => void;
}

const COMMON_FLIGHT_MS = 900;

class NaiveScene {
  readonly #maker: string;
  readonly #offer: number;
  readonly #wanted: readonly string[];
  readonly #approvals: readonly MessageStep[];
  readonly #flightMs: number;
  readonly #due: Due[] = [];
  readonly #events: NaiveEvent[] = [];
  readonly #interested = new Set<string>();
  readonly #down = new Set<string>();
  #apart: ReadonlySet<string> = new Set();
  /** In the order in which they have first come; a maker that comes back goes on with them. */
  readonly #came: string[] = [];
  #queue: string[] = [];
  #isBusy = false;
  #isGiven = false;
  /** Which life of the maker it is: answers to an earlier one find nobody. */
  #life = 1;

  constructor(maker: string, offer: number, wanted: readonly string[], steps: readonly Step[]) {
    this.#maker = maker;
    this.#offer = offer;
    this.#wanted = wanted;
    const messages = steps.filter((step) => step.kind === 'message');
    this.#approvals = messages.filter((step) => isApproval(step) && step.as === undefined);
    this.#flightMs = messages[0]?.ms ?? COMMON_FLIGHT_MS;
    for (const step of steps) this.#plan(step);
  }

  play(): readonly NaiveEvent[] {
    for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) next.run(next.at);
    return this.#events;
  }

  #takeNext(): Due | undefined {
    let first = 0;
    for (const [index, { at }] of this.#due.entries()) if (at < (this.#due[first]?.at ?? Infinity)) first = index;
    return this.#due.splice(first, 1)[0];
  }

  #plan(step: Step): void {
    switch (step.kind) {
      case 'message':
        if (step.fate === 'arrives' && step.isAnswer === undefined) this.#planMessage(step);
        return;
      case 'notice':
        // In the order in which our maker took them: how long a message flies is not the whole truth on a busy machine.
        if (step.event === 'acceptance.queued' && step.desk === this.#maker && step.about !== undefined)
          this.#later(step.at, (at) => this.#accept(step.about ?? '', at));
        return;
      case 'down':
        this.#later(step.at, (at) => this.#crash(step.desk, at));
        return;
      case 'up':
        this.#later(step.at, (at) => this.#comeBack(step.desk, at));
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
      // Its word that the offer is gone leaves when ours does: a maker that crashes before that has told nobody.
      this.#later(step.at, () => {
        if (this.#isGiven) this.#later(arrives, () => this.#interested.delete(step.to));
      });
      return;
    }
    this.#later(arrives, () => this.#receive(step, arrives));
  }

  /** What our desks have sent and these would have sent as well; approvals are sent by this model itself. */
  #receive(step: MessageStep, at: number): void {
    const { command, to, from, as, isCopy } = step;
    if (command === 'offer:new' && this.#wanted.includes(to)) this.#interested.add(to);
    if (command === 'offer:accept' && to === this.#maker && isCopy === true) this.#accept(from, at);
    if (command === 'offer:accept:approved' && as !== undefined) this.#take(to, at);
    if (command === 'offer:done') this.#interested.delete(to);
  }

  #accept(taker: string, at: number): void {
    if (this.#down.has(this.#maker)) return;
    if (!this.#came.includes(taker)) this.#came.push(taker);
    if (this.#isGiven) return;
    this.#queue.push(taker);
    if (!this.#isBusy) this.#approveNext(at);
  }

  #approveNext(at: number): void {
    const taker = this.#queue.shift();
    this.#isBusy = taker !== undefined;
    if (taker === undefined) return;
    this.#tell(at, 'asked', taker);
    const life = this.#life;
    // Where our maker asked the same taker for the first time, the same happens to the message; else it meets what is there.
    const ours = this.#approvals.find(({ to, isAnswer }) => to === taker && isAnswer === undefined);
    const isSame = ours !== undefined && ours.at + ours.ms >= at;
    const arrives = isSame ? ours.at + ours.ms : at + this.#flightMs;
    this.#later(arrives, () => {
      const isReached = isSame ? ours.fate === 'arrives' : !this.#down.has(taker) && !this.#isCut(taker);
      const isTaken = isReached && this.#take(taker, arrives);
      const answered = arrives + this.#flightMs;
      const isHeard = isTaken && !this.#isAnswerLost(taker);
      this.#later(answered, () => {
        if (life === this.#life) this.#answered(taker, isHeard && !this.#isCut(taker), answered);
      });
    });
  }

  #answered(taker: string, isYes: boolean, at: number): void {
    if (!isYes) {
      this.#tell(at, 'refused', taker);
      this.#approveNext(at);
      return;
    }
    this.#isGiven = true;
    this.#isBusy = false;
    this.#tell(at, 'gave', taker);
  }

  /** @returns false when it does not want it, or not any more */
  #take(taker: string, at: number): boolean {
    if (!this.#interested.delete(taker)) return false;
    this.#tell(at, 'took', taker);
    return true;
  }

  #crash(desk: string, at: number): void {
    this.#down.add(desk);
    this.#interested.delete(desk);
    this.#tell(at, 'forgot', desk);
    if (desk !== this.#maker) return;
    this.#life += 1;
    this.#queue = [];
    this.#isBusy = false;
    this.#isGiven = false;
  }

  #comeBack(desk: string, at: number): void {
    this.#down.delete(desk);
    if (desk !== this.#maker) return;
    this.#tell(at, 'offered-again', desk);
    // Two flights: the announcement, and the first acceptance.
    this.#later(at + 2 * this.#flightMs, (then) => {
      this.#queue = this.#came.filter((taker) => this.#interested.has(taker));
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
    this.#due.push({ at, run });
  }

  #tell(at: number, event: NaiveEvent['event'], desk: string): void {
    this.#events.push({ at, offer: this.#offer, event, desk });
  }
}

function isApproval({ command }: MessageStep): boolean {
  return command === 'offer:accept:approved';
}
