/** A reference has one offer, and an offer has one renewal; offers with ifFailed are renewed automatically. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OfferDraft } from '../../src/desk/offer-draft.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { offerKey, type OfferId, type OfferKey } from '../../src/protocol/ids.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';

const DRAFT = { type: 'sell', amount: '1', pair: 'BTC/USD', unitPrice: '8000' } as const;
const JOB = { type: 'job', reference: 'nightly/1', details: { file: 'a.mp4' }, validForMs: 60_000 } as const;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

function phaseOf({ desk }: TestDesk, offerId: string): string | undefined {
  return desk.offer(offerId)?.phase;
}

function keyOf({ id }: TestDesk, offerId: string): OfferKey {
  return offerKey(id, offerId as OfferId);
}

async function restarted(desk: TestDesk): Promise<TestDesk> {
  await world.crash(desk);
  return world.start({ id: desk.id, journal: desk.journal, interest: undefined });
}

it('offers made at the same time have different ids with the same first digits', async () => {
  const { desk } = await world.start();
  const idsOf = async (): Promise<string[]> => [
    (await desk.announce(DRAFT)).offerId,
    (await desk.announce(DRAFT)).offerId,
  ];
  const now = await idsOf();
  await world.clock.advance(100);
  const later = await idsOf();
  expect(new Set([...now, ...later].map((id) => id.slice(0, 3))).size).toBe(2);
  expect(now.map((id) => id.slice(0, 3))).toEqual([now[0]?.slice(0, 3), now[0]?.slice(0, 3)]);
  expect(new Set([...now, ...later]).size).toBe(4);
  for (const id of [...now, ...later]) expect(id).toMatch(/^[0-9a-f]{32}$/);
});

describe('renewing', () => {
  it.each([
    ['a validity that can not be', DRAFT, -1],
    ['a validity shorter than the window', { ...DRAFT, award: 'best', windowMs: 60_000 } as const, 30_000],
  ])('with %s changes nothing', async (_what, draft, validForMs) => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(draft);
    await expect(maker.desk.renew(offerId, { validForMs })).rejects.toMatchObject({ code: 'ERR_INVALID_OFFER' });
    expect(phaseOf(maker, offerId)).toBe('open');
    expect(maker.desk.offers()).toHaveLength(1);
  });

  it('twice at the same time returns the same new offer', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    const [one, two] = await Promise.all([maker.desk.renew(offerId), maker.desk.renew(offerId)]);
    expect(one.offerId).toBe(two.offerId);
    expect(maker.desk.offers().map(({ phase }) => phase)).toEqual(['open', 'cancelled']);
  });

  it('is recorded in the old offer at the next start when a crash came before', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    await maker.desk.cancel(offerId);
    await world.settled();
    await world.crash(maker);
    const { snapshot } = await maker.desk.history(offerId);
    const terms = { ...snapshot.terms, offerId: 'renewal' as OfferId };
    const opened = { type: 'opened', at: 1, terms, plan: { renews: offerId } } as const;
    const records = [{ role: 'maker', record: opened }] as const;
    await maker.journal.append({ offer: keyOf(maker, 'renewal'), records, finished: false });
    const again = await world.start({ id: maker.id, journal: maker.journal, interest: undefined });
    await world.settled();
    expect((await again.desk.history(offerId)).snapshot).toMatchObject({ renewedAs: 'renewal' });
  });

  it('again returns the first renewal, also after a restart', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    const { offerId: renewal } = await maker.desk.renew(offerId);
    expect(await maker.desk.renew(offerId)).toMatchObject({ offerId: renewal });
    expect(maker.desk.offer(offerId)).toMatchObject({ renewedAs: renewal });
    const again = await restarted(maker);
    expect(await again.desk.renew(offerId)).toMatchObject({ offerId: renewal });
    const { offerId: second } = await again.desk.renew(renewal);
    expect([offerId, renewal]).not.toContain(second);
  });

  it('of an open offer is one journal entry: after a crash, the next start completes it', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.crash(maker);
    // The journal of a desk that was killed right after it had written the renewal.
    const record = { type: 'cancelled', at: 1, renewForMs: 7_000 } as const;
    await maker.journal.append({
      offer: keyOf(maker, offerId),
      records: [{ role: 'maker', record }],
      finished: false,
    });
    const again = await restarted(maker);
    await world.settled();
    const [opened, ...more] = again.noticesOf('offer.opened');
    expect(more).toEqual([]);
    const { issuedAt, expiresAt } = opened?.terms ?? expect.fail();
    expect(Number(expiresAt) - Number(issuedAt)).toBe(7_000);
    expect(again.desk.offer(offerId)).toMatchObject({ renewedAs: opened?.offerId });
    const third = await restarted(again);
    await world.settled();
    expect(third.noticesOf('offer.opened')).toEqual([]);
  });

  it('writes the cancellation with its renewal', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    await maker.desk.renew(offerId, { validForMs: 7_000 });
    const records = await maker.journal.readOffer(keyOf(maker, offerId));
    expect(records.map(({ record }) => record)).toMatchObject([
      { type: 'opened' },
      { type: 'cancelled', renewForMs: 7_000 },
      { type: 'renewed' },
    ]);
  });

  it('keeps what was offered, and counts attempts under the reference', async () => {
    const maker = await world.start();
    const draft: OfferDraft = { ...JOB, doneWithinMs: 5_000, ifFailed: 'renew', attempts: 4 };
    const { offerId } = await maker.desk.announce(draft);
    const { issuedAt: _, expiresAt: __, offerId: ___, ...terms } = maker.desk.offer(offerId)?.terms ?? expect.fail();
    expect(await maker.desk.renew(offerId)).toMatchObject({ ...terms, attempt: 2 });
    expect(await maker.desk.announce(draft)).toMatchObject({ attempt: 2 });
  });

  it('of a deal is possible only after it has failed', async () => {
    const taker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();
    await expect(maker.desk.renew(offerId)).rejects.toMatchObject({ code: 'ERR_OFFER_TAKEN' });
    await taker.desk.report(offerId, 'failed');
    await world.settled();
    const { offerId: renewal } = await maker.desk.renew(offerId);
    expect(phaseOf(maker, offerId)).toBe('awarded');
    await world.settled();
    expect(phaseOf(maker, renewal)).toBe('awarded');
  });
});

describe('a reference', () => {
  it('names one offer: a second announcement returns it, also after its end and after a restart', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(JOB);
    expect(await maker.desk.announce({ ...JOB, amount: 1 })).toMatchObject({ offerId });
    await maker.desk.cancel(offerId);
    expect(await maker.desk.announce(JOB)).toMatchObject({ offerId });
    const again = await restarted(maker);
    expect(again.desk.offers()).toEqual([]);
    expect(await again.desk.announce(JOB)).toMatchObject({ offerId });
    expect(again.noticesOf('offer.opened')).toEqual([]);
  });

  it('used twice at the same time names one offer', async () => {
    const maker = await world.start();
    const [one, two] = await Promise.all([maker.desk.announce(JOB), maker.desk.announce(JOB)]);
    expect(one.offerId).toBe(two.offerId);
    expect(maker.noticesOf('offer.opened')).toHaveLength(1);
  });

  it.each<[string, Partial<OfferDraft>]>([
    ['amount', { amount: 2 }],
    ['details', { details: { file: 'b.mp4' } }],
    ['details as text', { details: '{"file":"a.mp4"}' }],
    ['validity', { validForMs: 60_001 }],
    ['time to report', { doneWithinMs: 1_000 }],
    ['what happens when it fails', { ifFailed: 'renew' }],
    ['addressees', { to: ['a'.repeat(64)] }],
  ])('is used up for other terms: %s', async (_what, change) => {
    const maker = await world.start();
    await maker.desk.announce(JOB);
    await expect(maker.desk.announce({ ...JOB, ...change })).rejects.toMatchObject({ code: 'ERR_REFERENCE_USED' });
    expect(maker.desk.offers()).toHaveLength(1);
  });

  it('returns the latest renewal', async () => {
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(JOB);
    const { offerId: renewal } = await maker.desk.renew(offerId, { validForMs: 1_000 });
    expect(await maker.desk.announce(JOB)).toMatchObject({ offerId: renewal });
  });

  it('may be used by two desks for different offers', async () => {
    const one = await world.start({ interest: undefined });
    const two = await world.start({ interest: undefined });
    await one.desk.announce(JOB);
    await two.desk.announce({ ...JOB, amount: 2 });
    await world.settled();
    expect(one.desk.offers()).toHaveLength(2);
  });
});

describe('an offer with ifFailed: renew', () => {
  const DRAFTED = { ...JOB, doneWithinMs: 10_000, ifFailed: 'renew', attempts: 3 } as const;

  it('is offered again with the same reference, up to the number of attempts', async () => {
    const worker = await world.start();
    const maker = await world.start();
    await maker.desk.announce(DRAFTED);
    await world.settled();
    for (const attempt of [1, 2, 3]) {
      const won = worker.noticesOf('deal.won');
      expect(won).toHaveLength(attempt);
      await worker.desk.report(won.at(-1)?.offerId ?? '', 'failed', `attempt ${attempt}`);
      await world.settled();
    }
    expect(maker.noticesOf('offer.opened').map(({ terms }) => [terms.reference, terms.attempt])).toEqual([
      ['nightly/1', undefined],
      ['nightly/1', 2],
      ['nightly/1', 3],
    ]);
    expect(maker.noticesOf('deal.failed')).toHaveLength(3);
  });

  it('is offered again when the report is overdue, and a later report is marked as late', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.clock.advance(DRAFTED.doneWithinMs);
    expect(maker.noticesOf('deal.overdue')).toMatchObject([{ offerId }]);
    expect(worker.noticesOf('deal.won')).toHaveLength(2);
    await worker.desk.report(offerId, 'done');
    await world.settled();
    expect(maker.noticesOf('deal.done')).toMatchObject([{ offerId, by: 'taker', late: true }]);
    expect(maker.desk.offer(offerId)).toMatchObject({ phase: 'awarded', isOverdue: true });
  });

  it('is not offered again when it was done', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.settled();
    await worker.desk.report(offerId, 'done');
    await world.clock.advance(60_000);
    expect(maker.noticesOf('offer.opened')).toHaveLength(1);
  });

  it('is not offered again when the maker reports it done at the same moment', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.settled();
    maker.desk.on('deal.failed', () => void maker.desk.report(offerId, 'done'));
    await worker.desk.report(offerId, 'failed');
    await world.clock.advance(60_000);
    expect(maker.noticesOf('deal.done')).toMatchObject([{ offerId, by: 'maker' }]);
    expect(maker.noticesOf('offer.opened')).toHaveLength(1);
    expect(maker.logged).not.toContainEqual(expect.objectContaining({ event: 'renewal.failed' }));
  });

  it('records its renewal also when the maker reports it done just after', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.settled();
    maker.desk.on('offer.opened', () => void maker.desk.report(offerId, 'done'));
    await worker.desk.report(offerId, 'failed');
    await world.settled();
    const renewal = maker.noticesOf('offer.opened')[1]?.offerId;
    expect(renewal).toBeDefined();
    expect(maker.desk.offer(offerId)).toMatchObject({ renewedAs: renewal, ownReport: { result: 'done' } });
  });

  it('is offered again after a restart when a crash came before the renewal', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.settled();
    world.hub.takeDown(maker.id);
    await worker.desk.report(offerId, 'failed');
    await world.crash(maker);
    // The journal of a desk that has learnt of the failure, and no more.
    await maker.journal.append({
      offer: keyOf(maker, offerId),
      records: [{ role: 'maker', record: { type: 'reportReceived', at: 1, result: 'failed', reportedAt: 1 } }],
      finished: false,
    });
    const again = await world.start({ id: maker.id, journal: maker.journal, interest: undefined });
    await world.settled();
    expect(again.noticesOf('offer.opened')).toMatchObject([{ terms: { reference: 'nightly/1', attempt: 2 } }]);
    expect(again.desk.offer(offerId)).toMatchObject({ renewedAs: again.noticesOf('offer.opened')[0]?.offerId });
    await world.crash(again);
    const third = await world.start({ id: maker.id, journal: again.journal, interest: undefined });
    await world.settled();
    expect(third.noticesOf('offer.opened')).toEqual([]);
  });

  it('is offered again later when the first try fails', async () => {
    const worker = await world.start();
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(DRAFTED);
    await world.settled();
    const read = maker.journal.readRenewalOf.bind(maker.journal);
    maker.journal.readRenewalOf = (renewed) => {
      maker.journal.readRenewalOf = read;
      return Promise.reject(new Error(`busy with ${renewed}`));
    };
    await worker.desk.report(offerId, 'failed');
    await world.settled();
    expect(maker.logged).toContainEqual(expect.objectContaining({ level: 'error', event: 'renewal.failed' }));
    expect(maker.noticesOf('offer.opened')).toHaveLength(1);
    await world.clock.advance(LIMITS.renewalRetryMs);
    expect(maker.noticesOf('offer.opened')).toHaveLength(2);
  });

  it('with excludeFailed, is refused to a desk that has failed', async () => {
    const first = await world.start();
    const maker = await world.start();
    await maker.desk.announce({ ...DRAFTED, excludeFailed: true });
    await world.settled();
    const second = await world.start();
    await first.desk.report(first.noticesOf('deal.won')[0]?.offerId ?? '', 'failed');
    await world.clock.advance(LIMITS.announceAgainMinMs);
    expect(maker.noticesOf('deal.awarded').map(({ taker }) => taker)).toEqual([first.id, second.id]);
  });

  it.each([
    [{ ifFailed: 'renew' as const, reference: undefined }],
    [{ attempts: 2 }],
    [{ excludeFailed: true }],
    [{ ifFailed: 'renew' as const, attempts: 1 }],
    [{ ifFailed: 'renew' as const, attempts: LIMITS.attemptsMax + 1 }],
  ])('is refused in invalid combinations with attempts and excludeFailed: %j', async (change) => {
    const maker = await world.start();
    await expect(maker.desk.announce({ ...JOB, ...change })).rejects.toMatchObject({ code: 'ERR_INVALID_OFFER' });
  });
});
