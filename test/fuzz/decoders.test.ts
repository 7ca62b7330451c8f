/**
 * Every decoder that is given what strangers, files or people wrote: it reads it, or it refuses it with an error of ours, of
 * bounded length, and in time. Nothing else is ever thrown. `FUZZ_RUNS` says how many inputs each gets.
 */
import { generateKeyPairSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer, readChannelAnswer, readRequest } from '../../src/grenache/rpc/envelope.ts';
import { LineSocket } from '../../src/grenache/rpc/line-socket.ts';
import { formatKey, keyOfText, parseKeyText } from '../../src/identity/key-text.ts';
import { UnusableKey } from '../../src/identity/unusable-key.ts';
import { verifyProof } from '../../src/identity/verify-proof.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import type { OfferKey } from '../../src/protocol/ids.ts';
import type { Message } from '../../src/protocol/messages.ts';
import { ruleFromTable } from '../../src/rules/rule-table.ts';
import { ruleFromText } from '../../src/rules/rule-text.ts';
import { decodeRecord } from '../../src/store/record-codec.ts';
import { decodeError, decodeResult, encodeAnswer } from '../../src/wire/answer-codec.ts';
import { authOfResult, readAuth } from '../../src/wire/auth-codec.ts';
import { decimalFromText } from '../../src/wire/decimal.ts';
import { encodeMessage, parsePayload } from '../../src/wire/message-codec.ts';
import { parseJson } from '../../src/wire/parse-json.ts';
import { parseSealedAnswer, parseSealedRequest } from '../../src/wire/sealed-codec.ts';
import { anyAnswer, anyAuth, anyMessage } from '../wire/any-message.ts';
import { EVERY_RECORD } from '../store/every-record.ts';
import { FUZZ_RUNS, FUZZ_SEED, FUZZ_TIMEOUT_MS } from './fuzz-runs.ts';
import { mutated, mutatedText, someMutations } from './mutations.ts';

/** More than any error of ours has. */
const TEXT_MAX = 2_000;

function survives(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof GrapevineError) && !(error instanceof UnusableKey)) throw error;
    expect(error.message.length).toBeLessThan(TEXT_MAX);
  }
}

function almost(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof(
    { arbitrary: fc.tuple(valid, someMutations).map(([value, changes]) => mutated(value, changes)), weight: 4 },
    { arbitrary: fc.jsonValue(), weight: 1 },
  );
}

const payload = fc.tuple(anyMessage, anyAuth).map(([message, auth]) => encodeMessage(message, auth));
const result = fc.tuple(anyAnswer, anyAuth).map(([answer, auth]) => encodeAnswer(answer, auth).result);
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const jsonText = fc.oneof(
  mutatedText(payload.map((each) => JSON.stringify(['rid', 'key', each]))),
  mutatedText(result.map((each) => JSON.stringify(['rid', null, each]))),
  fc.string({ unit: 'binary' }),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => '['.repeat(depth)),
);
const lines = fc.oneof(
  bytes,
  jsonText.map((text) => Buffer.from(text)),
);
const COMMANDS: readonly [Message['cmd'], ...Message['cmd'][]] = [
  'offer:new',
  'offer:accept',
  'offer:accept:approved',
  'offer:accept:released',
  'offer:accept:withdrawn',
  'offer:done',
  'offer:status',
  'offer:list',
];

const base64url = fc.uint8Array({ maxLength: 96 }).map((array) => Buffer.from(array).toString('base64url'));
const sealed = fc
  .record({ destination: fc.constant('f'.repeat(64)), enc: base64url, ciphertext: base64url })
  .map((body) => ({ cmd: 'sealed', body }));

const signedPart = fc.tuple(payload, anyAuth).map(([message, auth]) => ({ ...message, auth }));
const proof = fc.oneof(
  fc.record({
    grapevine: fc.constant('receipt/1'),
    offer: signedPart,
    acceptance: signedPart,
    approval: signedPart,
    confirmation: result,
    award: fc.oneof(signedPart, result),
  }),
  fc.record({
    grapevine: fc.constant('equivocation/1'),
    maker: fc.constant('f'.repeat(64)),
    offerId: fc.constant('one'),
    statements: fc.tuple(signedPart, signedPart),
  }),
);

const keyText = fc.constantFrom(
  ...[0, 1].map(() => formatKey(generateKeyPairSync('ed25519').privateKey, undefined)),
  '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIG=\n-----END ENCRYPTED PRIVATE KEY-----\n',
);
const rule = fc.constantFrom(
  'deny pair=BTC/* amount>1.5',
  'all',
  'sell pair=BTC/USD price>=8000 daily-amount<=10',
  `maker=${'f'.repeat(64)} valid-for>=10s`,
);
const table = fc.record({ pair: fc.constant('BTC/USD'), type: fc.constant('buy'), deny: fc.boolean() });
const kept = EVERY_RECORD.flatMap(({ offer, records }) => records.map(({ role, record }) => ({ offer, role, record })));
const journalled = fc
  .tuple(fc.constantFrom(...kept), someMutations, fc.boolean())
  .chain(([{ offer, role, record }, changes, asText]) => {
    const body = asText
      ? mutatedText(fc.constant(JSON.stringify(record)))
      : fc.constant(JSON.stringify(mutated(record, changes)));
    return body.map((text) => ({ offer, role, text }));
  });

