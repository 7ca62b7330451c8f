/**
 * A whole desk, and almost-valid messages: properly signed ones with some places changed. Whatever arrives is answered, nothing
 * is thrown, and nothing that is not signed by the one in whose name it is said changes anything: not what the desk knows,
 * and not its journal.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Desk } from '../../src/desk/desk.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { Network, Reply, RequestHandler } from '../../src/ports/network.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { MemoryJournal } from '../../src/store/memory-journal.ts';
import { parsePayload } from '../../src/wire/message-codec.ts';
import { keyedIdentity, signed } from '../../testing/keyed-scheme.ts';
import { ManualClock, settled } from '../../testing/manual-clock.ts';
import { FUZZ_RUNS, FUZZ_SEED, FUZZ_TIMEOUT_MS } from './fuzz-runs.ts';
import { anyMutation, mutated, type Mutation } from './mutations.ts';

const SELF = 'a'.repeat(64) as PeerId;
const MAKER = 'b'.repeat(64) as PeerId;
const TAKER = 'c'.repeat(64) as PeerId;
/** Messages between two looks at the desk. */
const BATCH = 40;

/** A desk with an offer of its own, which is awarded by hand, and a confirmed one of somebody else. */
class Target {
  readonly #clock = new ManualClock();
  readonly #journal = new MemoryJournal();
  readonly #notices: string[] = [];
  #handler: RequestHandler = () => Promise.reject(new Error('not up'));
  #writes = 0;
  readonly #desk: Desk;
  valid: readonly unknown[] = [];

  constructor() {
    const network: Network = {
      start: (handler) => {
        this.#handler = handler;
        return Promise.resolve({ port: 1 });
      },
      request: () => Promise.resolve({ kind: 'unknown', code: 'ERR_TIMEOUT', text: '' }),
      broadcast: () => Promise.resolve({ reached: [], unreached: [] }),
      stop: () => Promise.resolve(),
    };
    const append = this.#journal.append.bind(this.#journal);
    this.#journal.append = (entry) => {
      this.#writes += 1;
      return append(entry);
    };
    this.#desk = new Desk({
      identity: keyedIdentity(SELF),
      network,
      journal: this.#journal,
      clock: this.#clock,
      randomness: { hex: (bytes) => '1'.repeat(2 * bytes) },
      log: silentLog,
    });
    this.#desk.on('notice', ({ event }) => this.#notices.push(event));
  }

  async start(): Promise<void> {
    await this.#desk.start();
    const { offerId } = await this.#desk.announce({ type: 'sell', amount: '1', unitPrice: '10', award: 'manual' });
    const now = this.#clock.now();
    const terms = { offerId: 'theirs', source: MAKER, type: 'buy', amount: 1, issuedAt: now, expiresAt: now + 600_000 };
    const offer = signed({ cmd: 'offer:new', body: terms });
    await this.send(offer);
    await this.#desk.accept('theirs');
    const names = { offerId: 'theirs', source: MAKER, destination: SELF };
    const approval = { ...names, epoch: 2, until: now + 10_000 };
    await this.send(signed({ cmd: 'offer:accept:approved', body: approval }));
    const mine = { offerId, source: SELF, destination: TAKER };
    // What changes something when it is genuine, and is not told as it is.
    this.valid = [
      offer,
      signed({
        cmd: 'offer:done',
        body: { offerId: 'theirs', source: MAKER, outcome: 'awarded', winner: SELF, epoch: 2 },
      }),
      signed({ cmd: 'offer:done', body: { offerId: 'theirs', source: MAKER, outcome: 'cancelled' } }),
      signed({ cmd: 'offer:accept:approved', body: { ...approval, epoch: 3 } }),
      signed({ cmd: 'offer:accept:released', body: { ...names, epoch: 2 } }),
      signed({ cmd: 'offer:new', body: { ...terms, offerId: 'new-one', to: [SELF] } }),
      signed({ cmd: 'offer:accept', body: { ...mine, unitPrice: 11 } }),
      signed({ cmd: 'offer:accept:withdrawn', body: mine }),
      signed({ cmd: 'offer:status', body: mine }),
      signed({ cmd: 'offer:list', body: { source: SELF, destination: TAKER } }),
    ];
  }

  async send(payload: unknown, service: 'direct' | 'broadcast' = 'direct'): Promise<Reply> {
    return this.#handler({ service, payload });
  }

  get known(): string {
    const offers = this.#desk.offers();
    return JSON.stringify([offers, this.#writes, this.#notices.filter((event) => event !== 'peer.contradiction')]);
  }

  stop(): Promise<void> {
    return this.#desk.stop();
  }
}

/** A MAC can only be verified by the one that it is for. */
const identity = keyedIdentity(SELF);

/** Whether it is, after all, what somebody has signed: a change of a field that nobody reads. */
function isGenuine(payload: unknown): boolean {
  try {
    const { message, auth } = parsePayload(payload);
    return !('kind' in identity.authenticate(message, auth));
  } catch {
    return false;
  }
}

interface Attempt {
  readonly of: number;
  readonly changes: readonly Mutation[];
  readonly toAll: boolean;
}

const attempt: fc.Arbitrary<Attempt> = fc.record({
  of: fc.nat(1_000),
  changes: fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
  toAll: fc.boolean(),
});

describe('a desk', () => {
  it(
    'answers every request, and changes its state only for signed messages',
    { timeout: FUZZ_TIMEOUT_MS },
    async () => {
      const target = new Target();
      await target.start();
      const before = target.known;
      let forged = 0;
      const property = fc.asyncProperty(fc.array(attempt, { minLength: BATCH, maxLength: BATCH }), async (attempts) => {
        for (const { of, changes, toAll } of attempts) {
          const payload = mutated(target.valid[of % target.valid.length], changes);
          if (isGenuine(payload)) continue;
          forged += 1;
          const { error } = await target.send(payload, toAll ? 'broadcast' : 'direct');
          expect(error).toMatch(/^ERR_[A-Z_]+: /);
        }
        await settled();
        expect(target.known).toBe(before);
      });
      await fc.assert(property, { numRuns: Math.ceil(FUZZ_RUNS / BATCH), seed: FUZZ_SEED, endOnFailure: true });
      expect(forged).toBeGreaterThan(FUZZ_RUNS / 2);
      // The desk is not deaf: what is genuine does change it.
      await target.send(target.valid[1]);
      expect(target.known).not.toBe(before);
      await target.stop();
    },
  );
});
