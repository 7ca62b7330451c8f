/** Small makers of values for the tests of the protocol: names are short and readable, times are plain numbers. */
import type { ErrorCode } from '../../src/protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Dialect, OfferTerms, Peer, SendResult } from '../../src/protocol/messages.ts';
import type { Deadline, StepEnvironment } from '../../src/protocol/step.ts';

/** Any time will do; a round one makes failures readable. */
export const START = 1_000_000;
export const VALIDITY_MS = 120_000;

export function peerId(name: string): PeerId {
  return name as PeerId;
}

export function peer(name: string, dialect: Dialect = 'grapevine'): Peer {
  return { id: peerId(name), dialect };
}

export function offerId(name: string): OfferId {
  return name as OfferId;
}

export const MAKER = peer('maker');

export function terms(change: Partial<OfferTerms> = {}): OfferTerms {
  return {
    offerId: offerId('offer-1'),
    maker: MAKER.id,
    type: 'sell',
    amount: '1' as Decimal,
    pair: 'BTC/USD',
    unitPrice: '60000' as Decimal,
    issuedAt: START,
    expiresAt: START + VALIDITY_MS,
    ...change,
  };
}

/** Freezes a value in depth, so that a step that changes its input throws. What is frozen already is not looked at again. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const part of Object.values(value)) deepFreeze(part);
  return value;
}

/** A copy that shares nothing and that `toEqual` can look into. */
export function snapshot(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(snapshot);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, snapshot(part)]));
}

/** Both clocks show the same number, as long as nobody sets the wall clock. In life 0 epochs begin with 1. */
export function envAt(ms: number, { wallOffsetMs = 0, life = 0, random = 0 } = {}): StepEnvironment {
  return { wallMs: ms + wallOffsetMs, monotonicMs: ms, life, random };
}

/** When something is due, on clocks that show the same number. */
export function dueAt({ wallMs, monotonicMs }: Deadline): number | null {
  if (wallMs === null || monotonicMs === null) return wallMs ?? monotonicMs;
  return Math.min(wallMs, monotonicMs);
}

export const A = peer('A');

export const LOST: SendResult = { kind: 'unknown', code: 'ERR_TIMEOUT' };
export const UNSENT: SendResult = { kind: 'unsent', code: 'ERR_CONNECT' };

export function codeOf(answer: { readonly kind: string; readonly code?: ErrorCode } | null): ErrorCode | null {
  return answer?.code ?? null;
}
