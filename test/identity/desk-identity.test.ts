/** Who is believed to have said what. Every rule is one of docs/PROTOCOL.md, "Signatures and MACs"; the keys are real ones. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DeskIdentity } from '../../src/identity/desk-identity.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { ed25519Scheme } from '../../src/identity/ed25519.ts';
import type { SignatureScheme } from '../../src/identity/signature-scheme.ts';
import type { Author, Trust } from '../../src/ports/identity.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type {
  Answer,
  AnswerAuth,
  Message,
  MessageAuth,
  MessageMac,
  OfferAccept,
  OfferDone,
  OfferTerms,
} from '../../src/protocol/messages.ts';
import { authToWire } from '../../src/wire/auth-codec.ts';
import { answerStatement, messageStatement, recipientOf } from '../../src/wire/statement.ts';

let drawn = 0;

const NONCE = '0123456789abcdef'.repeat(2);

interface Party {
  readonly id: PeerId;
  readonly scheme: SignatureScheme;
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
  return { id, scheme: real, identity: new DeskIdentity({ id, scheme, trust, nonce }), work };
}

/** Made at once, as nothing is batched here. */
function proofOf({ identity }: Party, message: Message): MessageAuth {
  const auth = identity.sign(message);
  if (auth === undefined || auth instanceof Promise) throw new Error('is made at once');
  return auth;
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
    [taker, { cmd: 'offer:accept:withdrawn', ...names }],
    [taker, { cmd: 'offer:status', ...names }],
    [taker, { cmd: 'offer:list', asked: maker.id, asking: taker.id, after: null, limit: 50 }],
  ];
}

const MESSAGES = everyMessage().map(([by, message]) => [message.cmd, by, message] as const);

/** The peer that a message is for: only it can verify a MAC. */
function listenerOf(message: Message): Party {
  const to = recipientOf(message);
  return to === taker.id ? taker : to === maker.id ? maker : stranger;
}

describe('a message', () => {
  it.each(MESSAGES)('%s is accepted with the proof of its sender', async (_cmd, by, message) => {
    const { identity } = listenerOf(message);
    const author = (await identity.authenticate(message, authToWire(proofOf(by, message)))) as Author;
    expect(author.peer).toEqual({ id: by.id, dialect: 'grapevine', verified: true });
  });

  it.each(MESSAGES)('%s is rejected with the proof of another desk', async (_cmd, by, message) => {
    const { identity } = listenerOf(message);
    for (const other of [maker, taker, stranger].filter((each) => each !== by)) {
      const auth = authToWire(proofOf(other, message));
      expect(await identity.authenticate(message, auth)).toMatchObject({ kind: 'refused', code: 'ERR_SIGNATURE' });
    }
  });

  it.each(MESSAGES)('%s from an id that is a public key is refused without a proof', (_cmd, _by, message) => {
    for (const trust of ['signed', 'open'] as const) {
      for (const auth of [undefined, null]) {
        const refused = party(trust).identity.authenticate(message, auth);
        expect(refused).toMatchObject({ kind: 'refused', code: 'ERR_UNSIGNED' });
      }
    }
  });

  it.each(MESSAGES)('%s with a malformed proof is refused', async (_cmd, by, message) => {
    const { identity } = listenerOf(message);
    const auth = proofOf(by, message);
    const junk = [
      '',
      0,
      {},
      [],
      { v: 2, sig: '' },
      { v: 2, mac: '' },
      { ...authToWire(auth), v: '2' },
      { v: 2, ...auth, sig: 1 },
    ];
    for (const each of junk) {
      expect(await identity.authenticate(message, each)).toMatchObject({ kind: 'refused', code: 'ERR_SIGNATURE' });
    }
  });

  it.each(MESSAGES)('%s has a signature when it is a broadcast, else a MAC', async (_cmd, by, message) => {
    const { identity } = listenerOf(message);
    const auth = proofOf(by, message);
    const isFact = recipientOf(message) === null;
    expect('sig' in auth).toBe(isFact);
    const statement = messageStatement(message, isFact ? undefined : NONCE);
    // Properly made, by the right desk, and of the wrong kind.
    const wrong: MessageAuth = isFact
      ? { mac: by.scheme.mac(listenerOf(message).id, messageStatement(message, NONCE)) ?? '', nonce: NONCE }
      : { sig: by.scheme.sign(statement) };
    expect(await identity.authenticate(message, authToWire(wrong))).toMatchObject({ code: 'ERR_SIGNATURE' });
  });

  it.each(MESSAGES)(
    '%s of an earlier or later protocol version is refused with ERR_PROTOCOL_VERSION',
    (_cmd, by, message) => {
      const sig = by.scheme.sign(messageStatement(message, undefined, 1));
      for (const auth of [{ sig }, { sig, nonce: NONCE }, { v: 3, sig }]) {
        const refused = stranger.identity.authenticate(message, auth);
        expect(refused).toMatchObject({ kind: 'refused', code: 'ERR_PROTOCOL_VERSION' });
      }
    },
  );

  it('has a different MAC for each nonce, each change of a field, and each pair of desks', () => {
    const auth = proofOf(taker, accept()) as MessageMac;
    expect(taker.identity.sign(accept())).not.toEqual(auth);
    const refused = (message: Message, changed: MessageAuth, by: Party = maker): void => {
      expect(by.identity.authenticate(message, authToWire(changed))).toMatchObject({ code: 'ERR_SIGNATURE' });
    };
    refused(accept(), { ...auth, nonce: 'f'.repeat(32) });
    refused({ ...accept(), unitPrice: '2' as Decimal }, auth);
    refused({ ...accept(), offerId: 'offer-2' as OfferId }, auth);
    refused({ ...accept(), maker: stranger.id }, auth, stranger);
    refused({ ...accept(), taker: stranger.id }, auth);
    // What the maker could make for itself is no word of the taker to somebody else.
    refused({ ...accept(), maker: stranger.id }, { ...auth, mac: maker.scheme.mac(taker.id, 'x') ?? '' }, stranger);
  });
});