const DECODERS: readonly (readonly [name: string, input: fc.Arbitrary<unknown>, decode: (input: never) => unknown])[] =
  [
    ['the envelope of a request', lines, (input: Buffer) => readRequest(input)],
    ['JSON', jsonText, (input: string) => parseJson(input)],
    ['a message', almost(payload), (input: unknown) => parsePayload(input)],
    ['an offer in particular', almost(payload), (input: unknown) => parsePayload({ cmd: 'offer:new', body: input })],
    ['an answer', almost(result), (input: unknown) => COMMANDS.map((cmd) => decodeResult(cmd, input))],
    ['an error', fc.string({ unit: 'binary' }), (input: string) => decodeError(input)],
    ['auth', almost(anyAuth), (input: unknown) => [readAuth(input), authOfResult(input)]],
    ['a sealed request', almost(sealed), (input: unknown) => parseSealedRequest(input)],
    [
      'a sealed answer',
      almost(base64url.map((text) => ({ sealed: text }))),
      (input: unknown) => parseSealedAnswer(input),
    ],
    ['a receipt or a proof', almost(proof), (input: unknown) => verifyProof(input)],
    ['a key file', mutatedText(keyText), (input: string) => keyOfText(parseKeyText(input), undefined)],
    ['a rule as text', mutatedText(rule), (input: string) => ruleFromText(input)],
    ['a rule as a table', almost(table), (input: unknown) => ruleFromTable(input)],
    [
      'a decimal',
      fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,80}$/)),
      (input: string) => decimalFromText(input),
    ],
    [
      'a record of the journal',
      journalled,
      ({ offer, role, text }: { offer: OfferKey; role: string; text: string }) => decodeRecord(offer, role, text),
    ],
  ];

describe('any input gives a value or an error with a code', () => {
  it.each(DECODERS)('%s', { timeout: FUZZ_TIMEOUT_MS }, (_name, input, decode) => {
    const property = fc.property(input, (value) => {
      survives(() => decode(value as never));
    });
    fc.assert(property, { numRuns: FUZZ_RUNS, seed: FUZZ_SEED });
  });

  it('as an answer of a peer', { timeout: FUZZ_TIMEOUT_MS }, () => {
    const property = fc.property(lines, fc.constantFrom(200, 400, 503), (body, status) => {
      expect(['answer', 'error', 'unknown']).toContain(readAnswer('rid', status, body).kind);
      expect([null, 'string']).toContain(readChannelAnswer(body) === null ? null : 'string');
    });
    fc.assert(property, { numRuns: FUZZ_RUNS, seed: FUZZ_SEED });
  });
});

// ---- lines on a channel -------------------------------------------------------------------------------------------------

const LINE_MAX = 64;

/** A connection without a network. */
class Wire extends Duplex {
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  override _read(): void {
    // Pushed from outside.
  }
  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    done();
  }
}

function linesOf(chunks: readonly Buffer[]): { readonly lines: string[]; readonly isOpen: boolean } {
  const wire = new Wire();
  const seen: string[] = [];
  const channel = new LineSocket(wire as unknown as Socket, Buffer.alloc(0), {
    lineMaxBytes: LINE_MAX,
    linesPerTurn: 1_000,
    lineTimeoutMs: 60_000,
    idleTimeoutMs: 60_000,
    onLine: (line) => seen.push(line.toString('latin1')),
    onClose: () => undefined,
  });
  for (const chunk of chunks) if (channel.isOpen) wire.emit('data', chunk);
  const { isOpen } = channel;
  channel.destroy();
  // What `close` does, without waiting for it: no timer is left.
  wire.emit('close');
  return { lines: seen, isOpen };
}

describe('a channel', () => {
  it('returns the same lines however they are split, and none that is too long', { timeout: FUZZ_TIMEOUT_MS }, () => {
    const line = fc.oneof(
      fc.string({ maxLength: LINE_MAX }),
      fc.string({ minLength: LINE_MAX, maxLength: 3 * LINE_MAX }),
    );
    const property = fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 20 }),
      (texts, cuts) => {
        const whole = Buffer.from(texts.map((text) => `${text.replaceAll('\n', '')}\n`).join(''), 'latin1');
        const chunks: Buffer[] = [];
        let from = 0;
        for (const cut of cuts) chunks.push(whole.subarray(from, (from += cut)));
        chunks.push(whole.subarray(from));
        const wanted = whole.toString('latin1').split('\n').slice(0, -1);
        const firstTooLong = wanted.findIndex((each) => each.length > LINE_MAX);
        const { lines: seen, isOpen } = linesOf(chunks);
        expect(seen).toEqual((firstTooLong < 0 ? wanted : wanted.slice(0, firstTooLong)).filter((each) => each !== ''));
        expect(isOpen).toBe(firstTooLong < 0);
      },
    );
    fc.assert(property, { numRuns: FUZZ_RUNS, seed: FUZZ_SEED });
  });
});
