import fc from 'fast-check';
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MessageSealer } from '../../src/identity/message-sealer.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import type { Reply } from '../../src/ports/network.ts';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import { encodeAnswer, listedOfferToWire } from '../../src/wire/answer-codec.ts';
import { parseJson } from '../../src/wire/parse-json.ts';

interface Desk {
  readonly id: PeerId;
  readonly sealer: MessageSealer;
}

function desk(): Desk {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { id: deskIdOf(privateKey), sealer: new MessageSealer(privateKey) };
}

const [alice, bob, eve] = [desk(), desk(), desk()] as const;

/** As it travels. */
function overTheWire(value: unknown): unknown {
  return parseJson(JSON.stringify(value));
}

/** What fits, also where JSON writes more bytes than there are characters. */
const message = fc.jsonValue({ maxDepth: 4 }).filter((value) => JSON.stringify(value).length < 3_000);

const refused = { code: 'ERR_SEALED' };

interface Sealed {
  readonly cmd: string;
  readonly body: { readonly destination: string; readonly enc: string; readonly ciphertext: string };
}

function sealedTo(sealed: Sealed, change: Partial<Sealed['body']>): Sealed {
  return { ...sealed, body: { ...sealed.body, ...change } };
}

function flipBit(base64url: string, bit: number): string {
  const bytes = Buffer.from(base64url, 'base64url');
  const at = Math.floor(bit / 8) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  return bytes.toString('base64url');
}

