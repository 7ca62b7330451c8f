/** An invalid report is refused with its own code, and changes nothing. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import type { OfferId } from '../../src/protocol/ids.ts';
import type { DealReport } from '../../src/protocol/messages.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const JOB = { type: 'job', details: 'do it' } as const;

let world: DeskWorld;
let maker: TestDesk;
let taker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start({ trust: 'signed' });
  taker = await world.start({ trust: 'signed', interest: undefined });
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

async function offered(): Promise<OfferId> {
  const { offerId } = await maker.desk.announce(JOB);
  await world.settled();
  return offerId;
}

async function dealt(): Promise<OfferId> {
  const offerId = await offered();
  await taker.desk.accept(offerId);
  await world.settled();
  return offerId;
}

/** Records about reports in a journal. */
async function reportsIn({ journal, desk }: TestDesk, offerId: OfferId): Promise<string[]> {
  const { records } = await desk.history(offerId, maker.id);
  expect(await journal.readOffer(`${maker.id}/${offerId}` as never)).toEqual(records);
  return records.map(({ record }) => record.type as string).filter((type) => type.startsWith('report'));
}

describe('a report of ours', () => {
  it.each<[string, string, unknown]>([
    ['details that are too long', 'ERR_DETAILS', 'ü'.repeat(LIMITS.detailsMaxBytes / 2 + 1)],
    ['half a character', 'ERR_DETAILS', '\ud800'],
    ['JSON that is too deep', 'ERR_DETAILS', JSON.parse('['.repeat(20) + ']'.repeat(20))],
    ['what is no JSON', 'ERR_DETAILS', () => 1],
    ['a number that is none', 'ERR_DETAILS', 1n],
  ])('is refused with %s', async (_what, code, details) => {
    const offerId = await dealt();
    await expect(taker.desk.report(offerId, 'done', details as never)).rejects.toMatchObject({ code });
    expect(await reportsIn(taker, offerId)).toEqual([]);
  });

  it('is refused before the award, on both sides, and for an unknown offer', async () => {
    const offerId = await offered();
    for (const { desk } of [maker, taker])
      await expect(desk.report(offerId, 'done')).rejects.toMatchObject({ code: 'ERR_NO_DEAL' });
    await expect(maker.desk.report('unknown', 'done')).rejects.toMatchObject({ code: 'ERR_OFFER_UNKNOWN' });
  });

  it('is final: a repetition changes nothing, a different one is refused', async () => {
    const offerId = await dealt();
    await taker.desk.report(offerId, 'done', { a: 1 });
    await taker.desk.report(offerId, 'done', { a: 1 });
    for (const [result, details] of [
      ['failed', { a: 1 }],
      ['done', { a: 2 }],
      ['done', '{"a":1}'],
      ['done', undefined],
    ] as const)
      await expect(taker.desk.report(offerId, result, details)).rejects.toMatchObject({ code: 'ERR_REPORTED' });
    await world.settled();
    expect(await reportsIn(taker, offerId)).toEqual(['reported', 'reportDelivered']);
    expect(await reportsIn(maker, offerId)).toEqual(['reportReceived']);
  });

  it('may differ from the report of the other side, which may be earlier or later', async () => {
    const offerId = await dealt();
    await Promise.all([taker.desk.report(offerId, 'done'), maker.desk.report(offerId, 'failed', 'not paid')]);
    await world.settled();
    for (const { desk } of [maker, taker]) expect(desk.offer(offerId)).toMatchObject({ phase: /awarded|won/ });
    expect(taker.desk.offer(offerId)).toMatchObject({
      ownReport: { result: 'done' },
      otherReport: { result: 'failed' },
    });
  });

  it('can be made after a restart by both sides, and reaches the other side', async () => {
    const [one, two] = [await dealt(), await dealt()];
    await world.crash(taker);
    await world.crash(maker);
    const [again, other] = [
      await world.start({ id: maker.id, journal: maker.journal, interest: undefined, trust: 'signed' }),
      await world.start({ id: taker.id, journal: taker.journal, interest: undefined, trust: 'signed' }),
    ];
    expect([...again.desk.offers(), ...other.desk.offers()]).toEqual([]);
    await other.desk.report(one, 'done');
    await again.desk.report(two, 'failed', undefined, maker.id);
    await world.settled();
    expect(again.noticesOf('deal.done')).toMatchObject([{ offerId: one, by: 'taker' }]);
    expect(other.noticesOf('deal.failed')).toMatchObject([{ offerId: two, by: 'maker' }]);
    expect(await again.desk.deals()).toMatchObject([{ result: 'failed' }, { result: 'done' }]);
  });
});

describe('a report of a peer', () => {
  let stranger: MemoryPeer;

  beforeEach(async () => {
    stranger = new MemoryPeer(world.hub, 'e'.repeat(64));
    await stranger.start();
  });

  function report(offerId: OfferId, change: Partial<DealReport> = {}): DealReport {
    const names = { offerId, maker: maker.id, taker: stranger.id };
    return { cmd: 'deal:report', ...names, by: 'taker', result: 'done', at: world.clock.now(), ...change };
  }

  it('is refused from a stranger, before and after the award, and for an unknown offer', async () => {
    for (const offerId of [await offered(), await dealt()]) {
      const answer = await stranger.send(maker.id, report(offerId));
      expect(answer).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_NO_DEAL: /) as string });
      expect(await reportsIn(maker, offerId)).toEqual([]);
    }
    const unknown = await stranger.send(maker.id, report('nothing' as OfferId));
    expect(unknown).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_OFFER_UNKNOWN: /) as string });
    expect(maker.noticesOf('deal.done')).toEqual([]);
  });

  it('is refused in the name of the winner without its signature', async () => {
    const offerId = await dealt();
    const forged = report(offerId, { taker: taker.id });
    const answer = await stranger.send(maker.id, forged, stranger.identity.sign(report(offerId)));
    expect(answer).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_SIGNATURE: /) as string });
    expect(await reportsIn(maker, offerId)).toEqual([]);
  });

  it.each([
    ['details that are too long', { format: 'text', text: 'x'.repeat(LIMITS.detailsMaxBytes + 1) }],
    ['details that are no JSON', { format: 'json', text: '{' }],
    ['JSON that is too deep', { format: 'json', text: '['.repeat(20) + ']'.repeat(20) }],
  ] as const)('is refused with %s', async (_what, details) => {
    const answer = await stranger.send(maker.id, report(await offered(), { details }));
    expect(answer).toMatchObject({ kind: 'error', error: expect.stringMatching(/^ERR_DETAILS: /) as string });
  });

  it('of a maker that has not awarded the offer to us is refused', async () => {
    const offerId = 'a'.repeat(32) as OfferId;
    const names = { maker: stranger.id, taker: taker.id, by: 'maker' } as const;
    const answer = await stranger.send(taker.id, report(offerId, names));
    expect(answer).toMatchObject({
      kind: 'error',
      error: expect.stringMatching(/^ERR_(NO_DEAL|OFFER_UNKNOWN): /) as string,
    });
  });
});
