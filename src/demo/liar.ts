/**
 * The liar of the theatre: a peer that forges two messages of the maker, an approval for one taker and the broadcast that the offer
 * is awarded to it. It does not have the maker's key, so MAC and signature are random bytes.
 */
import type { Network } from '../ports/network.ts';
import type { Randomness } from '../ports/randomness.ts';
import { PROTOCOL_VERSION } from '../wire/statement.ts';

const MAC_BYTES = 32;
const NONCE_BYTES = 16;
const SIGNATURE_BYTES = 64;
const HOLD_MS = 10_000;
/** The first epoch of a maker that has never restarted, so the forged epoch is probably right. */
const FIRST_EPOCH = 2 ** 20 + 1;

export interface Forgery {
  readonly maker: string;
  readonly offerId: string;
  /** The taker that receives the forged approval. */
  readonly victim: string;
  readonly now: number;
  /** Waits between the two messages. */
  readonly pause: () => Promise<void>;
}

/** Sends both forgeries. The network records the answers. */
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