describe('a sealed request', () => {
  it('is opened by its receiver, and its answer by its sender', async () => {
    await fc.assert(
      fc.asyncProperty(message, message, async (payload, result) => {
        const outgoing = await alice.sealer.seal(payload, bob.id);
        const incoming = await bob.sealer.open(overTheWire(outgoing.payload));
        expect(incoming.payload).toEqual(overTheWire(payload));
        const { error, result: sealed } = incoming.sealAnswer({ error: null, result });
        expect(error).toBeNull();
        expect(outgoing.openAnswer(overTheWire(sealed))).toEqual({ error: null, result: overTheWire(result) });
      }),
      { numRuns: 60 },
    );
  });

  it('cannot be opened by another desk', async () => {
    const { payload } = await alice.sealer.seal({ secret: 'x' }, bob.id);
    await expect(eve.sealer.open(payload)).rejects.toMatchObject(refused);
    await expect(eve.sealer.open(sealedTo(payload, { destination: eve.id }))).rejects.toMatchObject(refused);
    await expect(alice.sealer.open(sealedTo(payload, { destination: alice.id }))).rejects.toMatchObject(refused);
  });

  it('is refused when any bit of it was changed', async () => {
    const { payload } = await alice.sealer.seal({ n: 1 }, bob.id);
    await fc.assert(
      fc.asyncProperty(fc.nat(32 * 8 - 1), fc.nat(1_040 * 8 - 1), async (encBit, textBit) => {
        const { enc, ciphertext } = payload.body;
        const otherText = sealedTo(payload, { ciphertext: flipBit(ciphertext, textBit) });
        await expect(bob.sealer.open(otherText)).rejects.toMatchObject(refused);
        // X25519 ignores the highest bit of a key; the key that both hash does not.
        const otherEnc = sealedTo(payload, { enc: flipBit(enc, encBit) });
        await expect(bob.sealer.open(otherEnc)).rejects.toMatchObject(refused);
      }),
      { numRuns: 60, examples: [[255, 0]] },
    );
  });

  it('is refused when it was truncated, extended, or combined from two', async () => {
    const one = (await alice.sealer.seal(1, bob.id)).payload;
    const two = (await alice.sealer.seal(2, bob.id)).payload;
    const { ciphertext } = one.body;
    for (const change of [
      { ciphertext: ciphertext.slice(0, -4) },
      { ciphertext: ciphertext.slice(0, 24) },
      { ciphertext: '' },
      { ciphertext: `${ciphertext.slice(0, -3)}AAAA` },
      { ciphertext: two.body.ciphertext },
      { enc: two.body.enc },
      { enc: '' },
      { enc: Buffer.alloc(32).toString('base64url') },
      { destination: bob.id.toUpperCase() },
    ]) {
      await expect(bob.sealer.open(sealedTo(one, change)), JSON.stringify(change)).rejects.toMatchObject(refused);
    }
  });

  it('has one encoding: other texts for the same bytes are refused', async () => {
    const { payload } = await alice.sealer.seal(1, bob.id);
    const { enc } = payload.body;
    // 32 bytes leave two bits of the last character unused.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.charAt(alphabet.indexOf(enc.slice(-1)) + 1);
    expect(Buffer.from(enc.slice(0, -1) + last, 'base64url')).toEqual(Buffer.from(enc, 'base64url'));
    for (const other of [`${enc}=`, ` ${enc}`, enc.slice(0, -1) + last, `${enc.slice(0, 5)}\n${enc.slice(5)}`]) {
      await expect(bob.sealer.open(sealedTo(payload, { enc: other }))).rejects.toMatchObject(refused);
    }
  });

  it('cannot be opened by the other id with the same X25519 key', async () => {
    // An ed25519 key and its negative differ in the highest bit alone.
    const negative = Buffer.from(bob.id, 'hex');
    negative[31] = (negative[31] ?? 0) ^ 0x80;
    const { payload } = await alice.sealer.seal(1, negative.toString('hex') as PeerId);
    await expect(bob.sealer.open(sealedTo(payload, { destination: bob.id }))).rejects.toMatchObject(refused);
  });

  it.each([
    ['an id of the original', '0123456789abcdef'],
    ['no point of the curve', '02'.padEnd(64, '0')],
    ['a point that is written in another way', 'f'.repeat(62) + '7f'],
    ['the neutral point', '01'.padEnd(64, '0')],
    ['a point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  ])('can not be made to %s', async (_what, id) => {
    await expect(alice.sealer.seal(1, id as PeerId)).rejects.toMatchObject(refused);
  });

  it('is different each time', async () => {
    const one = await alice.sealer.seal(1, bob.id);
    const two = await alice.sealer.seal(1, bob.id);
    expect(one.payload.body.enc).not.toBe(two.payload.body.enc);
    expect(one.payload.body.ciphertext).not.toBe(two.payload.body.ciphertext);
  });

  it('has a plaintext of limited depth and in valid UTF-8', async () => {
    const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const { payload } = await alice.sealer.seal(deep(LIMITS.jsonMaxDepth + 1), bob.id);
    await expect(bob.sealer.open(payload)).rejects.toMatchObject(refused);
    const allowed = await alice.sealer.seal(deep(LIMITS.jsonMaxDepth), bob.id);
    expect((await bob.sealer.open(allowed.payload)).payload).toEqual(deep(LIMITS.jsonMaxDepth));
  });

  it('throws only ERR_SEALED for arbitrary input', async () => {
    const { payload } = await alice.sealer.seal(1, bob.id);
    const almost = fc.record({
      cmd: fc.constantFrom('sealed', 'offer:new'),
      body: fc.oneof(
        fc.jsonValue(),
        fc.record({
          destination: fc.constantFrom<unknown>(bob.id, eve.id, null),
          enc: fc.oneof(fc.constant(payload.body.enc), fc.base64String(), fc.jsonValue()),
          ciphertext: fc.oneof(fc.constant(payload.body.ciphertext), fc.base64String(), fc.jsonValue()),
        }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.jsonValue(), almost), async (value) => {
        fc.pre(JSON.stringify(value) !== JSON.stringify(payload));
        await expect(bob.sealer.open(value)).rejects.toMatchObject(refused);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a sealed answer', () => {
  const refusal: Reply = { error: 'ERR_OFFER_TAKEN: somebody was faster', result: { auth: { sig: 'x' } } };

  it('hides errors: they look like any other answer', async () => {
    const outgoing = await alice.sealer.seal(1, bob.id);
    const incoming = await bob.sealer.open(outgoing.payload);
    const sealed = incoming.sealAnswer(refusal);
    expect(sealed.error).toBeNull();
    expect(JSON.stringify(sealed)).not.toContain('OFFER');
    expect(outgoing.openAnswer(overTheWire(sealed.result))).toEqual(refusal);
    const yes = incoming.sealAnswer({ error: null, result: { queued: true, position: 1 } });
    expect(JSON.stringify(yes).length).toBe(JSON.stringify(sealed).length);
  });

  it('belongs to one request, also when that is replayed', async () => {
    const [one, two] = [await alice.sealer.seal(1, bob.id), await alice.sealer.seal(1, bob.id)];
    const incoming = await bob.sealer.open(one.payload);
    const sealed = incoming.sealAnswer(refusal);
    expect(two.openAnswer(sealed.result)).toBeNull();
    const replayed = (await bob.sealer.open(one.payload)).sealAnswer(refusal);
    expect(replayed.result).not.toEqual(sealed.result);
    expect(one.openAnswer(replayed.result)).toEqual(refusal);
  });

  it('that was modified or truncated is rejected, and so is anything else', async () => {
    const outgoing = await alice.sealer.seal(1, bob.id);
    const { result } = (await bob.sealer.open(outgoing.payload)).sealAnswer(refusal) as { result: { sealed: string } };
    fc.assert(
      fc.property(fc.nat(1_072 * 8 - 1), fc.nat(1_000), (bit, length) => {
        expect(outgoing.openAnswer({ sealed: flipBit(result.sealed, bit) })).toBeNull();
        expect(outgoing.openAnswer({ sealed: result.sealed.slice(0, length) })).toBeNull();
      }),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ sealed: fc.jsonValue() })), (value) => {
        expect(outgoing.openAnswer(value)).toBeNull();
      }),
    );
  });

  it('has error texts without control characters and of limited length', async () => {
    const outgoing = await alice.sealer.seal(1, bob.id);
    const incoming = await bob.sealer.open(outgoing.payload);
    const { result } = incoming.sealAnswer({ error: `ERR_X: \u001b[2J${'x'.repeat(999)}`, result: null });
    const error = outgoing.openAnswer(result)?.error ?? '';
    expect(error).not.toContain('\u001b');
    expect(error.length).toBe(LIMITS.errorTextMaxLength);
  });

  it.each([5, true, {}, ['x']])('with %j in the place of an error is rejected', async (error) => {
    const outgoing = await alice.sealer.seal(1, bob.id);
    const incoming = await bob.sealer.open(outgoing.payload);
    // What a peer that seals properly can still get wrong.
    const { result } = incoming.sealAnswer({ error, result: null } as unknown as Reply);
    expect(outgoing.openAnswer(result)).toBeNull();
  });
});

it('caches a limited number of keys, and seals also to a key that left the cache', async () => {
  const sealer = new MessageSealer(generateKeyPairSync('ed25519').privateKey, 2);
  for (const { id } of [alice, bob, eve, alice]) await sealer.seal(1, id);
  expect(sealer.cachedKeys).toBe(2);
  const { payload } = await sealer.seal('again', bob.id);
  expect((await bob.sealer.open(payload)).payload).toBe('again');
});

describe('the sizes of sealed messages', () => {
  const longest = 'x'.repeat(LIMITS.sealedTextMaxBytes - 2);
  const frame = (payload: unknown): number =>
    Buffer.byteLength(JSON.stringify(['r'.repeat(LIMITS.idMaxLength), bob.id, payload]));

  it('do not show which message it is', async () => {
    const lengths = new Set<number>();
    for (const payload of [1, { cmd: 'offer:status' }, { cmd: 'offer:accept:approved', body: 'x'.repeat(700) }]) {
      lengths.add(frame((await alice.sealer.seal(payload, bob.id)).payload));
    }
    expect(lengths.size).toBe(1);
  });

  it('fit into a body up to the limit, and are refused above it', async () => {
    const outgoing = await alice.sealer.seal(longest, bob.id);
    expect(frame(outgoing.payload)).toBeLessThanOrEqual(LIMITS.bodyMaxBytes);
    const incoming = await bob.sealer.open(overTheWire(outgoing.payload));
    expect(incoming.payload).toBe(longest);
    await expect(alice.sealer.seal(`${longest}x`, bob.id)).rejects.toMatchObject(refused);
    const long = incoming.sealAnswer({ error: null, result: 'x'.repeat(LIMITS.sealedTextMaxBytes - 9) });
    expect(frame(long.result)).toBeLessThanOrEqual(LIMITS.bodyMaxBytes);
    expect(outgoing.openAnswer(long.result)?.error).toBeNull();
    const tooLong = incoming.sealAnswer({ error: null, result: 'x'.repeat(LIMITS.sealedTextMaxBytes) });
    expect(outgoing.openAnswer(tooLong.result)).toEqual({
      error: 'ERR_INTERNAL: the answer is too large',
      result: null,
    });
  });

  it('of a full page of offers with the longest fields fit', async () => {
    const terms: OfferTerms = {
      offerId: 'o'.repeat(LIMITS.idMaxLength) as OfferId,
      maker: bob.id,
      type: 'sell',
      amount: `1.${'9'.repeat(LIMITS.decimalMaxDigits - 1)}` as Decimal,
      unitPrice: `1.${'9'.repeat(LIMITS.decimalMaxDigits - 1)}` as Decimal,
      pair: 'P'.repeat(LIMITS.pairMaxLength),
      issuedAt: 1_800_000_000_000,
      expiresAt: 1_800_000_000_000,
    };
    const auth = { sig: `${'A'.repeat(85)}Q` };
    const bytes = JSON.stringify(listedOfferToWire({ terms, auth })).length;
    const fitting = Math.min(LIMITS.listPageMax, Math.floor(LIMITS.listPageMaxBytes / bytes));
    const offers = Array.from({ length: fitting }, () => ({ terms, auth }));
    const reply = encodeAnswer({ kind: 'list', offers, next: terms.offerId });
    const outgoing = await alice.sealer.seal(1, bob.id);
    const { result } = (await bob.sealer.open(outgoing.payload)).sealAnswer(reply);
    expect(outgoing.openAnswer(result)).toEqual(overTheWire(reply));
  });
});
