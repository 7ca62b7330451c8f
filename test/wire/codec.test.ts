import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Message } from '../../src/protocol/messages.ts';
import { ERROR_CODES, GrapevineError, type ErrorCode } from '../../src/protocol/errors.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { decodeError, decodeResult, encodeAnswer } from '../../src/wire/answer-codec.ts';
import {
  authToWire,
  readAuth,
  readFormerAuth,
  readSignature,
  authOfResult,
  versionOfAuth,
} from '../../src/wire/auth-codec.ts';
import { encodeMessage, parsePayload } from '../../src/wire/message-codec.ts';
import { anyAnswer, anyAuth, anyMac, anyMessage } from './any-message.ts';
import { effort } from '../effort.ts';

describe('messages', () => {
  it('are the same after encoding and parsing', () => {
    fc.assert(
      fc.property(anyMessage, (sent) => {
        const travelled: unknown = JSON.parse(JSON.stringify(encodeMessage(sent)));
        expect(parsePayload(travelled).message).toEqual(sent);
      }),
      { numRuns: 2_000 },
    );
  });

  it('carry auth beside cmd and body', () => {
    const sent: Message = { cmd: 'offer:status', offerId: 'o' as OfferId, maker: 'm' as PeerId, taker: 't' as PeerId };
    const auth = { sig: 'A'.repeat(86) };
    expect(encodeMessage(sent, auth)).toEqual({
      cmd: 'offer:status',
      body: { offerId: 'o', source: 'm', destination: 't' },
      auth: { v: 2, ...auth },
    });
    expect(parsePayload(encodeMessage(sent, auth)).auth).toEqual({ v: 2, ...auth });
  });

  it('of any shape are parsed or refused with an error code', () => {
    const almost = anyMessage
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
          // Not by `expect`: it costs more than what is tested.
          return error instanceof GrapevineError && error.message.length < 250;
        }
        return true;
      }),
      { numRuns: effort({ short: 2_000, long: 20_000 }) },
    );
  });
});

describe('an optional field', () => {
  const names = { offerId: 'o', source: 'm', destination: 't' };
  /** Each command with its required fields, and its optional ones. */
  it.each<[string, object, readonly string[]]>([
    [
      'offer:new',
      { offerId: 'o', source: 'm', type: 'sell', amount: 1 },
      ['unitPrice', 'pair', 'issuedAt', 'expiresAt', 'award', 'windowMs', 'to', 'details', 'detailsFormat'],
    ],
    ['offer:new', { offerId: 'o', source: 'm', type: 'sell', amount: 1 }, ['reference', 'attempt', 'doneWithinMs']],
    ['offer:accept', names, ['unitPrice']],
    ['offer:accept:approved', names, ['epoch', 'until', 'unitPrice']],
    ['offer:done', { offerId: 'o' }, ['source', 'outcome', 'winner', 'epoch', 'unitPrice']],
    ['deal:report', { ...names, by: 'maker', result: 'done', at: 1 }, ['details', 'detailsFormat']],
    ['offer:list', { source: 'm', destination: 't' }, ['after', 'limit', 'afterMaker', 'digest']],
    ['desk:hello', { source: 'm', at: 1, since: 1 }, ['destination', 'offers', 'link']],
  ])('of %s %j that is null is the same as a missing one: %j', (cmd, body, fields) => {
    const { message } = parsePayload({ cmd, body });
    for (const field of fields) {
      expect(parsePayload({ cmd, body: { ...body, [field]: null } }).message, field).toEqual(message);
    }
  });
});

