/** Types and helpers for proofs of all formats. */
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal, PeerId } from '../protocol/ids.ts';
import type { Confirmation, DealResult, DealSide, Details, OfferTerms } from '../protocol/messages.ts';
import { isWithinLimit } from '../protocol/price.ts';
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

export type Fields = Readonly<Record<string, unknown>>;

/** No fields for a value that is not an object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

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

/** Two genuine signatures do not make a deal that the offer excludes. */
export function assertAllowed({ terms, taker, unitPrice }: Omit<Confirmation, 'epoch'>): void {
  if (taker === terms.maker) throw invalid('maker and taker are the same');
  if (terms.to?.includes(taker) === false) throw invalid('the offer was not for this taker');
  if (!isWithinLimit(terms, unitPrice)) throw invalid("the price is worse for the maker than the offer's");
}

export function invalid(problem: string): GrapevineError {
  return new GrapevineError('ERR_RECEIPT', problem);
}
