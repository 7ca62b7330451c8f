import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../src/control/contract.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { askControl, posting } from '../../testing/ask-control.ts';
import { startControl } from '../../testing/control-world.ts';
import { PRETEND_ID, pretendOffer } from '../../testing/pretend-desk.ts';

const ANNOUNCEMENT = { type: 'buy', amount: '1' };

describe('a request that is not in the contract', () => {
  it('gets an answer in the one form of all errors', async () => {
    const world = await startControl();
    const json = { 'content-type': 'application/json' };
    const refused = [
      [{ path: '/v1/nothing' }, 404, 'ERR_CONTROL_ROUTE', /there is no \/v1\/nothing/],
      [{ path: '/v1/offers/' }, 400, 'ERR_USAGE', /^path\.offerId/],
      [{ path: '/' }, 404, 'ERR_CONTROL_ROUTE', /openapi/],
      [{ method: 'PUT', path: '/v1/offers' }, 405, 'ERR_CONTROL_ROUTE', /takes GET and POST, not PUT/],
      [{ method: 'HEAD', path: '/health' }, 405, undefined, /^$/],
      [{ method: 'OPTIONS', path: '/v1/desk' }, 405, 'ERR_CONTROL_ROUTE', /takes GET/],
      [{ method: 'GET', path: '/v1/offers/abcd/cancel' }, 405, 'ERR_CONTROL_ROUTE', /takes POST/],
      [{ path: '/v1/offers/%zz' }, 400, 'ERR_USAGE', /./],
      [{ path: `/v1/offers/${'a'.repeat(200)}` }, 414, 'ERR_USAGE', /./],
      [{ method: 'POST', path: '/v1/offers', headers: json, body: '{"type":' }, 400, 'ERR_BODY_NOT_JSON', /./],
      [{ method: 'POST', path: '/v1/offers', headers: json, body: '' }, 400, 'ERR_BODY_NOT_JSON', /./],
      [
        { method: 'POST', path: '/v1/offers', headers: json, body: '{"__proto__":{}}' },
        400,
        'ERR_BODY_NOT_JSON',
        /__proto__/,
      ],
      [
        { method: 'POST', path: '/v1/offers', headers: json, body: '{"details":{"n":12345678901234567890}}' },
        400,
        'ERR_NUMBER_INEXACT',
        /^12345678901234567890 does not survive/,
      ],
      ...['{"type":"buy","type":"sell"}', '{"details":[{"n":1,"\\u006e":1}]}', '{"details":{"a":{"b":1},"a":0}}'].map(
        (body) =>
          [
            { method: 'POST', path: '/v1/offers', headers: json, body },
            400,
            'ERR_BODY_NOT_JSON',
            /^an object has the same key twice$/,
          ] as const,
      ),
      [
        {
          method: 'POST',
          path: '/v1/verify',
          headers: json,
          body: '{"proof":{"format":"pretend","format":"pretend"}}',
        },
        400,
        'ERR_BODY_NOT_JSON',
        /^an object has the same key twice$/,
      ],
      [
        { method: 'POST', path: '/v1/offers', headers: json, body: Buffer.from('{"details":"caf\xe9"}', 'latin1') },
        400,
        'ERR_BODY_NOT_JSON',
        /UTF-8/,
      ],
      [{ method: 'POST', path: '/v1/offers', headers: json, body: '[]' }, 400, 'ERR_USAGE', /^body: /],
      [{ method: 'POST', path: '/v1/offers', headers: json, body: 'null' }, 400, 'ERR_USAGE', /^body\.type: /],
      [posting('/v1/offers', { type: 'buy', amount: 1 }), 400, 'ERR_USAGE', /^body\.amount: .*string/],
      [posting('/v1/offers', { amount: '1' }), 400, 'ERR_USAGE', /^body\.type: /],
      [posting('/v1/offers', { ...ANNOUNCEMENT, to: ['not an id'] }), 400, 'ERR_USAGE', /^body\.to\.0: is not an id/],
      [posting('/v1/backup', { file: 'relative.db' }), 400, 'ERR_USAGE', /absolute/],
      [posting('/v1/backup', { file: `/${'a'.repeat(LIMITS.filePathMaxLength)}` }), 400, 'ERR_USAGE', /^body\.file/],
      [{ path: '/v1/offers?sort=colour' }, 400, 'ERR_USAGE', /^query\.sort: /],
      [{ path: '/v1/offers?mine=yes' }, 400, 'ERR_USAGE', /^query\.mine: /],
      [{ path: '/v1/offers?type=buy&type=sell' }, 400, 'ERR_USAGE', /^query\.type: /],
      [{ path: '/v1/offers?limit=-1' }, 400, 'ERR_USAGE', /^query\.limit: must be a whole number/],
      [
        { path: `/v1/offers?limit=${LIMITS.controlPageMax + 1}` },
        400,
        'ERR_USAGE',
        /^query\.limit: must be 1000 at most/,
      ],
      [{ path: '/v1/offers/abc' }, 400, 'ERR_USAGE', /no offer has the id abc; .*first 4 or more/],
      [posting('/v1/offers/abc/accept', {}), 400, 'ERR_USAGE', /no offer has the id abc; .*first 4 or more/],
      [{ path: '/v1/offers?maker=abc' }, 400, 'ERR_USAGE', /^query\.maker: must be an id, or its first 4/],
      [{ path: '/v1/events?after=yesterday' }, 400, 'ERR_USAGE', /^query\.after: is not a cursor/],
      [{ path: '/v1/events', headers: { 'last-event-id': 'x' } }, 400, 'ERR_USAGE', /is not a cursor/],
    ] as const;
    for (const [asked, status, code, text] of refused) {
      const answered = await askControl(world, asked);
      const failure = (answered.json ?? {}) as { code?: string; text?: string };
      expect([asked, answered.status, failure.code]).toEqual([asked, status, code]);
      expect(failure.text ?? '').toMatch(text);
    }
    expect(world.desk.asked).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
    'a body as %s is not read',
    async (type) => {
      const world = await startControl();
      const asked = posting('/v1/offers', ANNOUNCEMENT, { 'content-type': type });
      const { status, json } = await askControl(world, asked);
      expect([status, json]).toMatchObject([
        415,
        { code: 'ERR_CONTROL_MEDIA_TYPE', text: expect.stringContaining('content-type: application/json') as string },
      ]);
      expect(world.desk.asked).toEqual([]);
    },
  );

  it('gets the allowed methods in a header', async () => {
    const { headers } = await askControl(await startControl(), { method: 'DELETE', path: '/v1/offers' });
    expect(headers.allow).toBe('GET, POST');
  });
});

describe('a body', () => {
  it('may begin with a byte order mark, may be nested deeply, and may use a key in several objects', async () => {
    const world = await startControl();
    const deep = `${'{"a":['.repeat(2_000)}${']}'.repeat(2_000)}`;
    for (const details of [deep, '[{"n":1},{"n":{"n":":{\\"n\\":"}}]']) {
      const body = `\u{feff}{"type":"buy","amount":"1","details":${details}}`;
      const headers = { 'content-type': 'application/json' };
      expect((await askControl(world, { method: 'POST', path: '/v1/offers', headers, body })).status).toBe(201);
    }
  });
});

describe('an offer whose id is short', () => {
  it('is named by its whole id, which is not the beginning of another one', async () => {
    const world = await startControl();
    world.desk.book = [
      pretendOffer({ offerId: 'a' }),
      pretendOffer({ offerId: 'ab', role: 'taker' }),
      pretendOffer({ offerId: 'abcd' }),
    ];
    expect((await askControl(world, { path: '/v1/offers/a' })).json).toMatchObject({ offerId: 'a' });
    expect((await askControl(world, posting('/v1/offers/ab/accept', {}))).json).toMatchObject({ offerId: 'ab' });
    expect((await askControl(world, { path: '/v1/offers/abc' })).json).toMatchObject({ code: 'ERR_USAGE' });
  });

  it('is not taken for that of another maker, nor of another desk', async () => {
    const world = await startControl();
    world.desk.book = [
      pretendOffer({ offerId: 'a', maker: 'b' }),
      pretendOffer({ offerId: 'a', maker: 'bc' }),
      pretendOffer({ offerId: 'c', role: 'maker', acceptances: [waiting('d'), waiting('de')] }),
    ];
    expect((await askControl(world, { path: '/v1/offers/a' })).json).toMatchObject({ code: 'ERR_USAGE' });
    expect((await askControl(world, { path: '/v1/offers/a?maker=b' })).json).toMatchObject({ maker: 'b' });
    await askControl(world, posting('/v1/offers/c/award', { taker: 'd' }));
    expect(world.desk.asked.at(-1)).toEqual(['award', 'c', 'd']);
  });
});

function waiting(taker: string): Offer['acceptances'][number] {
  return { taker, unitPrice: null, at: null, verified: true };
}

describe('a request beyond a limit', () => {
  it('is refused if its body is too large', async () => {
    const world = await startControl();
    const asked = posting('/v1/offers', { ...ANNOUNCEMENT, pair: 'x'.repeat(LIMITS.controlBodyMaxBytes) });
    const { status, json } = await askControl(world, asked);
    expect([status, json]).toMatchObject([
      413,
      { code: 'ERR_BODY_TOO_LARGE', text: `a body has ${LIMITS.controlBodyMaxBytes} bytes at most` },
    ]);
  });

  it('is refused if its headers are too large', async () => {
    const world = await startControl();
    const headers = { 'x-much': 'x'.repeat(LIMITS.headerMaxBytes) };
    const { status, json } = await askControl(world, { path: '/health', headers });
    expect([status, json]).toMatchObject([431, { code: 'ERR_HTTP_REQUEST' }]);
  });

  it('is refused if it is not HTTP', async () => {
    const world = await startControl();
    const said = await new Promise<string>((resolve, reject) => {
      const socket = connect(world.socketPath, () => socket.write('hello\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', reject);
      socket.on('close', () => {
        resolve(text);
      });
    });
    expect(said).toMatch(/^HTTP\/1.1 400 Bad Request\r\n[^]*\{"code":"ERR_HTTP_REQUEST"/);
    expect((await askControl(world, { path: '/health' })).status).toBe(200);
  });

  it('is closed if there are too many connections', async () => {
    const world = await startControl();
    const sockets = Array.from({ length: LIMITS.controlConnectionsMax + 1 }, () => connect(world.socketPath));
    const closed = await Promise.race(
      sockets.map(
        (socket) =>
          new Promise<string>((resolve) =>
            socket.on('close', () => {
              resolve('closed');
            }),
          ),
      ),
    );
    expect(closed).toBe('closed');
    for (const socket of sockets) socket.destroy();
  });
});

describe('an error of the desk', () => {
  it.each([
    ['ERR_INVALID_OFFER', 400],
    ['ERR_OFFER_UNKNOWN', 404],
    ['ERR_OFFER_TAKEN', 409],
    ['ERR_OFFER_IN_DOUBT', 409],
    ['ERR_OVERLOADED', 503],
    ['ERR_DESK_STOPPED', 503],
    ['ERR_JOURNAL', 500],
  ] as const)('%s has status %i', async (code, expected) => {
    const world = await startControl();
    world.desk.failWith(code, 'because');
    const { status, json } = await askControl(world, posting('/v1/offers', ANNOUNCEMENT));
    expect([status, json]).toEqual([expected, { code, text: 'because' }]);
  });

  it('that is a defect is logged, and not in the answer', async () => {
    const world = await startControl();
    world.desk.breakOnce(new Error('secret /path/of/this/machine'));
    const { status, json } = await askControl(world, posting('/v1/offers', ANNOUNCEMENT));
    expect([status, json]).toMatchObject([500, { code: 'ERR_INTERNAL' }]);
    expect(JSON.stringify(json)).not.toContain('secret');
    expect(world.logged).toMatchObject([['control.failed', { text: expect.stringContaining('secret') as string }]]);
  });

  it('is also an answer that does not fit the contract', async () => {
    const world = await startControl();
    world.desk.book = [pretendOffer({ amount: '1e3' })];
    const { status, json } = await askControl(world, { path: '/v1/offers' });
    expect([status, json]).toMatchObject([500, { code: 'ERR_INTERNAL' }]);
    expect(world.logged).toHaveLength(1);
  });
});

describe('an offer named by the beginning of its id', () => {
  const maker = (digit: string): string => digit.repeat(64);
  const theirs = (offerId: string, digit: string) => pretendOffer({ offerId, role: 'taker', maker: maker(digit) });

  it('is refused if two offers match, and the error names both', async () => {
    const world = await startControl();
    world.desk.book = [theirs('abcd01', '1'), theirs('abcd02', '2')];
    const { status, json } = await askControl(world, { path: '/v1/offers/abcd' });
    expect(status).toBe(400);
    expect(json).toEqual({
      code: 'ERR_USAGE',
      text: `abcd may be abcd01 of ${maker('1')}, abcd02 of ${maker('2')}: say which, and whose`,
    });
    expect((await askControl(world, { path: '/v1/offers/abcd01' })).status).toBe(200);
  });

  it('is refused with a few names if many offers match', async () => {
    const world = await startControl();
    world.desk.book = Array.from({ length: 20 }, (_, index) => theirs(`abcd${index}`, '1'));
    const { json } = await askControl(world, { path: '/v1/offers/abcd' });
    expect(json).toMatchObject({ text: expect.stringMatching(/ and 12 more: say which/) as string });
  });

  it('is the one with exactly this id, if the others are of the same maker, or the id is a full one', async () => {
    const world = await startControl();
    const full = 'f'.repeat(32);
    world.desk.book = [theirs('abcd', '1'), theirs('abcd02', '1'), theirs(full, '1'), theirs(`${full}1`, '2')];
    for (const offerId of ['abcd', full])
      expect((await askControl(world, { path: `/v1/offers/${offerId}` })).json).toMatchObject({ offerId });
  });

  it('is refused if another maker has taken the beginning of an id as its id', async () => {
    const world = await startControl();
    world.desk.book = [theirs('abcd0123', '1'), theirs('abcd', '2')];
    const { status, json } = await askControl(world, posting('/v1/offers/abcd/accept', {}));
    expect([status, json]).toMatchObject([
      400,
      { code: 'ERR_USAGE', text: expect.stringMatching(/say which/) as string },
    ]);
    expect(world.desk.asked).toEqual([]);
  });

  it('is found with the beginning of its maker if two makers use the id', async () => {
    const world = await startControl();
    world.desk.book = [theirs('abcd01', '1'), theirs('abcd01', '2')];
    expect((await askControl(world, posting('/v1/offers/abcd01/accept', {}))).status).toBe(400);
    expect((await askControl(world, posting('/v1/offers/abcd01/accept', { maker: '2222' }))).status).toBe(200);
    expect(world.desk.asked).toEqual([['accept', 'abcd01', { maker: maker('2'), unitPrice: undefined }]]);
  });

  it('is found if only the journal still has it', async () => {
    const world = await startControl();
    world.desk.past = [pretendOffer({ offerId: 'feed01', phase: 'awarded' })];
    const { json } = await askControl(world, { path: '/v1/offers/feed/story' });
    expect(json).toMatchObject({ offer: { offerId: 'feed01' } });
  });

  it('is an error if the desk does not know it', async () => {
    const world = await startControl();
    const { status, json } = await askControl(world, { path: '/v1/offers/beef/receipt' });
    expect([status, json]).toEqual([404, { code: 'ERR_OFFER_UNKNOWN', text: 'no offer beef is known here' }]);
  });

  it('is refused if the command is only for own offers, or only for those of others', async () => {
    const world = await startControl();
    world.desk.book = [theirs('abcd01', '1'), pretendOffer({ offerId: 'feed01' })];
    const cancelled = await askControl(world, posting('/v1/offers/abcd/cancel', {}));
    expect(cancelled.json).toEqual({ code: 'ERR_WRONG_STATE', text: "abcd01 is another desk's offer" });
    const accepted = await askControl(world, posting('/v1/offers/feed/accept', {}));
    expect(accepted.json).toEqual({ code: 'ERR_WRONG_STATE', text: 'feed01 is your own offer' });
    expect(world.desk.asked).toEqual([]);
  });

  it('is the one that the command can be for, if an own offer and another one have this id', async () => {
    const world = await startControl();
    world.desk.book = [theirs('abcd01', '1'), pretendOffer({ offerId: 'abcd01', maker: PRETEND_ID })];
    await askControl(world, posting('/v1/offers/abcd01/cancel', {}));
    await askControl(world, posting('/v1/offers/abcd01/withdraw', {}));
    expect(world.desk.asked).toEqual([
      ['cancel', 'abcd01'],
      ['withdraw', 'abcd01', maker('1')],
    ]);
  });

  it('is awarded to a taker by the beginning of its id; two that match are named', async () => {
    const world = await startControl();
    const waiting = ['aaaa1', 'aaaa2'].map((taker) => ({ taker, unitPrice: null, at: null, verified: true }));
    world.desk.book = [pretendOffer({ offerId: 'abcd01', award: 'manual', acceptances: waiting })];
    const two = await askControl(world, posting('/v1/offers/abcd01/award', { taker: 'aaaa' }));
    expect(two.json).toEqual({
      code: 'ERR_USAGE',
      text: 'several takers of abcd01 begin with aaaa: aaaa1, aaaa2',
    });
    await askControl(world, posting('/v1/offers/abcd01/award', { taker: 'aaaa2' }));
    expect(world.desk.asked).toEqual([['award', 'abcd01', 'aaaa2']]);
  });

  it('is not awarded to a taker whose id is the beginning of another id', async () => {
    const world = await startControl();
    const waiting = ['aaaa', 'aaaa2'].map((taker) => ({ taker, unitPrice: null, at: null, verified: true }));
    world.desk.book = [pretendOffer({ offerId: 'abcd01', award: 'manual', acceptances: waiting })];
    const { json } = await askControl(world, posting('/v1/offers/abcd01/award', { taker: 'aaaa' }));
    expect(json).toMatchObject({ code: 'ERR_USAGE' });
    expect(world.desk.asked).toEqual([]);
  });
});
