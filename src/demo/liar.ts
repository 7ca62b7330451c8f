/**
 * A peer of the theatre that forges. It hears what everybody hears, and speaks in the maker's name: it tells a taker that it has the
 * offer, and everybody that the offer is gone. It has no key of the maker, so what should prove who speaks is made up.
 */
import type { Network } from '../ports/network.ts';
import type { Randomness } from '../ports/randomness.ts';
import { PROTOCOL_VERSION } from '../wire/statement.ts';

const MAC_BYTES = 32;
const NONCE_BYTES = 16;
const SIGNATURE_BYTES = 64;
const HOLD_MS = 10_000;
/** The first one of a maker's first life: a good guess. */
const FIRST_EPOCH = 2 ** 20 + 1;

export interface Forgery {
  readonly maker: string;
  readonly offerId: string;
  /** It is told that it has the offer. */
  readonly victim: string;
  readonly now: number;
  /** Between the one and the other. */
  readonly pause: () => Promise<void>;
}

/** Sends both forgeries; what comes of them is on the network that it is given. */
export async function forge(network: Network, randomness: Randomness, forgery: Forgery): Promise<void> {
  const { maker, offerId, victim, now, pause } = forgery;
  const epoch = FIRST_EPOCH;
  const text = (bytes: number): string => Buffer.from(randomness.hex(bytes), 'hex').toString('base64url');
  const approved = {
    cmd: 'offer:accept:approved',
    body: { offerId, source: maker, destination: victim, epoch, until: now + HOLD_MS },
    auth: { v: PROTOCOL_VERSION, mac: text(MAC_BYTES), nonce: randomness.hex(NONCE_BYTES) },
  };
  const done = {
    cmd: 'offer:done',
    body: { offerId, source: maker, outcome: 'awarded', winner: victim, epoch },
    auth: { v: PROTOCOL_VERSION, sig: text(SIGNATURE_BYTES) },
  };
  const answered = network.request(victim, approved);
  await pause();
  await Promise.all([answered, network.broadcast(done)]);
}
