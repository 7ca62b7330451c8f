/** `grapevine verify`, and receipts from the journals of both sides: of a deal over real grapes, with real keys. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDesk, type Desk, type Grapes } from '../../src/index.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { startLocalGrapes } from '../../testing/local-grapes.ts';
import { runCommand } from '../../testing/run-command.ts';
import { makeTemporaryFolder } from '../../testing/temporary-folder.ts';

let grapes: Grapes;
let maker: Desk;
let taker: Desk;
let folder: string;
let offerId: string;

beforeAll(async () => {
  grapes = await startLocalGrapes();
  folder = makeTemporaryFolder();
  maker = createDesk({ grapes: grapes.api, dataDir: join(folder, 'maker') });
  taker = createDesk({ grapes: grapes.api, dataDir: join(folder, 'taker'), interest: () => true });
  await Promise.all([maker.start(), taker.start()]);
  const won = taker.until(({ event }) => event === 'deal.won');
  const awarded = maker.until(({ event }) => event === 'deal.awarded');
  ({ offerId } = await maker.announce({ type: 'sell', amount: '0.5', pair: 'BTC/USD', unitPrice: '8000' }));
  await Promise.all([won, awarded]);
  for (const [side, desk] of [['maker', maker] as const, ['taker', taker] as const])
    writeFileSync(receiptOf(side), JSON.stringify(await desk.receipt(offerId, maker.id)));
});

afterAll(async () => {
  await maker.stop();
  await taker.stop();
  await grapes.stop();
});

function receiptOf(side: 'maker' | 'taker'): string {
  return join(folder, `${side}.json`);
}

function changed(change: (receipt: Record<string, { body: Record<string, unknown> }>) => void): string {
  const receipt = JSON.parse(readFileSync(receiptOf('maker'), 'utf8')) as Parameters<typeof change>[0];
  change(receipt);
  const file = join(folder, 'changed.json');
  writeFileSync(file, JSON.stringify(receipt));
  return file;
}

describe('a receipt', () => {
  it('is written from the journal of either side, and proves the deal', async () => {
    for (const side of ['maker', 'taker'] as const) {
      expect(existsSync(join(folder, side, 'receipts'))).toBe(false);
      const { code, out, err } = await runCommand(['verify', receiptOf(side)]);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`proves a deal\n  offer  ${offerId}: sell 0.5 BTC/USD at 8000\n  maker  ${maker.id}\n`);
      expect(out).toContain(`taker  ${taker.id}, who confirmed reservation 1`);
    }
  });

  it('is verified with one JSON object for programs, also several at once', async () => {
    const { code, out } = await runCommand(['verify', '--json', receiptOf('maker'), receiptOf('taker')]);
    expect(code).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { file: receiptOf('maker'), kind: 'deal', taker: taker.id },
      { file: receiptOf('taker'), kind: 'deal', terms: { offerId, maker: maker.id } },
    ]);
  });

  it('is refused after any change, with the name of the changed part', async () => {
    const file = changed(({ offer }) => {
      if (offer !== undefined) offer.body['amount'] = 5;
    });
    const { code, out, err } = await runCommand(['verify', file]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(`ERR_RECEIPT: ${file}: the offer is not signed by its sender\n`);
  });
});

describe('several files', () => {
  it('are each reported, also if others are invalid', async () => {
    const bad = changed(({ offer }) => {
      if (offer !== undefined) offer.body['amount'] = 5;
    });
    const missing = join(folder, 'nowhere.json');
    const { code, out, err } = await runCommand(['verify', bad, receiptOf('maker'), missing]);
    expect(code).toBe(1);
    expect(err).toBe('ERR_RECEIPT: 2 of 3 files prove nothing\n');
    expect(out).toContain(`${bad}: proves nothing: ERR_RECEIPT: the offer is not signed by its sender\n`);
    expect(out).toContain(`${receiptOf('maker')}: proves a deal\n`);
    expect(out).toContain(`${missing}: proves nothing: ERR_RECEIPT: there is no such file\n`);
    const asJson = (await runCommand(['verify', '--json', bad, receiptOf('maker')])).out.trimEnd().split('\n');
    expect(asJson.map((line) => (JSON.parse(line) as { kind: string | null }).kind)).toEqual([null, 'deal']);
  });
});

describe('a file that is not a receipt', () => {
  it.each([
    ['missing.json', null, /there is no such file/],
    ['empty.json', '', /is not JSON/],
    ['text.json', 'deal!', /is not JSON/],
    ['other.json', '{"grapevine":"receipt/9"}', /neither a receipt nor a proof/],
    ['twice.json', '{"grapevine":"receipt/2","grapevine":"receipt/2"}', /has the same key twice/],
    ['large.json', ' '.repeat(LIMITS.receiptMaxBytes + 1), /has 262145 bytes; allowed are 262144/],
  ])('is reported as such: %s', async (name, text, problem) => {
    const file = join(folder, name);
    if (text !== null) writeFileSync(file, text);
    const { code, err } = await runCommand(['verify', file]);
    expect(code).toBe(1);
    expect(err).toMatch(/^ERR_RECEIPT: /);
    expect(err).toMatch(problem);
  });

  it('is wrong usage if no file is named', async () => {
    expect(await runCommand(['verify'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^ERR_USAGE: /) as string,
    });
  });
});
