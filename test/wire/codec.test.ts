import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Message, OfferTerms } from '../../src/protocol/messages.ts';
import { ERROR_CODES, GrapevineError, type ErrorCode } from '../../src/protocol/errors.ts';
import { decodeError, decodeResult, encodeAnswer } from '../../src/wire/answer-codec.ts';
import { encodeMessage, parsePayload } from '../../src/wire/message-codec.ts';

const id = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const peerId = id as fc.Arbitrary<PeerId>;
const offerId = id as fc.Arbitrary<OfferId>;
const decimal = fc.constantFrom(
  '1',
  '0.5',
  '8000',
  '0.10000000000000000001',
  '123456789012345678901',
) as fc.Arbitrary<Decimal>;
const time = fc.integer({ min: 0, max: 8_000_000_000_000 });
const epoch = fc.integer({ min: 1, max: 1_000_000 });

function orNull<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.option(arbitrary, { nil: null });
}

const terms: fc.Arbitrary<OfferTerms> = fc
  .record({
    offerId,
    maker: peerId,
    type: fc.constantFrom('buy', 'sell'),
    amount: decimal,
    pair: orNull(fc.constantFrom('BTC/USD', 'job/render')),
    unitPrice: orNull(decimal),
    issuedAt: time,
    validForMs: orNull(fc.integer({ min: 1, max: 1_000_000 })),
  })
  .map(({ validForMs, ...rest }) => ({ ...rest, expiresAt: validForMs === null ? null : rest.issuedAt + validForMs }));

const names = { offerId, maker: peerId, taker: peerId };
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ cmd: fc.constant('offer:new' as const), terms }),
  fc.record({ cmd: fc.constant('offer:accept' as const), ...names }),
  fc.record({
    cmd: fc.constant('offer:accept:approved' as const),
    ...names,
    epoch: orNull(epoch),
    until: orNull(time),
  }),
  fc.record({ cmd: fc.constant('offer:accept:released' as const), ...names, epoch }),
  fc.record({
    cmd: fc.constant('offer:done' as const),
    offerId,
    maker: orNull(peerId),
    outcome: fc.constantFrom('cancelled', 'expired', null),
    winner: fc.constant(null),
    epoch: fc.constant(null),
  }),
  fc.record({
    cmd: fc.constant('offer:done' as const),
    offerId,
    maker: peerId,
    outcome: fc.constant('awarded' as const),
    winner: peerId,
    epoch: orNull(epoch),
  }),
  fc.record({ cmd: fc.constant('offer:status' as const), ...names }),
  fc
    .record({ cmd: fc.constant('desk:hello' as const), desk: peerId, to: orNull(peerId), since: time, upForMs: time })
    .map(({ upForMs, ...rest }) => ({ ...rest, at: rest.since + upForMs })),
  fc.record({
    cmd: fc.constant('offer:list' as const),
    maker: peerId,
    taker: peerId,
    after: orNull(offerId),
    limit: fc.integer({ min: 1, max: 50 }),
  }),
);

describe('messages', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const travelled: unknown = JSON.parse(JSON.stringify(encodeMessage(sent)));
        expect(parsePayload(travelled).message).toEqual(sent);
      }),
      { numRuns: 2_000 },
    );
  });

  it('carry auth beside cmd and body', () => {
    const sent: Message = { cmd: 'offer:status', offerId: 'o' as OfferId, maker: 'm' as PeerId, taker: 't' as PeerId };
    expect(encodeMessage(sent, { key: 1 })).toEqual({
      cmd: 'offer:status',
      body: { offerId: 'o', source: 'm', destination: 't' },
      auth: { key: 1 },
    });
    expect(parsePayload(encodeMessage(sent, { key: 1 })).auth).toEqual({ key: 1 });
  });

  it('of any shape are read or refused with a code, never anything else', () => {
    const almost = message
      .map((sent) => encodeMessage(sent))
      .chain(({ cmd, body }) =>
        fc.dictionary(fc.constantFrom(...Object.keys(body), '__proto__'), fc.jsonValue()).map((junk) => ({
          cmd,
          body: { ...body, ...junk },
        })),
      );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almost), (payload) => {
        try {
          parsePayload(payload);
        } catch (error) {
          expect(error).toBeInstanceOf(GrapevineError);
          expect((error as GrapevineError).message.length).toBeLessThan(250);
        }
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('answers', () => {
  const answers: readonly (readonly [Message['cmd'], Answer])[] = [
    ['offer:accept', { kind: 'queued', position: 3 }],
    ['offer:accept:approved', { kind: 'confirmed', epoch: 2 }],
    ['offer:done', { kind: 'acknowledged' }],
    ['offer:status', { kind: 'status', phase: 'reserved', standing: 'queued', epoch: 7 }],
    ['offer:list', { kind: 'list', offers: [], next: 'o' as OfferId }],
  ];

  it.each(answers)('to %s come back as they were', (cmd, answer) => {
    const { error, result } = encodeAnswer(answer);
    expect(error).toBeNull();
    expect(decodeResult(cmd, JSON.parse(JSON.stringify(result)))).toEqual(answer);
  });

  it('that make no sense are never a yes of ours', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (junk) => {
        expect(['unknown', 'status']).toContain(decodeResult('offer:status', junk).kind);
        expect(['accepted', 'acknowledged']).toContain(decodeResult('offer:done', junk).kind);
        expect(['accepted', 'confirmed']).toContain(decodeResult('offer:accept:approved', junk).kind);
      }),
    );
    expect(decodeResult('offer:accept:approved', { confirmed: 1, epoch: 1 })).toEqual({ kind: 'accepted' });
    expect(decodeResult('offer:accept:approved', null)).toEqual({ kind: 'accepted' });
  });

  it('of clients of the original mean what they mean over there', () => {
    expect(decodeResult('offer:accept', true)).toEqual({ kind: 'accepted' });
    expect(decodeResult('offer:accept', false)).toEqual({ kind: 'declined' });
    expect(decodeResult('offer:accept', null)).toEqual({ kind: 'declined' });
    expect(decodeError('Unable to handle the command')).toEqual({
      code: 'ERR_REFUSED',
      text: 'Unable to handle the command',
    });
  });

  it('that refuse are real errors, whose code survives', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { error, result } = encodeAnswer({ kind: 'refused', code, text: 'because: so' });
      expect(result).toBeNull();
      expect(decodeError(error ?? '')).toEqual({ code, text: 'because: so' });
    }
    expect(decodeError('ERR_MADE_UP: x').code).toBe('ERR_REFUSED');
    expect(decodeError('ERR_OFFER_TAKEN').code).toBe('ERR_OFFER_TAKEN');
  });
});