describe('an unsigned message', () => {
  const unsigned: readonly Message[] = [
    { cmd: 'offer:new', terms: terms(ORIGINAL) },
    accept(ORIGINAL),
    done(ORIGINAL),
    done(null),
  ];

  it('is refused with trust signed', () => {
    const { identity } = party('signed');
    for (const message of unsigned)
      expect(identity.authenticate(message, undefined)).toMatchObject({ code: 'ERR_UNSIGNED' });
  });

  it('is accepted as from an unverified client of the original with trust open', () => {
    const { identity } = party('open');
    const peer = { id: ORIGINAL, dialect: 'original' };
    expect(unsigned.map((message) => identity.authenticate(message, undefined))).toEqual([
      { peer },
      { peer },
      { peer },
      { peer: null },
    ]);
  });

  it('is refused with a text that says what this desk accepts', () => {
    const refused = (trust: Trust): unknown => party(trust).identity.authenticate(done(maker.id), undefined);
    expect(refused('signed')).toMatchObject({ text: 'this desk accepts only messages with a signature or MAC' });
    expect(refused('open')).toMatchObject({ text: 'a message in the name of a key needs its signature or MAC' });
  });

  it('is refused with a signature when the sender is not a public key', () => {
    for (const trust of ['signed', 'open'] as const) {
      const { identity } = party(trust);
      const auth = authToWire(proofOf(stranger, done(ORIGINAL)));
      expect(identity.authenticate(done(ORIGINAL), auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
      const unnamed = { code: 'ERR_SIGNATURE', text: 'auth needs a message that names its sender' };
      expect(identity.authenticate(done(null), auth)).toMatchObject(unnamed);
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

  it('that were verified are not verified again, and no other fact passes with their signature', () => {
    const listener = party();
    const auth = authToWire(proofOf(maker, done()));
    for (let heard = 0; heard < 3; heard += 1)
      expect(listener.identity.authenticate(done(), auth)).toHaveProperty('peer');
    expect(listener.work.verified).toBe(1);
    const other: Message = { ...done(), outcome: 'expired' };
    expect(listener.identity.authenticate(other, auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
    expect(listener.identity.authenticate(done(stranger.id), auth)).toMatchObject({ code: 'ERR_SIGNATURE' });
  });

  it('are cached in a limited number', () => {
    const listener = party();
    const speaker = party();
    const many = Array.from({ length: LIMITS.factsCached + 1 }, (_, index): Message => ({
      ...done(speaker.id),
      offerId: `offer-${index}` as OfferId,
    }));
    const auths = many.map((message) => authToWire(proofOf(speaker, message)));
    for (const [index, message] of many.entries()) void listener.identity.authenticate(message, auths[index]);
    expect(listener.work.verified).toBe(many.length);
    // The first one has been forgotten on both sides, and is as good as ever.
    const [first, again] = [many[0], auths[0]];
    if (first === undefined || again === undefined) throw new Error('there are many');
    expect(listener.identity.authenticate(first, again)).toHaveProperty('peer');
    expect(listener.work.verified).toBe(many.length + 1);
    expect(authToWire(proofOf(speaker, first))).toEqual(again);
    expect(speaker.work.signed).toBe(many.length + 1);
  }, 60_000);
});

describe('an answer', () => {
  const request = accept();
  const sent = proofOf(taker, request);
  const asked = maker.identity.authenticate(request, authToWire(sent)) as Author;
  const answer: Answer = { kind: 'queued', position: 1 };

  function sealed(
    by: Party,
    to: Message = request,
    author: Author = asked,
    what: Answer = answer,
    about?: OfferTerms,
  ): AnswerAuth {
    const seal = by.identity.signAnswer(to, author, what, about);
    if (seal === undefined || seal instanceof Promise) throw new Error('is made at once');
    return seal;
  }

  it('is verified with the MAC of the desk that was asked', () => {
    expect(taker.identity.verifyAnswer(request, sent, maker.id, answer, sealed(maker))).toBe(true);
    expect(Object.keys(sealed(maker))).toEqual(['mac']);
  });

  it('is rejected from any other desk', () => {
    expect(taker.identity.verifyAnswer(request, sent, maker.id, answer, sealed(stranger))).toBe(false);
    expect(taker.identity.verifyAnswer(request, sent, stranger.id, answer, sealed(maker))).toBe(false);
  });

  it('is rejected when its content differs', () => {
    const seal = sealed(maker);
    const others: readonly Answer[] = [
      { kind: 'queued', position: 0 },
      { kind: 'acknowledged' },
      { kind: 'refused', code: 'ERR_OFFER_TAKEN', text: '' },
      { kind: 'confirmed', epoch: 1 },
    ];
    for (const other of others) expect(taker.identity.verifyAnswer(request, sent, maker.id, other, seal)).toBe(false);
  });

  it('belongs to one request: the same request sent again has another nonce', () => {
    const seal = sealed(maker);
    expect(taker.identity.verifyAnswer(request, proofOf(taker, request), maker.id, answer, seal)).toBe(false);
    expect(taker.identity.verifyAnswer({ ...request, offerId: 'o' as OfferId }, sent, maker.id, answer, seal)).toBe(
      false,
    );
  });

  it('is for one receiver: another desk rejects it', () => {
    expect(stranger.identity.verifyAnswer(request, sent, maker.id, answer, sealed(maker))).toBe(false);
  });

  it('has no proof when the request had none', () => {
    const peer = { id: ORIGINAL, dialect: 'original' } as const;
    expect(maker.identity.signAnswer(accept(ORIGINAL), { peer }, answer)).toBeUndefined();
    expect(maker.identity.signAnswer(done(null), { peer: null }, answer)).toBeUndefined();
  });

  it('is not valid as a message, nor a message as an answer, not even at the desk that made it', () => {
    const question: Message = { cmd: 'offer:status', offerId, maker: maker.id, taker: taker.id };
    const auth = proofOf(taker, question) as MessageMac;
    expect(messageStatement(question, auth.nonce)).toMatch(/^grapevine\/2=message\n/);
    expect(maker.identity.verifyAnswer(question, auth, taker.id, { kind: 'acknowledged' }, { mac: auth.mac })).toBe(
      false,
    );
    // Reflected: both ends have the same key.
    expect(taker.identity.authenticate(question, authToWire(auth))).toMatchObject({ code: 'ERR_SIGNATURE' });
  });

  describe('that is a confirmation', () => {
    const names = { offerId, maker: maker.id, taker: taker.id };
    const approval: Message = { cmd: 'offer:accept:approved', ...names, epoch: 3, until: 9, unitPrice: '5' as Decimal };
    const told = proofOf(maker, approval);
    const heard = taker.identity.authenticate(approval, authToWire(told)) as Author;
    const yes: Answer = { kind: 'confirmed', epoch: 3 };

    it('is signed, over the whole terms, the bid and the epoch', () => {
      const seal = sealed(taker, approval, heard, yes, terms());
      const verifies = (what: Message, kind: Answer, about?: OfferTerms): boolean =>
        maker.identity.verifyAnswer(what, told, taker.id, kind, seal, about);
      expect(verifies(approval, yes, terms())).toBe(true);
      expect(verifies(approval, yes, { ...terms(), amount: '2' as Decimal })).toBe(false);
      expect(verifies(approval, yes, { ...terms(), pair: 'BTC/USD' })).toBe(false);
      expect(verifies({ ...approval, unitPrice: '6' as Decimal }, yes, terms())).toBe(false);
      expect(verifies(approval, { ...yes, epoch: 4 }, terms())).toBe(false);
      expect(verifies(approval, yes)).toBe(false);
    });

    it('is rejected with a MAC, which proves nothing to third parties', () => {
      const nonce = (told as MessageMac).nonce;
      const statement = answerStatement(approval, nonce, { by: taker.id, to: maker.id, answer: yes });
      const mac = taker.scheme.mac(maker.id, statement) ?? '';
      expect(maker.identity.verifyAnswer(approval, told, taker.id, yes, { mac }, terms())).toBe(false);
    });
  });

  it('that an offer has ended has the signature of the outcome, and is rejected with a MAC', () => {
    const question: Message = { cmd: 'offer:status', offerId, maker: maker.id, taker: taker.id };
    const auth = proofOf(taker, question) as MessageMac;
    const author = maker.identity.authenticate(question, authToWire(auth)) as Author;
    const won: Answer = { kind: 'status', phase: 'awarded', standing: 'won', epoch: 2, winner: taker.id };
    const end: OfferDone = { ...done(), outcome: 'awarded', winner: taker.id, epoch: 2 };
    expect(sealed(maker, question, author, won)).toEqual(proofOf(maker, end));
    expect(taker.identity.verifyAnswer(question, auth, maker.id, won, sealed(maker, question, author, won))).toBe(true);
    const statement = answerStatement(question, auth.nonce, { by: maker.id, to: taker.id, answer: won });
    const mac = maker.scheme.mac(taker.id, statement) ?? '';
    expect(taker.identity.verifyAnswer(question, auth, maker.id, won, { mac })).toBe(false);
  });
});
