/** What is signed, line by line, as docs/PROTOCOL.md says; and that no two messages are ever signed alike. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import type { Answer, Message, OfferTerms } from '../../src/protocol/messages.ts';
import { answerStatement, isSigned, messageStatement, recipientOf, speakerOf } from '../../src/wire/statement.ts';
import { anyAnswer, anyMessage, anyNonce } from './any-message.ts';

const MAKER = 'a'.repeat(64) as PeerId;
const TAKER = 'b'.repeat(64) as PeerId;
const NONCE = '0123456789abcdef0123456789abcdef';
const offerId = 'offer-1' as OfferId;
const names = { offerId, maker: MAKER, taker: TAKER };
const unitPrice = '8000.5' as Decimal;

const terms: OfferTerms = {
  offerId,
  maker: MAKER,
  type: 'sell',
  amount: '0.10000000000000000001' as Decimal,
  pair: 'BTC/USD',
  unitPrice: '8000' as Decimal,
  issuedAt: 1_000,
  expiresAt: 2_000,
};

const ACCEPT: Message = { cmd: 'offer:accept', ...names };

const MESSAGES: readonly (readonly [what: string, message: Message, lines: string])[] = [
  [
    'an offer',
    { cmd: 'offer:new', terms },
    `grapevine/2=message
cmd=offer:new
speaker=${MAKER}
recipient=*
nonce=
offerId=offer-1
source=${MAKER}
type=sell
amount=0.10000000000000000001
unitPrice=8000
pair=BTC/USD
issuedAt=1000
expiresAt=2000
award=
windowMs=
to=
`,
  ],
  [
    'a job with details, under a name of its maker',
    {
      cmd: 'offer:new',
      terms: {
        ...terms,
        type: 'job',
        pair: null,
        unitPrice: null,
        details: { format: 'text', text: 'abc' },
        reference: 'nightly-2026-11-26',
        attempt: 2,
        doneWithinMs: 60_000,
      },
    },
    `grapevine/2=message
cmd=offer:new
speaker=${MAKER}
recipient=*
nonce=
offerId=offer-1
source=${MAKER}
type=job
amount=0.10000000000000000001
unitPrice=
pair=
issuedAt=1000
expiresAt=2000
award=
windowMs=
to=
details=text:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
reference=nightly-2026-11-26
attempt=2
doneWithinMs=60000
`,
  ],
  [
    'a report',
    { cmd: 'deal:report', ...names, by: 'taker', result: 'failed', at: 3_000, details: { format: 'json', text: '1' } },
    `grapevine/2=message
cmd=deal:report
speaker=${TAKER}
recipient=${MAKER}
nonce=
offerId=offer-1
source=${MAKER}
destination=${TAKER}
by=taker
result=failed
at=3000
details=json:6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b
`,
  ],
  [
    'an offer to some, by the best price',
    { cmd: 'offer:new', terms: { ...terms, award: 'best', windowMs: 500, to: [TAKER, 'x' as PeerId] } },
    `grapevine/2=message
cmd=offer:new
speaker=${MAKER}
recipient=*
nonce=
offerId=offer-1
source=${MAKER}
type=sell
amount=0.10000000000000000001
unitPrice=8000
pair=BTC/USD
issuedAt=1000
expiresAt=2000
award=best
windowMs=500
to=${TAKER},x
`,
  ],
  [
    'an acceptance',
    ACCEPT,
    `grapevine/2=message
cmd=offer:accept
speaker=${TAKER}
recipient=${MAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
unitPrice=
`,
  ],
  [
    'an approval of a bid',
    { cmd: 'offer:accept:approved', ...names, epoch: 3, until: 11_000, unitPrice },
    `grapevine/2=message
cmd=offer:accept:approved
speaker=${MAKER}
recipient=${TAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
epoch=3
until=11000
unitPrice=8000.5
`,
  ],
  [
    'a release',
    { cmd: 'offer:accept:released', ...names, epoch: 3 },
    `grapevine/2=message
cmd=offer:accept:released
speaker=${MAKER}
recipient=${TAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
epoch=3
`,
  ],
  [
    'a withdrawal',
    { cmd: 'offer:accept:withdrawn', ...names },
    `grapevine/2=message
cmd=offer:accept:withdrawn
speaker=${TAKER}
recipient=${MAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
`,
  ],
  [
    'an award',
    { cmd: 'offer:done', offerId, maker: MAKER, outcome: 'awarded', winner: TAKER, epoch: 3, unitPrice },
    `grapevine/2=message
cmd=offer:done
speaker=${MAKER}
recipient=*
nonce=
offerId=offer-1
source=${MAKER}
outcome=awarded
winner=${TAKER}
epoch=3
unitPrice=8000.5
`,
  ],
  [
    'a cancellation',
    { cmd: 'offer:done', offerId, maker: MAKER, outcome: 'cancelled', winner: null, epoch: null },
    `grapevine/2=message
cmd=offer:done
speaker=${MAKER}
recipient=*
nonce=
offerId=offer-1
source=${MAKER}
outcome=cancelled
winner=
epoch=
unitPrice=
`,
  ],
  [
    'a question',
    { cmd: 'offer:status', ...names },
    `grapevine/2=message
cmd=offer:status
speaker=${TAKER}
recipient=${MAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
`,
  ],
  [
    'a question for a list',
    { cmd: 'offer:list', asked: MAKER, asking: TAKER, after: offerId, limit: 50 },
    `grapevine/2=message
cmd=offer:list
speaker=${TAKER}
recipient=${MAKER}
nonce=${NONCE}
source=${MAKER}
destination=${TAKER}
after=offer-1
limit=50
`,
  ],
];

const ANSWERS: readonly (readonly [answer: Answer, lines: string])[] = [
  [{ kind: 'queued', position: 3 }, 'answer=queued\nposition=3\n'],
  [{ kind: 'confirmed', epoch: 2 }, 'answer=confirmed\nepoch=2\n'],
  [{ kind: 'acknowledged' }, 'answer=acknowledged\n'],
  [
    { kind: 'status', phase: 'reserved', standing: 'queued', epoch: 7 },
    'answer=status\nphase=reserved\nstanding=queued\nepoch=7\n',
  ],
  [
    { kind: 'list', offers: [{ terms }, { terms: { ...terms, offerId: 'offer-2' as OfferId } }], next: null },
    'answer=list\noffers=offer-1,offer-2\nnext=\n',
  ],
  [{ kind: 'refused', code: 'ERR_OFFER_TAKEN', text: 'not signed' }, 'answer=refused\ncode=ERR_OFFER_TAKEN\n'],
];

describe('what is signed', () => {
  it.each(MESSAGES)('under %s', (_what, message, lines) => {
    expect(messageStatement(message, isSigned(message) ? undefined : NONCE)).toBe(lines);
  });

  it.each(ANSWERS)('under an answer repeats the request and its nonce: %j', (answer, lines) => {
    expect(answerStatement(ACCEPT, NONCE, { by: MAKER, to: TAKER, answer })).toBe(
      `grapevine/2=answer
cmd=offer:accept
speaker=${MAKER}
recipient=${TAKER}
nonce=${NONCE}
offerId=offer-1
source=${MAKER}
destination=${TAKER}
unitPrice=
${lines}`,
    );
  });

  it('has the right speaker and recipient', () => {
    for (const [, message] of MESSAGES) {
      const isMakers = ['offer:new', 'offer:done', 'offer:accept:approved', 'offer:accept:released'].includes(
        message.cmd,
      );
      expect(speakerOf(message)).toBe(isMakers ? MAKER : TAKER);
      const isForAll = message.cmd === 'offer:new' || message.cmd === 'offer:done';
      expect(recipientOf(message)).toBe(isForAll ? null : isMakers ? TAKER : MAKER);
    }
    expect(MESSAGES.filter(([, message]) => isSigned(message)).map(([, { cmd }]) => cmd)).toEqual([
      'offer:new',
      'offer:new',
      'deal:report',
      'offer:new',
      'offer:done',
      'offer:done',
    ]);
  });
});

// ---- no two are alike ---------------------------------------------------------------------------------------------------

/** All copies of a value in which one field, wherever it is, has another value of its kind, or is missing. */
function changesOf(value: object): readonly object[] {
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    if (name === 'cmd' || name === 'kind' || name === 'text') return [];
    if (typeof field === 'object' && field !== null && !Array.isArray(field)) {
      return changesOf(field).map((changed) => ({ ...value, [name]: changed }));
    }
    return othersOf(field).map((other) => ({ ...value, [name]: other }));
  });
}

