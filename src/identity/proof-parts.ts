/** Types and helpers for proofs of all formats. */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { DealResult, DealSide, Details, OfferTerms } from '../protocol/messages.ts';
import { parsePayload, type Parsed } from '../wire/message-codec.ts';
import type { SignatureScheme } from './signature-scheme.ts';

/** What a receipt proves: the taker confirmed the offer, and the maker awarded it to this taker, at this price. */
export interface ProvenDeal {
  readonly kind: 'deal';
  readonly terms: OfferTerms;
  readonly taker: PeerId;
  readonly epoch: number;
  /** The taker's bid, else the price of the offer; null when neither has a price. */
  readonly unitPrice: Decimal | null;
  /** The signed reports of the two sides; absent when there are none. */
  readonly reports?: readonly ProvenReport[];
}

export interface ProvenReport {
  readonly by: DealSide;
  readonly result: DealResult;
  readonly details: Details | null;
  /** Milliseconds since 1970, on the clock of the reporting side. */
  readonly at: number;
}

export type Verify = SignatureScheme['verify'];

/** @param part its name in an error */
export function parseMessage(value: unknown, part: string): Parsed {
  return readPart(() => parsePayload(value), part);
}

export function readPart<Value>(parse: () => Value, part: string): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof GrapevineError) throw invalid(`${part} can't be read: ${error.message}`);
    throw error;
  }
}

export function invalid(problem: string): GrapevineError {
  return new GrapevineError('ERR_RECEIPT', problem);
}
