/** docs/PROTOCOL.md: the messages that it shows as vectors are what two desks with those keys really say. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DeskIdentity } from '../../src/identity/desk-identity.ts';
import { deskIdOf } from '../../src/identity/desk-id.ts';
import { ed25519Scheme } from '../../src/identity/ed25519.ts';
import { decodeResult } from '../../src/wire/answer-codec.ts';
import { readAuth, authOfResult } from '../../src/wire/auth-codec.ts';
import { parsePayload, type Parsed } from '../../src/wire/message-codec.ts';
import { messageStatement } from '../../src/wire/statement.ts';

const DOCUMENT = readFileSync(new URL('../../docs/PROTOCOL.md', import.meta.url), 'utf8');
const PKCS8_HEAD = '302e020100300506032b657004220420';

/** The desk whose secret key is 32 times this byte. */
function desk(byte: string): DeskIdentity {
  const key = createPrivateKey({ key: Buffer.from(PKCS8_HEAD + byte.repeat(32), 'hex'), format: 'der', type: 'pkcs8' });
  return new DeskIdentity({ id: deskIdOf(key), scheme: ed25519Scheme(key), trust: 'signed', nonce: () => '' });
}

/** The only line of the document that begins like this. */
function shown(start: string): unknown {
  const lines = DOCUMENT.split('\n').filter((line) => line.startsWith(start));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

const maker = desk('01');
const taker = desk('02');

async function isBelieved(by: DeskIdentity, { message, auth }: Parsed): Promise<boolean> {
  return 'peer' in (await by.authenticate(message, auth));
}

describe('the vectors of docs/PROTOCOL.md', () => {
  it('have the offer of the maker, under the statement that is shown', async () => {
    const offer = parsePayload(shown('{"cmd": "offer:new"'));
    expect(await isBelieved(taker, offer)).toBe(true);
    expect(DOCUMENT).toContain(`\`\`\`\n${messageStatement(offer.message, undefined)}\`\`\``);
  });

  it("have the taker's acceptance and the maker's answer", async () => {
    const [, service, payload] = shown('["1", "') as readonly unknown[];
    const [, error, result] = shown('["1", null') as readonly unknown[];
    const { message, auth } = parsePayload(payload);
    expect([service, error]).toEqual([maker.id, null]);
    expect(await isBelieved(maker, { message, auth })).toBe(true);

    const answer = decodeResult('offer:accept', result);
    const seal = authOfResult(result);
    if (answer.kind !== 'queued' || seal === null) throw new Error('the answer is not a queued one with a MAC');
    expect(taker.verifyAnswer(message, readAuth(auth) ?? undefined, maker.id, answer, seal)).toBe(true);
  });
});
