/** Who is believed to have said what. Every rule is one of docs/PROTOCOL.md, "Signatures"; the keys are real ones. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DeskIdentity } from '../../src/identity/desk-identity.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { ed25519Scheme } from '../../src/identity/ed25519.ts';
import type { SignatureScheme } from '../../src/identity/signature-scheme.ts';
import type { Sender, Trust } from '../../src/ports/identity.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import type {
  Answer,
  AnswerSeal,
  Auth,
  Message,
  OfferAccept,
  OfferDone,
  OfferTerms,
} from '../../src/protocol/messages.ts';
import { messageStatement, isFact } from '../../src/wire/statement.ts';

let drawn = 0;

interface Party {
  readonly id: PeerId;
  readonly identity: DeskIdentity;
  /** How often it has been asked to do arithmetic. */
  readonly work: { signed: number; verified: number };
}

function party(trust: Trust = 'signed'): Party {
  const { privateKey } = generateKeyPairSync('ed25519');
  const id = deskIdOf(privateKey);
  const work = { signed: 0, verified: 0 };
  const real = ed25519Scheme(privateKey);
  const scheme: SignatureScheme = {
    sign: (text) => (work.signed++, real.sign(text)),
    verify: (...args) => (work.verified++, real.verify(...args)),
    mac: (...args) => real.mac(...args),
  };
  const nonce = (): string => (++drawn).toString(16).padStart(32, '0');
  return { id, identity: new DeskIdentity({ id, scheme, trust, nonce }), work };
}

const maker = party();
const taker = party();
const stranger = party();
const ORIGINAL = 'a1b2c3d4e5f60718' as PeerId;
const offerId = 'offer-1' as OfferId;

function accept(by: PeerId = taker.id): OfferAccept {
  return { cmd: 'offer:accept', offerId, maker: maker.id, taker: by };
}

function terms(by: PeerId = maker.id): OfferTerms {
  const price = { amount: '1' as Decimal, unitPrice: null, pair: null };
  return { offerId, maker: by, type: 'sell', ...price, issuedAt: 1, expiresAt: 2 };
}

function done(by: PeerId | null = maker.id): OfferDone {
  return { cmd: 'offer:done', offerId, maker: by, outcome: 'cancelled', winner: null, epoch: null };
}

/** One of each, said by the maker or by the taker. */
function everyMessage(): readonly (readonly [Party, Message])[] {
  const names = { offerId, maker: maker.id, taker: taker.id };
  return [
    [maker, { cmd: 'offer:new', terms: terms() }],
    [taker, accept()],
    [maker, { cmd: 'offer:accept:approved', ...names, epoch: 1, until: 9 }],
    [maker, { cmd: 'offer:accept:released', ...names, epoch: 1 }],
    [maker, done()],
    [taker, { cmd: 'offer:status', ...names }],
    [taker, { cmd: 'offer:list', maker: maker.id, taker: taker.id, after: null, limit: 50 }],
  ];
}

const MESSAGES = everyMessage().map(([by, message]) => [message.cmd, by, message] as const);

