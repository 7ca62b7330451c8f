/** Receipts of real deals between desks, looked at by somebody who has nothing but the file. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Receipt } from '../../src/identity/receipt.ts';
import { verifyProof } from '../../src/identity/verify-proof.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { keyedScheme, signed } from '../../testing/keyed-scheme.ts';

const scheme = keyedScheme('anybody' as PeerId);
const verify = (id: PeerId, text: string, sig: string): boolean => scheme.verify(id, text, sig);
const DRAFT = { type: 'sell', amount: '0.5', pair: 'BTC/USD', unitPrice: '8000' } as const;

let world: DeskWorld;
let maker: TestDesk;
let taker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start({ trust: 'signed' });
  taker = await world.start({ trust: 'signed', interest: undefined });
});

afterEach(() => world.stop());

async function deal(bid?: string): Promise<string> {
  const { offerId } = await maker.desk.announce(DRAFT);
  await world.settled();
  await taker.desk.accept(offerId, { unitPrice: bid });
  await world.settled();
  return offerId;
}

function changed(receipt: Receipt, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(receipt) as unknown as Record<string, unknown>;
  const last = path.at(-1) ?? '';
  const holder = path.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, copy);
  expect(holder).toHaveProperty(last);
  holder[last] = value;
  return copy;
}

describe('a receipt', () => {
  it.each([undefined, '8000.5'])('proves the deal from either side, with a bid of %s', async (bid) => {
    const offerId = await deal(bid);
    expect(taker.noticesOf('deal.won')).toHaveLength(1);
    for (const { desk } of [maker, taker]) {
      const proof = verifyProof(JSON.parse(JSON.stringify(await desk.receipt(offerId, maker.id))), verify);
      expect(proof).toMatchObject({ kind: 'deal', taker: taker.id, unitPrice: bid ?? '8000' });
      expect(proof).toMatchObject({ terms: { offerId, maker: maker.id, amount: '0.5' } });
    }
  });

  it('proves the deal as well when the winner learned of its award by a status request', async () => {
    world.hub.intercept = ({ payload }) => ((payload as { cmd: string }).cmd === 'offer:done' ? 'drop' : 'deliver');
    const offerId = await deal();
    await world.clock.advance(5_000);
    await world.settled();
    expect(taker.noticesOf('deal.won')).toHaveLength(1);
    const receipt = await taker.desk.receipt(offerId, maker.id);
    expect(verifyProof(receipt, verify)).toMatchObject({ kind: 'deal', taker: taker.id });
    expect(receipt).toEqual(await maker.desk.receipt(offerId));
  });

  it('survives a restart of either side', async () => {
    const offerId = await deal();
    for (const desk of [maker, taker]) {
      await world.crash(desk);
      const again = await world.start({ id: desk.id, journal: desk.journal, trust: 'signed' });
      expect(verifyProof(await again.desk.receipt(offerId, maker.id), verify)).toMatchObject({ taker: taker.id });
    }
  });

  it('contains the signed reports of both sides', async () => {
    const offerId = await deal();
    await taker.desk.report(offerId, 'done', { txid: '9f2a' }, maker.id);
    await world.settled();
    const details = { format: 'json', text: '{"txid":"9f2a"}' };
    const byTaker = { by: 'taker', result: 'done', details, at: world.clock.now() };
    for (const { desk } of [maker, taker])
      expect(verifyProof(await desk.receipt(offerId, maker.id), verify)).toMatchObject({ reports: [byTaker] });

    await world.clock.advance(1_000);
    await maker.desk.report(offerId, 'failed');
    await world.settled();
    const byMaker = { by: 'maker', result: 'failed', details: null, at: world.clock.now() };
    for (const { desk } of [maker, taker])
      expect(verifyProof(await desk.receipt(offerId, maker.id), verify)).toMatchObject({ reports: [byTaker, byMaker] });
  });

  it('with reports that are modified, repeated or of another deal proves nothing', async () => {
    const [one, two] = [await deal(), await deal()];
    for (const offerId of [one, two]) await taker.desk.report(offerId, 'done', 'paid', maker.id);
    await world.settled();
    const receipt = await maker.desk.receipt(one);
    const [report] = receipt.reports ?? [];
    const others = (await maker.desk.receipt(two)).reports;
    const wrongs: unknown[] = [
      changed(receipt, ['reports', '0', 'body', 'result'], 'failed'),
      changed(receipt, ['reports', '0', 'body', 'details'], 'not paid'),
      changed(receipt, ['reports', '0', 'body', 'by'], 'maker'),
      { ...receipt, reports: [report, report] },
      { ...receipt, reports: others },
      { ...receipt, reports: [receipt.award] },
      { ...receipt, reports: 'done' },
    ];
    for (const wrong of wrongs) {
      expect(() => verifyProof(wrong, verify)).toThrow(expect.objectContaining({ code: 'ERR_RECEIPT' }) as Error);
    }
  });

  it('with anything changed proves nothing', async () => {
    const receipt = await maker.desk.receipt(await deal('8001'), maker.id);
    const other = 'e'.repeat(64);
    const lies: readonly (readonly [readonly string[], unknown, RegExp])[] = [
      [['grapevine'], 'receipt/3', /neither a receipt/],
      [['offer', 'body', 'amount'], 5, /the offer is not signed/],
      [['offer', 'body', 'source'], other, /the offer is not signed/],
      [['offer', 'auth'], undefined, /the offer is not signed/],
      [['offer', 'auth', 'sig'], 'x', /the offer is not signed/],
      [['offer', 'cmd'], 'offer:done', /the offer is offer:done/],
      [['confirmation', 'unitPrice'], 8002, /the confirmation is not signed/],
      [['confirmation', 'taker'], other, /the confirmation is not signed/],
      [['confirmation', 'epoch'], 2, /the confirmation is not signed/],
      [['confirmation', 'epoch'], 'x', /the confirmation can't be read/],
      [['confirmation', 'auth'], undefined, /the confirmation is not signed/],
      [['confirmation'], null, /the confirmation can't be read/],
      [['award', 'body', 'winner'], other, /the award is not signed/],
      [['award', 'body', 'epoch'], 2, /the award is not signed/],
      [['award'], null, /the award can't be read/],
    ];
    for (const [path, value, problem] of lies) {
      const lie = changed(receipt, path, value);
      expect(() => verifyProof(lie, verify), path.join('.')).toThrow(problem);
    }
  });

  it('combined from parts of two deals proves nothing', async () => {
    const [one, two] = [await deal(), await deal()];
    const first = await maker.desk.receipt(one);
    const second = await maker.desk.receipt(two);
    for (const part of ['offer', 'confirmation', 'award'] as const) {
      expect(() => verifyProof({ ...first, [part]: second[part] }, verify), part).toThrow(/ERR|another|not|signed/);
    }
  });

  it('is refused when there is no deal', async () => {
    const { offerId } = await maker.desk.announce(DRAFT);
    await expect(maker.desk.receipt(offerId)).rejects.toMatchObject({ code: 'ERR_RECEIPT' });
    await expect(maker.desk.receipt('nothing')).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });
  });

  it.each([null, 1, 'text', [], {}, { grapevine: 'receipt/1' }, { grapevine: 'equivocation/1' }])(
    'is refused when it is %j',
    (value) => {
      expect(() => verifyProof(value, verify)).toThrow(expect.objectContaining({ code: 'ERR_RECEIPT' }) as Error);
    },
  );
});

describe('a proof of equivocation', () => {
  const done = (winner: string) =>
    signed({
      cmd: 'offer:done',
      body: { offerId: 'o', source: 'a'.repeat(64), outcome: 'awarded', winner: winner.repeat(64), epoch: 1 },
    });

  it('proves that one desk signed both statements', () => {
    const proof = { grapevine: 'equivocation/1', statements: [done('b'), done('c')] };
    expect(verifyProof(proof, verify)).toEqual({ kind: 'equivocation', maker: 'a'.repeat(64), offerId: 'o' });
  });

  it('needs two different signed statements about one offer', () => {
    const other = signed({
      cmd: 'offer:done',
      body: { offerId: 'p', source: 'a'.repeat(64), outcome: 'awarded', winner: 'c'.repeat(64), epoch: 1 },
    });
    const forged = { ...done('c'), auth: done('b').auth };
    for (const statements of [[done('b'), done('b')], [done('b')], [done('b'), other], [done('b'), forged]]) {
      expect(() => verifyProof({ grapevine: 'equivocation/1', statements }, verify)).toThrow();
    }
  });
});
