/** The meaning of an answer, and the proof of its sender: any program may be at the address of a desk. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AnswerReader } from '../../src/desk/answer-reader.ts';
import type { Author } from '../../src/ports/identity.ts';
import type { RequestResult } from '../../src/ports/network.ts';
import type { OfferId, PeerId } from '../../src/protocol/ids.ts';
import { refusal, type Answer, type AnswerAuth, type Message, type MessageAuth } from '../../src/protocol/messages.ts';
import { encodeAnswer } from '../../src/wire/answer-codec.ts';
import { keyedIdentity, type SyncIdentity } from '../../testing/keyed-scheme.ts';

const MAKER = 'a'.repeat(64) as PeerId;
const TAKER = 'b'.repeat(64) as PeerId;
const STRANGER = 'c'.repeat(64) as PeerId;
const names = { offerId: 'one' as OfferId, maker: MAKER, taker: TAKER };
const QUESTION: Message = { cmd: 'offer:status', ...names };
/** Its seal is the signature under the end of the offer. */
const LOST: Answer = { kind: 'status', phase: 'awarded', standing: 'lost', epoch: 1, winner: STRANGER };
/** Its seal is a MAC. */
const WAITS: Answer = { kind: 'status', phase: 'open', standing: 'queued', epoch: 1 };

let taker: SyncIdentity;
let maker: SyncIdentity;
let sent: MessageAuth;

beforeEach(() => {
  taker = keyedIdentity(TAKER);
  maker = keyedIdentity(MAKER);
  sent = taker.sign(QUESTION);
});

function reader(from: 'grapevine' | 'original' = 'grapevine'): AnswerReader {
  return new AnswerReader(taker, { from: { id: MAKER, dialect: from }, request: QUESTION, sent });
}

function asked(by: MessageAuth = sent): Author {
  return { peer: { id: TAKER, dialect: 'grapevine', verified: true }, auth: by };
}

/** As it arrives. */
function arrived(answer: Answer, auth: AnswerAuth | undefined): RequestResult {
  const { error, result } = JSON.parse(JSON.stringify(encodeAnswer(answer, auth))) as {
    error: string | null;
    result: unknown;
  };
  return error === null ? { kind: 'answer', result } : { kind: 'error', error, result };
}

describe('an answer of another desk', () => {
  it('signed by the desk that was asked counts, and includes the proof', () => {
    const auth = maker.signAnswer(QUESTION, asked(), LOST);
    const result = arrived(LOST, auth);
    expect(reader().isGenuine(result)).toBe(true);
    expect(auth).toHaveProperty('sig');
    expect(reader().read(result)).toEqual({ ...LOST, auth });
  });

  it('may be a refusal', () => {
    const no = refusal('ERR_OFFER_UNKNOWN', 'no such offer here');
    const result = arrived(no, maker.signAnswer(QUESTION, asked(), no));
    expect(reader().isGenuine(result)).toBe(true);
    expect(reader().read(result)).toEqual(no);
  });

  const stranger = (): SyncIdentity => keyedIdentity(STRANGER);
  const other: Message = { ...QUESTION, offerId: 'two' as OfferId };
  it.each<[string, Answer, () => AnswerAuth | undefined]>([
    ['that is not signed', LOST, () => undefined],
    ['signed by another desk at the address', LOST, () => stranger().signAnswer(QUESTION, asked(), LOST)],
    ['with a random signature', LOST, () => ({ sig: 'A'.repeat(86) })],
    ['about another offer', LOST, () => maker.signAnswer(other, asked(), LOST)],
    [
      'with a signature for another answer',
      LOST,
      () => maker.signAnswer(QUESTION, asked(), { ...LOST, standing: 'won' }),
    ],
    ['with a MAC where a signature is needed', LOST, () => maker.signAnswer(QUESTION, asked(), WAITS)],
    ['without a MAC', WAITS, () => undefined],
    ['with a signature where a MAC is needed', WAITS, () => maker.signAnswer(QUESTION, asked(), LOST)],
    ['with a MAC of another desk', WAITS, () => stranger().signAnswer(QUESTION, asked(), WAITS)],
    ['to an earlier request', WAITS, () => maker.signAnswer(QUESTION, asked(taker.sign(QUESTION)), WAITS)],
    ['with a MAC about another offer', WAITS, () => maker.signAnswer(other, asked(), WAITS)],
    ['with a MAC for another answer', WAITS, () => maker.signAnswer(QUESTION, asked(), { ...WAITS, standing: 'none' })],
    [
      'for another desk',
      WAITS,
      () => maker.signAnswer(QUESTION, { peer: { id: STRANGER, dialect: 'grapevine' }, auth: sent }, WAITS),
    ],
  ])('%s does not count', (_what, answer, sign) => {
    const result = arrived(answer, sign());
    expect(reader().isGenuine(result)).toBe(false);
    expect(reader().read(result)).toEqual({ kind: 'unknown', code: 'ERR_SIGNATURE' });
  });

  it('with the MAC of the desk that was asked counts, and includes no proof', () => {
    const result = arrived(WAITS, maker.signAnswer(QUESTION, asked(), WAITS));
    expect(reader().read(result)).toEqual(WAITS);
  });

  it('that is an error without a proof is unknown, with the code of the error', () => {
    for (const error of ['ERR_OFFER_TAKEN: too late', 'ERR_OVERLOADED: busy', 'Unable to handle the command']) {
      for (const result of [null, { auth: { sig: 'A'.repeat(86) } }]) {
        const meaning = reader().read({ kind: 'error', error, result });
        expect(meaning.kind).toBe('unknown');
        expect(reader().isGenuine({ kind: 'error', error, result })).toBe(false);
      }
    }
  });

  it('with ERR_WRONG_DESK is not genuine, even if it is signed', () => {
    const wrong = refusal('ERR_WRONG_DESK', 'another desk is meant');
    expect(reader().isGenuine(arrived(wrong, maker.signAnswer(QUESTION, asked(), wrong)))).toBe(false);
  });

  it.each<RequestResult>([
    { kind: 'unsent', code: 'ERR_CONNECT', text: '' },
    { kind: 'unknown', code: 'ERR_TIMEOUT', text: '' },
  ])('that did not arrive stays as the network reports it: $kind', (result) => {
    expect(reader().isGenuine(result)).toBe(false);
    expect(reader().read(result)).toEqual({ kind: result.kind, code: 'code' in result ? result.code : '' });
  });

  it('of a client of the original counts without a proof', () => {
    const ask: Message = { cmd: 'offer:accept', ...names };
    const from = { id: MAKER, dialect: 'original' } as const;
    const original = new AnswerReader(taker, { from, request: ask, sent: taker.sign(ask) });
    expect(original.read({ kind: 'answer', result: true })).toEqual({ kind: 'accepted' });
    expect(original.isGenuine({ kind: 'answer', result: false })).toBe(true);
    // Of a desk of ours that would be nothing.
    const ours = new AnswerReader(taker, {
      from: { ...from, dialect: 'grapevine' },
      request: ask,
      sent: taker.sign(ask),
    });
    expect(ours.read({ kind: 'answer', result: true })).toMatchObject({ kind: 'unknown' });
  });
});