describe('the policy, the audience and the price of an offer', () => {
  const offer = { offerId: 'o', source: 'm', type: 'sell', amount: 1, issuedAt: 1_000, expiresAt: 61_000 };
  const many = Array.from({ length: LIMITS.directedToMax + 1 }, (_, index) => `desk-${index}`);

  function read(cmd: string, body: object): unknown {
    return parsePayload({ cmd, body }).message;
  }

  it('are accepted if they are consistent', () => {
    expect(read('offer:new', { ...offer, award: 'best', windowMs: 5_000, to: ['a', 'b'] })).toMatchObject({
      terms: { award: 'best', windowMs: 5_000, to: ['a', 'b'] },
    });
    expect(read('offer:new', { ...offer, award: 'manual', to: many.slice(1) })).toMatchObject({
      terms: { award: 'manual', to: { length: LIMITS.directedToMax } },
    });
  });

  it('are the same with the default given or omitted', () => {
    const plain = read('offer:new', offer);
    for (const usual of [{ award: 'first' }, { award: null, windowMs: null, to: null }]) {
      expect(read('offer:new', { ...offer, ...usual })).toEqual(plain);
    }
  });

  it.each([
    [{ award: 'worst' }, 'award'],
    [{ award: 'best' }, 'windowMs'],
    [{ award: 'best', windowMs: 0 }, 'windowMs'],
    [{ award: 'best', windowMs: 1.5 }, 'windowMs'],
    [{ award: 'best', windowMs: LIMITS.validityMaxMs + 1 }, 'windowMs'],
    [{ windowMs: 5_000 }, 'windowMs'],
    [{ award: 'manual', windowMs: 5_000 }, 'windowMs'],
    [{ to: [] }, 'to'],
    [{ to: ['a', 'a'] }, 'to'],
    [{ to: ['a,b'] }, 'to'],
    [{ to: ['a\n'] }, 'to'],
    [{ to: 'a' }, 'to'],
    [{ to: many }, 'to'],
  ])('are refused where they make none: %j', (change, field) => {
    expect(() => read('offer:new', { ...offer, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_MESSAGE', message: expect.stringContaining(field) as string }),
    );
  });

  it.each(['offer:accept', 'offer:accept:approved', 'offer:done'])('a bid in %s is an exact decimal', (cmd) => {
    const body = { offerId: 'o', source: 'm', destination: 't', outcome: 'awarded', winner: 't' };
    expect(read(cmd, { ...body, unitPrice: '8000.50' })).toMatchObject({ unitPrice: '8000.5' });
    expect(read(cmd, { ...body, unitPrice: 8_000.5 })).toMatchObject({ unitPrice: '8000.5' });
    expect(read(cmd, body)).not.toHaveProperty('unitPrice');
    for (const unitPrice of [-1, '1e3', 'much', [1], true]) {
      expect(() => read(cmd, { ...body, unitPrice })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_MESSAGE' }));
    }
  });
});

describe('auth', () => {
  it('is the same after encoding and parsing', () => {
    fc.assert(
      fc.property(fc.oneof(anyAuth, anyMac), (auth) => {
        const travelled: unknown = JSON.parse(JSON.stringify(authToWire(auth)));
        expect(readAuth(travelled)).toEqual(auth);
        expect(authOfResult({ queued: true, auth: travelled })).toEqual('mac' in auth ? { mac: auth.mac } : auth);
        expect(readSignature(travelled)).toEqual('mac' in auth ? null : auth);
        expect(versionOfAuth(travelled)).toBe(2);
      }),
    );
  });

  it('of version 1 is distinguished from an invalid one', () => {
    const sig = 'A'.repeat(86);
    for (const auth of [{ sig }, { sig, nonce: 'f'.repeat(32) }]) {
      expect(versionOfAuth(auth)).toBe(1);
      expect(readFormerAuth(auth)).toEqual(auth);
      expect(readAuth(auth)).toBeNull();
    }
    expect(versionOfAuth({ v: 3, anything: true })).toBe(3);
    for (const auth of [null, 1, 'x', [], {}, { sig: 'x' }, { v: '2', sig }]) expect(versionOfAuth(auth)).toBeNull();
  });

  it.each([
    null,
    [],
    'sig',
    {},
    { v: 2 },
    { sig: 'A'.repeat(86) },
    { v: 1, sig: 'A'.repeat(86) },
    { v: '2', sig: 'A'.repeat(86) },
    { v: 2, sig: 1 },
    { v: 2, sig: 'A'.repeat(85) },
    { v: 2, sig: 'A'.repeat(87) },
    { v: 2, sig: `${'A'.repeat(85)}B` },
    { v: 2, sig: `${'A'.repeat(85)}=` },
    { v: 2, sig: `${'A'.repeat(85)}A\n` },
    { v: 2, sig: 'A'.repeat(86), nonce: 'f'.repeat(32) },
    { v: 2, sig: 'A'.repeat(86), path: '' },
    { v: 2, sig: 'A'.repeat(86), path: 'A'.repeat(367) },
    { v: 2, sig: 'A'.repeat(86), path: ['A'] },
    { v: 2, mac: 1 },
    { v: 2, mac: 'A'.repeat(42), nonce: 'f'.repeat(32) },
    { v: 2, mac: `${'A'.repeat(42)}B`, nonce: 'f'.repeat(32) },
  ])('of another form is none: %j', (auth) => {
    expect(readAuth(auth)).toBeNull();
    expect(authOfResult({ auth })).toBeNull();
  });

  it.each([undefined, null, 1, 'auth', true, []])('is not in a result that is no object: %j', (result) => {
    expect(authOfResult(result)).toBeNull();
  });
});

describe('a nonce', () => {
  it.each([undefined, null, '', 'f'.repeat(31), 'f'.repeat(33), 'F'.repeat(32)])(
    'of another form is none: %j',
    (nonce) => {
      expect(readAuth({ v: 2, mac: 'A'.repeat(43), nonce })).toBeNull();
    },
  );
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

  it('have the signature of the answering desk, also in a refusal', () => {
    fc.assert(
      fc.property(anyAnswer, anyAuth, (answer, auth) => {
        const { error, result } = encodeAnswer(answer, auth);
        expect(error === null).toBe(answer.kind !== 'refused');
        expect(authOfResult(JSON.parse(JSON.stringify(result)))).toEqual(auth);
        if (answer.kind === 'list')
          expect(decodeResult('offer:list', JSON.parse(JSON.stringify(result)))).toEqual(answer);
      }),
    );
  });

  it('that are invalid are never a success', () => {
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

  it('of clients of the original have the meaning that they have in the original', () => {
    expect(decodeResult('offer:accept', true)).toEqual({ kind: 'accepted' });
    expect(decodeResult('offer:accept', false)).toEqual({ kind: 'declined' });
    expect(decodeResult('offer:accept', null)).toEqual({ kind: 'declined' });
    expect(decodeError('Unable to handle the command')).toEqual({
      code: 'ERR_REFUSED',
      text: 'Unable to handle the command',
    });
  });

  it('that refuse are errors with their code', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const { error, result } = encodeAnswer({ kind: 'refused', code, text: 'because: so' });
      expect(result).toBeNull();
      expect(decodeError(error ?? '')).toEqual({ code, text: 'because: so' });
    }
    expect(decodeError('ERR_MADE_UP: x').code).toBe('ERR_REFUSED');
    expect(decodeError('ERR_OFFER_TAKEN').code).toBe('ERR_OFFER_TAKEN');
  });
});
