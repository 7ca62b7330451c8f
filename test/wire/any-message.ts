/** Any message and any answer that is well-formed, as arbitraries of fast-check. */
import fc from 'fast-check';
import { ERROR_CODES, type ErrorCode } from '../../src/protocol/errors.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { Answer, Command, Details, Message, OfferTerms, Signature } from '../../src/protocol/messages.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const anyPeerId = id as fc.Arbitrary<PeerId>;
const anyOfferId = id as fc.Arbitrary<OfferId>;
const anyDecimal = fc.constantFrom(
  '1',
  '0.5',
  '8000',
  '0.10000000000000000001',
  '123456789012345678901',
) as fc.Arbitrary<Decimal>;
const time = fc.integer({ min: 0, max: 8_000_000_000_000 });
const epoch = fc.integer({ min: 1, max: 1_000_000 });

const anySignature = fc
  .uint8Array({ minLength: 64, maxLength: 64 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
export const anyNonce = fc.stringMatching(/^[0-9a-f]{32}$/);
const anyPath = fc
  .uint8Array({ minLength: 50, maxLength: 274 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
export const anyMac = fc.record({
  mac: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  nonce: anyNonce,
});
export const anyAuth: fc.Arbitrary<Signature> = fc.oneof(
  fc.record({ sig: anySignature }),
  fc.record({ sig: anySignature, path: anyPath }),
);

function orNull<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null });
}

const bid = fc.oneof(fc.constant({}), fc.record({ unitPrice: anyDecimal }));
const policy: fc.Arbitrary<Pick<OfferTerms, 'award' | 'windowMs'>> = fc.oneof(
  fc.constant({}),
  fc.constant({ award: 'manual' as const }),
  fc.record({ award: fc.constant('best' as const), windowMs: fc.integer({ min: 1, max: LIMITS.validityMaxMs }) }),
);
const audience: fc.Arbitrary<Pick<OfferTerms, 'to'>> = fc.oneof(
  fc.constant({}),
  fc.record({ to: fc.uniqueArray(anyPeerId, { minLength: 1, maxLength: LIMITS.directedToMax }) }),
);

const anyDetails: fc.Arbitrary<Details> = fc.oneof(
  fc.string({ maxLength: 50 }).map((text): Details => ({ format: 'text', text })),
  fc.jsonValue({ maxDepth: 2 }).map((value): Details => ({ format: 'json', text: JSON.stringify(value) })),
);
const extras: fc.Arbitrary<Pick<OfferTerms, 'details' | 'reference' | 'attempt' | 'doneWithinMs'>> = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      details: anyDetails,
      reference: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:/@+=-]{0,63}$/),
      attempt: fc.integer({ min: 2, max: LIMITS.attemptsMax }),
      doneWithinMs: fc.integer({ min: 1, max: LIMITS.doneWithinMaxMs }),
    },
    { requiredKeys: [] },
  ),
);

const anyTerms: fc.Arbitrary<OfferTerms> = fc
  .tuple(
    fc.record({
      offerId: anyOfferId,
      maker: anyPeerId,
      type: fc.constantFrom('buy' as const, 'sell' as const, 'job' as const),
      amount: anyDecimal,
      pair: orNull(fc.constantFrom('BTC/USD', 'job/render')),
      unitPrice: orNull(anyDecimal),
      issuedAt: time,
      validForMs: orNull(fc.integer({ min: 1, max: 1_000_000 })),
    }),
    policy,
    audience,
    extras,
  )
  .map(([{ validForMs, ...rest }, award, to, more]) => ({
    ...rest,
    expiresAt: validForMs === null ? null : rest.issuedAt + validForMs,
    ...award,
    ...to,
    ...more,
  }));

const names = { offerId: anyOfferId, maker: anyPeerId, taker: anyPeerId };

function withBid<M extends object>(message: fc.Arbitrary<M>): fc.Arbitrary<M & { readonly unitPrice?: Decimal }> {
  return fc.tuple(message, bid).map(([rest, price]) => ({ ...rest, ...price }));
}

/** Each command, as a desk of ours or a client of the original may say it. */
const EACH: { readonly [Cmd in Command]: fc.Arbitrary<Extract<Message, { cmd: Cmd }>> } = {
  'offer:new': fc.record({ cmd: fc.constant('offer:new'), terms: anyTerms }),
  'offer:accept': withBid(fc.record({ cmd: fc.constant('offer:accept'), ...names })),
  'offer:accept:approved': withBid(
    fc.record({ cmd: fc.constant('offer:accept:approved'), ...names, epoch: orNull(epoch), until: orNull(time) }),
  ),
  'offer:accept:released': fc.record({ cmd: fc.constant('offer:accept:released'), ...names, epoch }),
  'offer:accept:withdrawn': fc.record({ cmd: fc.constant('offer:accept:withdrawn'), ...names }),
  'offer:done': fc.oneof(
    fc.record({
      cmd: fc.constant('offer:done'),
      offerId: anyOfferId,
      maker: orNull(anyPeerId),
      outcome: fc.constantFrom('cancelled', 'expired', null),
      winner: fc.constant(null),
      epoch: fc.constant(null),
    }),
    withBid(
      fc.record({
        cmd: fc.constant('offer:done'),
        offerId: anyOfferId,
        maker: anyPeerId,
        outcome: fc.constant('awarded'),
        winner: anyPeerId,
        epoch: orNull(epoch),
      }),
    ),
  ),
  'offer:status': fc.record({ cmd: fc.constant('offer:status'), ...names }),
  'deal:report': fc
    .tuple(
      fc.record({
        cmd: fc.constant('deal:report'),
        ...names,
        by: fc.constantFrom('maker', 'taker'),
        result: fc.constantFrom('done', 'failed'),
        at: time,
      }),
      fc.option(anyDetails, { nil: undefined }),
    )
    .map(([rest, details]) => ({ ...rest, ...(details !== undefined && { details }) })),
  'desk:hello': fc
    .record({
      cmd: fc.constant('desk:hello'),
      desk: anyPeerId,
      to: orNull(anyPeerId),
      since: time,
      upForMs: time,
    })
    .map(({ upForMs, ...rest }) => ({ ...rest, at: rest.since + upForMs })),
  'offer:list': fc.record({
    cmd: fc.constant('offer:list'),
    asked: anyPeerId,
    asking: anyPeerId,
    after: orNull(anyOfferId),
    limit: fc.integer({ min: 1, max: 50 }),
  }),
};

export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...Object.values<fc.Arbitrary<Message>>(EACH));

const listed = fc
  .tuple(anyTerms, fc.option(anyAuth, { nil: undefined }))
  .map(([terms, auth]) => ({ terms, ...(auth !== undefined && { auth }) }));

export const anyAnswer: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ kind: fc.constant('queued' as const), position: fc.nat(256) }),
  fc.record({ kind: fc.constant('confirmed' as const), epoch }),
  fc.constant({ kind: 'acknowledged' as const }),
  fc.record({
    kind: fc.constant('status' as const),
    phase: fc.constantFrom('open', 'reserved', 'awarded', 'cancelled', 'expired'),
    standing: fc.constantFrom('none', 'queued', 'reserved', 'won', 'lost'),
    epoch: fc.nat(1_000_000),
  }),
  fc.record({
    kind: fc.constant('list' as const),
    offers: fc.array(listed, { maxLength: 3 }),
    next: orNull(anyOfferId),
  }),
  fc.record({
    kind: fc.constant('refused' as const),
    code: fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
    text: fc.constant('because'),
  }),
);
