/**
 * Every check of a proof by itself: all signatures are genuine, and one thing that was said is wrong. A receipt is what people go to
 * court with, so each check is missed by a test when it is taken out.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awardOf } from '../../src/identity/receipt.ts';
import { verifyProof } from '../../src/identity/verify-proof.ts';
import type { OfferId } from '../../src/protocol/ids.ts';
import type { Confirmation, OfferDone, OfferTerms } from '../../src/protocol/messages.ts';
import { signed } from '../../testing/keyed-scheme.ts';
import {
  confirmationOf,
  DEAL,
  fact,
  formerMessage,
  formerPartsOf,
  formerReceipt,
  MAKER,
  nonce,
  offerOf,
  OTHER,
  partsOf,
  price,
  receipt,
  TAKER,
  TERMS,
  verify,
  type FormerParts,
  type Parts,
} from './genuine-parts.ts';

const ELSE = 'else' as OfferId;

function refused(proof: unknown): string {
  try {
    verifyProof(proof, verify);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_RECEIPT' });
    return (error as Error).message;
  }
  return 'verified';
}

function deal(part: Partial<Confirmation>, terms: Partial<OfferTerms> = {}): Parts {
  return partsOf({ ...DEAL, ...part, terms: { ...TERMS, ...terms } });
}

function withoutBid({ terms, taker, epoch }: Confirmation): Confirmation {
  return { terms, taker, epoch };
}

function award(part: Partial<OfferDone>): Parts {
  return { ...partsOf(DEAL), award: fact({ ...awardOf(DEAL), ...part }) };
}

describe('a receipt of which every part is genuine', () => {
  it('proves the deal', () => {
    const proof = verifyProof(receipt(partsOf(DEAL)), verify);
    expect(proof).toEqual({ kind: 'deal', terms: TERMS, taker: TAKER, epoch: 7, unitPrice: '8001' });
    expect(verifyProof(receipt(partsOf(withoutBid(DEAL))), verify)).toMatchObject({ unitPrice: '8000' });
    expect(refused(receipt(deal({}, { to: [OTHER, TAKER] })))).toBe('verified');
  });

  it.each<[string, Parts, RegExp]>([
    // Nobody has to sell to himself, or to one that the offer was not for, or for less than was asked.
    ['maker and taker are one', deal({ taker: MAKER }), /^maker and taker are the same/],
    ['the offer was for others', deal({}, { to: [OTHER] }), /^the offer was not for this taker/],
    ['a seller gets less than asked', deal({ unitPrice: price('7999') }), /^the price is worse/],
    ['a buyer pays more than offered', deal({}, { type: 'buy' }), /^the price is worse/],
    // The offer and the confirmation.
    ['another offer of the maker', { ...partsOf(DEAL), offer: offerOf({ ...TERMS, offerId: ELSE }) }, /^the conf/],
    [
      'the same offer at other terms',
      { ...partsOf(DEAL), offer: offerOf({ ...TERMS, amount: price('5') }) },
      /^the conf/,
    ],
    ['the offer of another maker', { ...partsOf(DEAL), offer: offerOf({ ...TERMS, maker: OTHER }) }, /^the conf/],
    ['an award for an offer', { ...partsOf(DEAL), offer: fact(awardOf(DEAL)) }, /^the offer is offer:done/],
    [
      'the offer, signed by another',
      { ...partsOf(DEAL), offer: fact({ cmd: 'offer:new', terms: TERMS }, OTHER) },
      /^the offer is not signed/,
    ],
    [
      'the confirmation, signed by another',
      { ...partsOf(DEAL), confirmation: confirmationOf(DEAL, MAKER) },
      /^the confirmation is not/,
    ],
    // The award and the confirmation.
    ['the award of another offer', award({ offerId: ELSE }), /^the award is of another offer/],
    ['the award of another maker', award({ maker: OTHER }), /^the award is of another offer/],
    ['the award to another taker', award({ winner: OTHER }), /^the award is not for this taker/],
    ['no award but the end by time', award({ outcome: 'expired' }), /^the award is not for this taker/],
    ['no award but a cancellation', award({ outcome: 'cancelled' }), /^the award is not for this taker/],
    ['an end without an outcome', award({ outcome: null }), /^the award is not for this taker/],
    ['the award of another epoch', award({ epoch: 8 }), /^the award is of another epoch/],
    ['the award at another price', award({ unitPrice: price('8002') }), /^the award is at another price/],
    [
      'the award at the asked price',
      { ...partsOf(DEAL), award: partsOf(withoutBid(DEAL)).award },
      /^the award is at another price/,
    ],
    ['an offer for an award', { ...partsOf(DEAL), award: offerOf(TERMS) }, /^the award is offer:new/],
    [
      'the award, signed by the taker',
      { ...partsOf(DEAL), award: fact(awardOf(DEAL), TAKER) },
      /^the award is not signed/,
    ],
  ])('proves nothing: %s', (_what, parts, problem) => {
    expect(refused(receipt(parts))).toMatch(problem);
  });
});

describe('a receipt of protocol version 1', () => {
  const parts = formerPartsOf(DEAL);

  it('proves its deal as it was written, and nothing when it is modified', () => {
    const text = readFileSync(new URL('fixtures/receipt-1.json', import.meta.url), 'utf8');
    const file = JSON.parse(text) as FormerParts & { award: { body: { winner: string } } };
    expect(verifyProof(file)).toMatchObject({ kind: 'deal', taker: file.award.body.winner, unitPrice: '8000.5' });
    expect(() => verifyProof(JSON.parse(text.replace('"amount": 0.5', '"amount": 0.6')))).toThrow(/^the offer is not/);
    // The two formats have other parts and other signatures.
    expect(() => verifyProof({ ...file, grapevine: 'receipt/2' })).toThrow(/^the offer is not signed/);
    expect(refused({ ...(receipt(partsOf(DEAL)) as object), grapevine: 'receipt/1' })).toMatch(
      /^the offer is not signed/,
    );
  });

  it('proves the deal, with the award as a message or as an answer', () => {
    for (const each of [parts, formerPartsOf(DEAL, { question: {} })]) {
      const proof = verifyProof(formerReceipt(each), verify);
      expect(proof).toEqual({ kind: 'deal', terms: TERMS, taker: TAKER, epoch: 7, unitPrice: '8001' });
    }
  });

  const said = (...args: Parameters<typeof formerPartsOf>): FormerParts => formerPartsOf(...args);
  it.each<[string, FormerParts, RegExp]>([
    ['maker and taker are one', said({ ...DEAL, taker: MAKER }), /^maker and taker are the same/],
    [
      'the offer was for others',
      said({ ...DEAL, terms: { ...TERMS, to: [OTHER] } }),
      /^the offer was not for this taker/,
    ],
    ['a seller gets less', said({ ...DEAL, unitPrice: price('7999') }), /^the price is worse/],
    ['acceptance of another offer', said(DEAL, { acceptance: { offerId: ELSE } }), /^the acceptance is about another/],
    ['acceptance to another maker', said(DEAL, { acceptance: { maker: OTHER } }), /^the acceptance is about another/],
    ['acceptance by another', said(DEAL, { acceptance: { taker: OTHER } }), /^the approval is for another taker/],
    [
      'acceptance at another price',
      said(DEAL, { acceptance: { unitPrice: price('8002') } }),
      /^the approval is at another price/,
    ],
    ['approval of another offer', said(DEAL, { approval: { offerId: ELSE } }), /^the approval is about another/],
    ['approval of another maker', said(DEAL, { approval: { maker: OTHER } }), /^the approval is about another/],
    ['approval for another taker', said(DEAL, { approval: { taker: OTHER } }), /^the approval is for another taker/],
    [
      'approval at another price',
      said(DEAL, { approval: { unitPrice: price('8002') } }),
      /^the approval is at another price/,
    ],
    [
      'confirmation of another epoch',
      said(DEAL, { confirmed: { kind: 'confirmed', epoch: 8 } }),
      /^the confirmation does not/,
    ],
    [
      'no confirmation but a receipt',
      said(DEAL, { confirmed: { kind: 'acknowledged' } }),
      /^the confirmation does not/,
    ],
    ['approval without an epoch', said(DEAL, { approval: { epoch: null } }), /^the confirmation does not/],
    ['confirmation by another', said(DEAL, { confirmedBy: OTHER }), /^the confirmation is not signed/],
    [
      'confirmation of another approval',
      { ...parts, confirmation: formerPartsOf(DEAL).confirmation },
      /^the confirmation is not signed/,
    ],
    ['award of another offer', said(DEAL, { done: { offerId: ELSE } }), /^the award is not for this taker/],
    ['award of another maker', said(DEAL, { done: { maker: OTHER } }), /^the award is not for this taker/],
    ['award to another', said(DEAL, { done: { winner: OTHER } }), /^the award is not for this taker/],
    ['no award but a cancellation', said(DEAL, { done: { outcome: 'cancelled' } }), /^the award is not for this taker/],
    ['award of another epoch', said(DEAL, { done: { epoch: 8 } }), /^the award is not for this taker/],
    ['award at another price', said(DEAL, { done: { unitPrice: price('8002') } }), /^the award is at another price/],
    ['answer about another offer', said(DEAL, { question: { offerId: ELSE } }), /^the question is about another offer/],
    ['answer of another maker', said(DEAL, { question: { maker: OTHER } }), /^the question is about another offer/],
    ['answer to another taker', said(DEAL, { question: { taker: OTHER } }), /^the question is about another offer/],
    ['answer that it is lost', said(DEAL, { status: { standing: 'lost' } }), /^the award is not for this taker/],
    ['answer about another epoch', said(DEAL, { status: { epoch: 8 } }), /^the award is not for this taker/],
    ['answer by another', said(DEAL, { question: {}, answeredBy: OTHER }), /^the award is not signed/],
    ['answer to another question', { ...parts, award: otherAnswer() }, /^the award is not signed/],
    [
      'acceptance in the place of the approval',
      { ...parts, approval: parts.acceptance },
      /^the approval is offer:accept,/,
    ],
    [
      'offer signed by another',
      { ...parts, offer: formerMessage({ cmd: 'offer:new', terms: TERMS }, undefined, OTHER) },
      /^the offer is not/,
    ],
  ])('proves nothing: %s', (_what, wrong, problem) => {
    expect(refused(formerReceipt(wrong))).toMatch(problem);
  });

  function otherAnswer(): unknown {
    const [one, two] = [formerPartsOf(DEAL, { question: {} }), formerPartsOf(DEAL, { question: {} })];
    return { ...(one.award as object), answer: (two.award as { answer: unknown }).answer };
  }
});

describe('a proof of equivocation of which both statements are genuine', () => {
  const done = (part: Partial<OfferDone> = {}): unknown => fact({ ...awardOf(DEAL), ...part });
  const old = (part: Partial<OfferDone> = {}): unknown => formerMessage({ ...awardOf(DEAL), ...part });
  const accept = (): unknown =>
    signed({ cmd: 'offer:accept', body: { offerId: 'offer', source: MAKER, destination: TAKER } });

  it.each<[string, unknown[], string | RegExp]>([
    ['two winners', [done(), done({ winner: OTHER })], 'verified'],
    ['two winners, one of them by an earlier version', [done(), old({ winner: OTHER })], 'verified'],
    ['two texts', [offerOf(TERMS), offerOf({ ...TERMS, amount: price('5') })], 'verified'],
    ['the same twice', [done(), done()], /^the statements are the same/],
    ['the same by two versions', [done(), old()], /^the statements are the same/],
    ['two offers', [done(), done({ offerId: ELSE })], /^the statements are about different things/],
    ['two makers', [done(), done({ maker: OTHER })], /^the statements are about different things/],
    ['an offer and its end', [offerOf(TERMS), done()], /^the statements are about different things/],
    ['one statement', [done()], /^there are not two/],
    ['three statements', [done(), done({ winner: OTHER }), done({ winner: MAKER })], /^there are not two/],
    ['what is said to one desk', [accept(), done()], /^a statement is neither an offer nor an outcome/],
    [
      'what another has signed',
      [done(), fact({ ...awardOf(DEAL), winner: OTHER }, OTHER)],
      /^a statement is not signed/,
    ],
    [
      'what has a nonce that it was not signed with',
      [
        done(),
        {
          ...(old({ winner: OTHER }) as object),
          auth: { ...(old({ winner: OTHER }) as { auth: object }).auth, nonce: nonce() },
        },
      ],
      /^a statement is not signed/,
    ],
  ])('%s', (_what, statements, expected) => {
    const proof = { grapevine: 'equivocation/1', statements };
    if (expected === 'verified') {
      expect(verifyProof(proof, verify)).toEqual({ kind: 'equivocation', maker: MAKER, offerId: 'offer' });
    } else expect(refused(proof)).toMatch(expected);
  });
});
