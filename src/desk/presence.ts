/**
 * Announces that this desk is up, and finds out which others are. A desk broadcasts a hello when it starts, and from
 * time to time afterwards. Each receiver answers at once with its own latest hello, so after one round trip both sides
 * know each other. In a large network, a hello goes to some desks, chosen at random each time. Unlike an offer, a hello
 * is valid only for a short time.
 */
import type { Alarm, Clock } from '../ports/clock.ts';
import type { Author, Identity } from '../ports/identity.ts';
import { backOffMs, sortByHash } from '../protocol/back-off.ts';
import type { PeerId } from '../protocol/ids.ts';
import { TRANSPORT_LIMITS } from '../transport/limits.ts';
import { DESK_LIMITS } from './limits.ts';
import { refusal, type Answer, type DeskHello } from '../protocol/messages.ts';
import { encodeMessage, parsePayload, type Payload } from '../wire/message-codec.ts';
import type { Outbox } from './outbox.ts';
import type { Originals } from './originals.ts';
import type { Peers } from './peers.ts';

export interface PresenceInit {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly peers: Peers;
  readonly originals: Originals;
  /** Whether we answer a hello of this desk. */
  readonly allows: (id: PeerId) => boolean;
  /** The number of our open offers, and a number that is cheap to read and changes when `openOffers` may change. */
  readonly openOffers: () => number;
  readonly offersVersion: () => number;
  /** Called for each valid hello in an answer to ours. */
  readonly helloAccepted: (hello: DeskHello) => void;
  /** Whether links are needed and none is missing, so that fewer hellos are enough. */
  readonly hasLinks: () => boolean;
  /** Called with the largest number of addresses that a lookup found. */
  readonly addressesFound: (addresses: number) => void;
  readonly failed: (error: unknown) => void;
}

/** One hello in one network: the largest number of addresses that a lookup found, and how many more get the hello. */
interface Round {
  most: number;
  left: number;
}

/** If the wall clock is set back by more than this, other desks see a new start of ours. */
const SET_BACK_MS = 1_000;

export class Presence {
  readonly #init: PresenceInit;
  #alarm: Alarm | null = null;
  #helloCount = 0;
  /** Addresses that have answered since the start: the next early hellos go only to the others. */
  readonly #answeredAt = new Set<string>();
  /** When we started, on both clocks; null before the start and after the stop. */
  #since: { wall: number; readonly monotonic: number } | null = null;
  /** Our latest broadcast hello, which is also our answer to the hellos of others. */
  #latest: { readonly payload: Promise<Payload>; readonly signedAt: number; readonly state: number } | null = null;

  constructor(init: PresenceInit) {
    this.#init = init;
  }

  start(): void {
    const { clock } = this.#init;
    this.#since = { wall: clock.now(), monotonic: clock.monotonicNow() };
    this.#nextHello();
  }

  stop(): void {
    this.#answeredAt.clear();
    this.#since = null;
    this.#latest = null;
    this.#alarm?.cancel();
  }

  onHello(hello: DeskHello, { auth }: Author): Answer {
    const { clock, identity, peers } = this.#init;
    if (auth === undefined) return refusal('ERR_UNSIGNED', 'a hello must have a MAC or a signature');
    if (hello.desk === identity.id)
      return refusal('ERR_CONTRADICTION', 'this hello names the receiving desk as its sender');
    const now = clock.now();
    const differenceMs = Math.abs(hello.at - now);
    if (differenceMs > DESK_LIMITS.helloWindowMs) {
      return refusal(
        'ERR_NOT_FRESH',
        `the time in this hello differs from our clock by ${Math.round(differenceMs / 1_000)} s`,
      );
    }
    if (!peers.onHello(hello, now)) return refusal('ERR_NOT_FRESH', 'this hello is not newer than your last one');
    return { kind: 'acknowledged' };
  }

