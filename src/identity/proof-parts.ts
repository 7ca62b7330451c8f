/** What proofs of every format are read with. */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { DealResult, DealSide, Details, OfferTerms } from '../protocol/messages.ts';
import { parsePayload, type Parsed } from '../wire/message-codec.ts';
import type { SignatureScheme } from './signature-scheme.ts';

/** What a receipt proves: the maker has awarded this offer to this taker, who had confirmed it, at this price. */
export interface ProvenDeal {
  readonly kind: 'deal';
  readonly terms: OfferTerms;
  readonly taker: PeerId;
  readonly epoch: number;
  /** Of the deal: the taker's bid, else the offer's; null where neither says one. */
  readonly unitPrice: Decimal | null;
  /** How it went, as each side has reported and signed; absent where nobody has. */
  readonly reports?: readonly ProvenReport[];
}

export interface ProvenReport {
  readonly by: DealSide;
  readonly result: DealResult;
  readonly details: Details | null;
  /** Milliseconds since 1970, on the clock of the side that said it. */
  readonly at: number;
}

export type Verify = SignatureScheme['verify'];

export function parsedMessage(value: unknown, what: string): Parsed {
  return readPart(() => parsePayload(value), what);
}

export function readPart<Value>(parse: () => Value, what: string): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GrapevineError) throw wrong(`${what} can't be read: ${error.message}`);
    throw error;
  }
}

export function wrong(problem: string): GrapevineError {
  return new GrapevineError('ERR_RECEIPT', problem);
}