function othersOf(field: unknown): readonly unknown[] {
  if (field === null) return [1];
  if (typeof field === 'number') return [field + 1, null];
  if (typeof field === 'string') return [`${field}0`, null];
  if (Array.isArray(field)) return [[...(field as unknown[]), 'z'], field.length > 1 ? field.slice(1) : null];
  return [];
}

describe('two statements', () => {
  it('are equal only if the messages are', () => {
    fc.assert(
      fc.property(anyMessage, anyMessage, anyNonce, (one, other, nonce) => {
        const isSame = isDeepStrictEqual(one, other);
        expect(messageStatement(one, nonce) === messageStatement(other, nonce)).toBe(isSame);
      }),
      { numRuns: 2_000 },
    );
  });

  it('differ if any field does', () => {
    fc.assert(
      fc.property(anyMessage, anyNonce, (message, nonce) => {
        const statement = messageStatement(message, nonce);
        const changed = changesOf(message) as Message[];
        // At the very least the offer's name and both parties.
        expect(changed.length).toBeGreaterThan(2);
        for (const other of changed) expect(messageStatement(other, nonce)).not.toBe(statement);
      }),
      { numRuns: 1_000 },
    );
  });

  it('differ if the nonce does, and a message never equals an answer', () => {
    fc.assert(
      fc.property(anyMessage, anyAnswer, anyNonce, anyNonce, (message, answer, nonce, other) => {
        fc.pre(nonce !== other);
        const statement = messageStatement(message, nonce);
        expect(messageStatement(message, other)).not.toBe(statement);
        const by = recipientOf(message) ?? MAKER;
        expect(answerStatement(message, nonce, { by, to: speakerOf(message), answer })).not.toBe(statement);
      }),
    );
  });

  it('of answers differ if the request, the nonce, a party or anything but the error text differs', () => {
    fc.assert(
      fc.property(anyMessage, anyAnswer, anyNonce, (request, answer, nonce) => {
        const parties = { by: MAKER, to: TAKER };
        const statement = answerStatement(request, nonce, { ...parties, answer });
        const others = [
          answerStatement(
            request,
            nonce.replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
            { ...parties, answer },
          ),
          answerStatement(request, undefined, { ...parties, answer }),
          answerStatement(request, nonce, { ...parties, by: TAKER, answer }),
          answerStatement(request, nonce, { ...parties, to: MAKER, answer }),
          ...(changesOf(request) as Message[]).map((each) => answerStatement(each, nonce, { ...parties, answer })),
        ];
        // The offers in a list are signed each by itself.
        const changed =
          answer.kind === 'list' ? [{ ...answer, next: `${answer.next ?? ''}0` as OfferId }] : changesOf(answer);
        for (const other of changed as Answer[])
          others.push(answerStatement(request, nonce, { ...parties, answer: other }));
        for (const other of others) expect(other).not.toBe(statement);
        if (answer.kind === 'refused') {
          const reworded = { ...answer, text: `${answer.text}!` };
          expect(answerStatement(request, nonce, { ...parties, answer: reworded })).toBe(statement);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('have one line for each value', () => {
    fc.assert(
      fc.property(anyMessage, anyNonce, (message, nonce) => {
        const lines = messageStatement(message, nonce).split('\n');
        expect(lines.pop()).toBe('');
        for (const line of lines) expect(line).toMatch(/^[a-zA-Z/2]+=[^\n]*$/);
        expect(new Set(lines.map((line) => line.split('=')[0])).size).toBe(lines.length);
      }),
    );
  });
});
