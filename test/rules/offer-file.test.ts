import { describe, expect, it } from 'vitest';
import { offersFromJson } from '../../src/rules/offer-file.ts';
import { ALICE, terms } from './values.ts';

const body = { offerId: '1', source: ALICE, type: 'sell', amount: 1, unitPrice: '8000', pair: 'BTC/USD' };
const fromBody = { ...terms('1'), issuedAt: null, expiresAt: null, verified: true };

describe('an offer to test rules on is read from', () => {
  it.each([
    ['the body of offer:new', JSON.stringify(body, null, 2), [fromBody]],
    ['the whole payload', JSON.stringify({ cmd: 'offer:new', body }), [fromBody]],
    ['a list', JSON.stringify([body, body]), [fromBody, fromBody]],
    ['lines', `${JSON.stringify(body)}\n${JSON.stringify(body)}\n`, [fromBody, fromBody]],
    [
      'what "offers --json" prints',
      JSON.stringify({ role: 'taker', terms: terms('1'), phase: 'seen', verified: false }),
      [{ ...terms('1'), verified: false }],
    ],
    ['its terms alone', JSON.stringify(terms('1')), [{ ...terms('1'), verified: true }]],
    [
      'what "offers --json" prints of a job',
      JSON.stringify({
        ...terms('1'),
        type: 'job',
        details: { size: 3 },
        reference: null,
        attempt: 1,
        attemptsMax: null,
      }),
      [{ ...terms('1'), type: 'job', details: { format: 'json', text: '{"size":3}' }, verified: true }],
    ],
    [
      'terms with details',
      JSON.stringify({
        terms: { ...terms('1'), details: { format: 'text', text: 'x' }, reference: 'r/1', attempt: 2 },
      }),
      [{ ...terms('1'), details: { format: 'text', text: 'x' }, reference: 'r/1', attempt: 2, verified: true }],
    ],
  ])('%s', (_, text, offers) => {
    expect(offersFromJson(text)).toEqual(offers);
  });

  it('its maker is not verified if it is a client of the original', () => {
    expect(offersFromJson(JSON.stringify({ ...body, source: 'a1b2c3d4e5f60718' }))[0]?.verified).toBe(false);
  });
});

describe('an invalid offer is refused', () => {
  it.each([
    ['', 'ERR_BODY_NOT_JSON'],
    ['{', 'ERR_BODY_NOT_JSON'],
    ['[]', 'ERR_INVALID_OFFER'],
    ['7', 'ERR_INVALID_OFFER'],
    ['{}', 'ERR_INVALID_OFFER'],
    ['{"terms":null}', 'ERR_INVALID_OFFER'],
    [JSON.stringify({ ...body, amount: '1,5' }), 'ERR_INVALID_OFFER'],
    [JSON.stringify(body).replace('"amount":1', '"amount":0.10000000000000000001'), 'ERR_NUMBER_INEXACT'],
  ])('%s', (text, code) => {
    expect(() => offersFromJson(text)).toThrow(expect.objectContaining({ code }));
  });
});