describe.each(['signed', 'open'] as const)('with trust %s', (trust) => {
  const { identity } = party(trust);

  it.each(MESSAGES)('%s is its speaker’s when that one has signed it', (_cmd, by, message) => {
    const sender = identity.establish(message, by.identity.sign(message)) as Sender;
    expect(sender.peer).toEqual({ id: by.id, dialect: 'grapevine', verified: true });
    // Acceptances are looked at later: see `proves`.
    expect(sender.unproven).toBe(message.cmd === 'offer:accept' ? true : undefined);
  });

  it.each(MESSAGES)('%s is nobody’s when somebody else has signed it', (cmd, by, message) => {
    const others = [maker, taker, stranger].filter((each) => each !== by);
    for (const other of others) {
      const auth = other.identity.sign(message);
      if (cmd === 'offer:accept') expect(identity.proves(accept(), auth)).toBe(false);
      else expect(identity.establish(message, auth)).toMatchObject({ kind: 'refused', code: 'ERR_SIGNATURE' });
    }
  });

  it.each(MESSAGES)('%s in the name of a key is refused without a signature', (_cmd, _by, message) => {
    for (const auth of [undefined, null]) {
      expect(identity.establish(message, auth)).toMatchObject({ kind: 'refused', code: 'ERR_UNSIGNED' });
    }
  });

  it.each(MESSAGES)('%s with something that is no signature is refused', (_cmd, by, message) => {
    const { sig, nonce } = by.identity.sign(message);
    const rest = nonce === undefined ? {} : { nonce };
    for (const auth of ['', 0, {}, [], { sig: '', ...rest }, { sig: `${sig}=`, ...rest }, { sig: [sig], ...rest }]) {
      expect(identity.establish(message, auth)).toMatchObject({ kind: 'refused', code: 'ERR_SIGNATURE' });
    }
  });

  it.each(MESSAGES)('%s has a nonce exactly when it is no fact', (_cmd, by, message) => {
    const auth = by.identity.sign(message);
    expect(auth.nonce === undefined).toBe(isFact(message));
    const { sig } = auth;
    const wrong: Auth = auth.nonce === undefined ? { sig, nonce: '0'.repeat(32) } : { sig };
    expect(identity.establish(message, wrong)).toMatchObject({ kind: 'refused', code: 'ERR_SIGNATURE' });
  });

  it('another nonce is another signature', () => {
    const [, , , , , [, question] = []] = everyMessage();
    if (question === undefined) throw new Error('there is one');
    const auth = taker.identity.sign(question);
    expect(taker.identity.sign(question)).not.toEqual(auth);
    const other = { ...auth, nonce: 'f'.repeat(32) };
    expect(identity.establish(question, other)).toMatchObject({ code: 'ERR_SIGNATURE' });
  });

  it('an acceptance is proven by its taker’s signature over this very acceptance', () => {
    const auth = taker.identity.sign(accept());
    expect(identity.proves(accept(), auth)).toBe(true);
    expect(identity.proves({ ...accept(), unitPrice: '2' as Decimal }, auth)).toBe(false);
    expect(identity.proves({ ...accept(), offerId: 'offer-2' as OfferId }, auth)).toBe(false);
    expect(identity.proves({ ...accept(), maker: stranger.id }, auth)).toBe(false);
    expect(identity.proves({ ...accept(), taker: stranger.id }, auth)).toBe(false);
    expect(identity.proves(accept(), { ...auth, nonce: 'f'.repeat(32) })).toBe(false);
  });
});