  /** Our answer to a broadcast hello; null: none. */
  async replyTo(desk: PeerId): Promise<{ readonly hello: Payload } | null> {
    if (this.#since === null || desk === this.#init.identity.id || !this.#init.allows(desk)) return null;
    return { hello: await this.#hello() };
  }

  #nextHello(): void {
    const { clock, identity } = this.#init;
    this.#helloCount += 1;
    this.#latest = null;
    this.#broadcastHello().catch(this.#init.failed);
    const inMs = backOffMs(this.#helloCount, DESK_LIMITS.helloMinMs, DESK_LIMITS.helloMaxMs, `${identity.id} hello`);
    this.#alarm = clock.wakeAtMonotonic(clock.monotonicNow() + inMs, () => this.#nextHello());
  }

  async #broadcastHello(): Promise<void> {
    const { outbox, originals, failed } = this.#init;
    const desks = new Set<string>();
    const rounds = new Map<number, Round>();
    const { reached, unreached } = await outbox.sendToAll(await this.#hello(), {
      brief: true,
      select: (addresses, network = 0) => {
        const round = rounds.get(network) ?? { most: 0, left: this.#helloAddresses() };
        rounds.set(network, round);
        // `addresses` does not contain those that already got this hello.
        round.most = Math.max(round.most, addresses.length);
        this.#init.addressesFound(Math.max(...[...rounds.values()].map(({ most }) => most)));
        return this.#select(addresses, round);
      },
      onAnswer: (address, result, network = 0) => {
        const hello = readHello(result);
        if (hello === null) return;
        desks.add(address);
        this.#onAnswer(address, hello, network).catch(failed);
      },
    });
    for (const { address, code } of unreached) {
      if (code === 'ERR_REFUSED') originals.onAnswer(address, false);
      else originals.onNoAnswer(address);
    }
    for (const address of reached) originals.onAnswer(address, desks.has(address));
  }

  /** Signed once for all answers within a short time. */
  #hello(): Promise<Payload> {
    const { clock, identity, openOffers } = this.#init;
    const [signedAt, state] = [clock.monotonicNow(), this.#init.offersVersion()];
    const latest = this.#latest;
    if (latest?.state === state && signedAt - latest.signedAt < DESK_LIMITS.helloReusedMs) return latest.payload;
    const at = clock.now();
    const offers = openOffers();
    const hello: DeskHello = { cmd: 'desk:hello', desk: identity.id, to: null, at, since: this.#sinceAt(at), offers };
    this.#latest = { signedAt, state, payload: this.#signed(hello) };
    return this.#latest.payload;
  }

  async #signed(hello: DeskHello): Promise<Payload> {
    return encodeMessage(hello, await this.#init.identity.sign(hello));
  }

  /** A direct hello that asks for a link. */
  linkTo(to: PeerId): DeskHello {
    return { ...this.helloTo(to), link: true };
  }

  /** A direct hello. */
  helloTo(to: PeerId): DeskHello {
    const at = this.#init.clock.now();
    return { cmd: 'desk:hello', desk: this.#init.identity.id, to, at, since: this.#sinceAt(at) };
  }

  /** When we started, by the present wall clock. */
  #sinceAt(at: number): number {
    const since = this.#since;
    if (since === null) return at;
    const sinceNow = at - Math.round(this.#init.clock.monotonicNow() - since.monotonic);
    if (sinceNow < since.wall - SET_BACK_MS) since.wall = sinceNow;
    return Math.min(since.wall, at);
  }

  /** Whether the interval of hellos is still growing. */
  get #isEarly(): boolean {
    return DESK_LIMITS.helloMinMs * 2 ** (this.#helloCount - 1) <= DESK_LIMITS.helloMaxMs;
  }

  /** All addresses in a small network; in a large one, some, chosen at random each time. */
  #select(addresses: readonly string[], round: Round): readonly string[] {
    if (!this.#isEarly) this.#answeredAt.clear();
    const missing = addresses.filter((address) => !this.#answeredAt.has(address));
    if (round.most < TRANSPORT_LIMITS.meshFrom) return missing;
    const watched = this.#watched(addresses);
    const seed = `${this.#init.identity.id} ${this.#helloCount}`;
    const some = sortByHash(missing, seed).slice(0, round.left);
    round.left -= some.length;
    return [...new Set([...some, ...watched])];
  }

  /** None at first: when many desks start at the same time, they must not be busy with hellos that can wait. */
  #watched(addresses: readonly string[]): readonly string[] {
    const watched = this.#init.originals.onLookup(addresses);
    return this.#isEarly ? [] : watched.slice(0, DESK_LIMITS.helloWatchedAddresses);
  }

  /** To how many addresses one hello goes in a large network. */
  #helloAddresses(): number {
    if (this.#helloCount === 1) return DESK_LIMITS.helloFirstAddresses;
    return this.#init.hasLinks() ? DESK_LIMITS.helloLinkedAddresses : DESK_LIMITS.helloAddresses;
  }

  /** Any program may be at this address, so the answer is authenticated like a message. */
  async #onAnswer(
    address: string,
    hello: { readonly message: DeskHello; readonly auth: unknown },
    network: number,
  ): Promise<void> {
    const { identity, peers } = this.#init;
    if (this.#isEarly) this.#answeredAt.add(address);
    if (!peers.isNewer(hello.message)) return;
    const author = await identity.authenticate(hello.message, hello.auth);
    if ('kind' in author || this.#since === null) return;
    if (this.onHello(hello.message, author).kind !== 'acknowledged') return;
    peers.setAddress(hello.message.desk, address, network);
    this.#init.helloAccepted(hello.message);
  }
}

function readHello(result: unknown): { readonly message: DeskHello; readonly auth: unknown } | null {
  try {
    const { message, auth } = parsePayload((result as { hello?: unknown }).hello);
    return message.cmd === 'desk:hello' && message.to === null ? { message, auth } : null;
  } catch {
    return null;
  }
}
