/** Defects that the simulator has found, each reduced to a small test. */
import { describe, expect, it } from 'vitest';
import { offerKey, type Decimal, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { stepMaker } from '../../src/protocol/maker.ts';
import type { MakerState } from '../../src/protocol/maker-state.ts';
import { statusFor } from '../../src/protocol/maker-status.ts';
import type { Message, OfferTerms, Peer } from '../../src/protocol/messages.ts';
import type { MakerInput } from '../../src/protocol/step.ts';

const START = 1_000_000;
const MAKER = 'maker' as PeerId;
const A: Peer = { id: 'a' as PeerId, dialect: 'grapevine' };
const B: Peer = { id: 'b' as PeerId, dialect: 'grapevine' };
const TERMS: OfferTerms = {
  offerId: 'offer' as OfferId,
  maker: MAKER,
  type: 'sell',
  amount: '1' as Decimal,
  pair: null,
  unitPrice: null,
  issuedAt: START,
  expiresAt: START + 600_000,
};

function from(peer: Peer, cmd: 'offer:accept' | 'offer:status'): MakerInput {
  const message: Message = { cmd, offerId: TERMS.offerId, maker: MAKER, taker: peer.id };
  return { kind: 'message', from: peer, message };
}

/** Reserved for A, and B waits. */
function reservedForA(): MakerState {
  const inputs: MakerInput[] = [{ kind: 'open', terms: TERMS }, from(A, 'offer:accept'), from(B, 'offer:accept')];
  let state: MakerState | null = null;
  for (const input of inputs)
    ({ state } = stepMaker(state, input, { wallMs: START, monotonicMs: START, life: 0, random: 0 }));
  if (state?.reservation?.taker.id !== A.id) throw new Error(`not reserved for A: ${offerKey(MAKER, TERMS.offerId)}`);
  return state;
}

describe('found by the simulator', () => {
  // With an alarm that is late (a busy machine, a clock that was set forward) a question may be what ends a hold; the
  // answer then spoke of the offer as it was between that hold and the next one, a state that nobody had ever journalled.
  it.each([A, B])(
    'a question that ends a hold is answered with what is durable when the answer leaves ($id)',
    (asker) => {
      const { state, records, answer } = stepMaker(reservedForA(), from(asker, 'offer:status'), {
        wallMs: START,
        monotonicMs: START + LIMITS.reservationMs,
        life: 0,
        random: 0,
      });
      expect(records.map(({ type }) => type)).toEqual(['released', 'reserved']);
      expect(state?.reservation?.taker).toEqual(B);
      expect(answer).toEqual(state && statusFor(state, asker.id, 0));
      expect(answer).toMatchObject({ phase: 'reserved', standing: asker === B ? 'reserved' : 'none', epoch: 2 });
    },
  );
});