describe('who does not sign', () => {
  const unsigned: readonly Message[] = [
    { cmd: 'offer:new', terms: terms(ORIGINAL) },
    accept(ORIGINAL),
    done(ORIGINAL),
    done(null),
  ];

  it('is nobody with trust signed', () => {
    const { identity } = party('signed');
    for (const message of unsigned)
      expect(identity.establish(message, undefined)).toMatchObject({ code: 'ERR_UNSIGNED' });
  });

  it('is taken for a client of the original with trust open, and never for verified', () => {
    const { identity } = party('open');
    const peer = { id: ORIGINAL, dialect: 'original' };
    expect(unsigned.map((message) => identity.establish(message, undefined))).toEqual([
      { peer },
      { peer },
      { peer },
      { peer: null },
    ]);
  });

  it('can not sign with a name that is no key', () => {
    for (const trust of ['signed', 'open'] as const) {
      const { identity } = party(trust);
      const auth = stranger.identity.sign(done(ORIGINAL));
      expect(identity.establish(done(ORIGINAL), auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
      expect(identity.establish(done(null), auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
    }
  });
});

describe('facts', () => {
  it('always have the same signature, which is made once', () => {
    const speaker = party();
    const message: Message = { cmd: 'offer:new', terms: terms(speaker.id) };
    expect(speaker.identity.sign(message)).toEqual(speaker.identity.sign({ ...message, terms: { ...message.terms } }));
    expect(speaker.work.signed).toBe(1);
  });

  it('that were found genuine are not looked at again, and nothing else passes for them', () => {
    const listener = party();
    const auth = maker.identity.sign(done());
    for (let heard = 0; heard < 3; heard += 1) expect(listener.identity.establish(done(), auth)).toHaveProperty('peer');
    expect(listener.work.verified).toBe(1);
    const other: Message = { ...done(), outcome: 'expired' };
    expect(listener.identity.establish(other, auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
    expect(listener.identity.establish(done(stranger.id), auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
  });

  it('are kept in a bounded number', () => {
    const listener = party();
    const speaker = party();
    const many = Array.from({ length: LIMITS.factsCached + 1 }, (_, index): Message => ({
      ...done(speaker.id),
      offerId: `offer-${index}` as OfferId,
    }));
    const auths = many.map((message) => speaker.identity.sign(message));
    for (const [index, message] of many.entries()) void listener.identity.establish(message, auths[index]);
    expect(listener.work.verified).toBe(many.length);
    // The first one has been forgotten on both sides, and is as good as ever.
    const [first, again] = [many[0], auths[0]];
    if (first === undefined || again === undefined) throw new Error('there are many');
    expect(listener.identity.establish(first, again)).toHaveProperty('peer');
    expect(listener.work.verified).toBe(many.length + 1);
    expect(speaker.identity.sign(first)).toEqual(again);
    expect(speaker.work.signed).toBe(many.length + 1);
  }, 60_000);
});

describe('an answer', () => {
  const request = accept();
  const sent = taker.identity.sign(request);
  const asked = maker.identity.establish(request, sent) as Sender;
  const answer: Answer = { kind: 'queued', position: 1 };

  function signed(by: Party, to: Message = request, sender: Sender = asked, what: Answer = answer): AnswerSeal {
    const auth = by.identity.signAnswer(to, sender, what);
    if (auth === undefined) throw new Error('it has not signed');
    return auth;
  }

  it('is vouched for by whoever was asked', () => {
    expect(taker.identity.vouches(request, sent, maker.id, answer, signed(maker))).toBe(true);
    expect(signed(maker)).not.toHaveProperty('nonce');
  });

  it('is nobody’s word from anybody else', () => {
    expect(taker.identity.vouches(request, sent, maker.id, answer, signed(stranger))).toBe(false);
    expect(taker.identity.vouches(request, sent, stranger.id, answer, signed(maker))).toBe(false);
  });

  it('is one answer', () => {
    const auth = signed(maker);
    const others: readonly Answer[] = [
      { kind: 'queued', position: 0 },
      { kind: 'acknowledged' },
      { kind: 'refused', code: 'ERR_OFFER_TAKEN', text: '' },
      { kind: 'confirmed', epoch: 1 },
    ];
    for (const other of others) expect(taker.identity.vouches(request, sent, maker.id, other, auth)).toBe(false);
  });

  it('is an answer to one request: the same one again has another nonce', () => {
    const auth = signed(maker);
    const again = taker.identity.sign(request);
    expect(taker.identity.vouches(request, again, maker.id, answer, auth)).toBe(false);
    expect(taker.identity.vouches({ ...request, offerId: 'o' as OfferId }, sent, maker.id, answer, auth)).toBe(false);
  });

  it('is for one asker: shown to somebody else it is worth nothing', () => {
    expect(stranger.identity.vouches(request, sent, maker.id, answer, signed(maker))).toBe(false);
  });

  it('is not signed for whoever did not sign', () => {
    const peer = { id: ORIGINAL, dialect: 'original' } as const;
    expect(maker.identity.signAnswer(accept(ORIGINAL), { peer }, answer)).toBeUndefined();
    expect(maker.identity.signAnswer(done(null), { peer: null }, answer)).toBeUndefined();
  });

  it('is no message: what was signed as the one is never taken for the other', () => {
    const question: Message = { cmd: 'offer:status', offerId, maker: maker.id, taker: taker.id };
    const auth = taker.identity.sign(question);
    const statement = messageStatement(question, auth.nonce);
    expect(statement).toMatch(/^grapevine\/1=message\n/);
    expect(maker.identity.vouches(question, auth, taker.id, { kind: 'acknowledged' }, auth)).toBe(false);
  });
});
