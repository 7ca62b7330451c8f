import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DealReported } from '../../src/desk/offer-and-wait.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';

const JOB = { type: 'job', reference: 'nightly/1', validForMs: 60_000, doneWithinMs: 10_000 } as const;
const AGAIN = { ...JOB, ifFailed: 'renew', attempts: 2 } as const;

let world: DeskWorld;
let maker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start({ interest: undefined });
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

/** The offers that it has won, the latest last. */
async function won(worker: TestDesk): Promise<string[]> {
  await world.settled();
  return worker.noticesOf('deal.won').map(({ offerId }) => offerId);
}

/** A promise that may be rejected before the test awaits it. */
function waiting(...args: Parameters<TestDesk['desk']['offerAndWait']>): Promise<DealReported> {
  const reported = maker.desk.offerAndWait(...args);
  reported.catch(() => undefined);
  return reported;
}

describe('offering and waiting', () => {
  it('resolves with what the winner reports', async () => {
    const worker = await world.start();
    const reported = waiting(JOB);
    const [offerId = ''] = await won(worker);
    await worker.desk.report(offerId, 'done', { lines: 3 });
    await world.settled();
    const at = world.clock.now();
    expect(await reported).toEqual({ offerId, taker: worker.id, result: 'done', details: { lines: 3 }, at });
  });

  it('resolves with a failure if it is not renewed', async () => {
    const worker = await world.start();
    const reported = waiting(JOB);
    await worker.desk.report((await won(worker))[0] ?? '', 'failed', 'no disk');
    await world.settled();
    expect(await reported).toMatchObject({ result: 'failed', details: 'no disk' });
  });

  it('waits for all attempts, and returns the report on the last one', async () => {
    const worker = await world.start();
    const reported = waiting(AGAIN);
    await worker.desk.report((await won(worker))[0] ?? '', 'failed');
    const second = (await won(worker))[1] ?? '';
    await worker.desk.report(second, 'done');
    await world.settled();
    expect(await reported).toMatchObject({ offerId: second, result: 'done', details: undefined });
  });

  it('returns a failure when there is no attempt left', async () => {
    const worker = await world.start();
    const reported = waiting(AGAIN);
    await worker.desk.report((await won(worker))[0] ?? '', 'failed');
    await worker.desk.report((await won(worker))[1] ?? '', 'failed', 'twice');
    await world.settled();
    expect(await reported).toMatchObject({ result: 'failed', details: 'twice' });
  });

  it.each([
    ['the winner has reported otherwise', 'failed'],
    ['the winner has not reported', null],
  ] as const)('resolves with the report of the maker if %s, also when asked again', async (_what, result) => {
    const worker = await world.start();
    const reported = waiting(AGAIN);
    const [offerId = ''] = await won(worker);
    maker.desk.on('deal.failed', ({ by }) => {
      if (by === 'taker') void maker.desk.report(offerId, 'done', 'by hand');
    });
    if (result === null) await maker.desk.report(offerId, 'done', 'by hand');
    else await worker.desk.report(offerId, result);
    await world.clock.advance(JOB.doneWithinMs);
    const expected = { offerId, taker: worker.id, result: 'done', details: 'by hand' };
    expect(await reported).toMatchObject(expected);
    expect(await waiting(AGAIN)).toMatchObject(expected);
  });

  it('continues after an overdue attempt, and fails with ERR_TIMEOUT when the last one is overdue', async () => {
    const worker = await world.start();
    const reported = waiting(AGAIN);
    await world.clock.advance(JOB.doneWithinMs);
    expect(await won(worker)).toHaveLength(2);
    await world.clock.advance(JOB.doneWithinMs);
    await expect(reported).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('fails when the offer expires, and when it is cancelled', async () => {
    const expiring = waiting({ ...JOB, reference: 'a' });
    const cancelled = waiting({ ...JOB, reference: 'b' });
    await world.settled();
    const offer = maker.desk.offers().find(({ terms }) => terms.reference === 'b');
    await maker.desk.cancel(offer?.terms.offerId ?? '');
    await world.clock.advance(JOB.validForMs);
    await expect(expiring).rejects.toMatchObject({ code: 'ERR_OFFER_EXPIRED' });
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_OFFER_CANCELLED' });
  });

  it('called again after a crash, returns a report that arrived before, from the journal alone', async () => {
    const worker = await world.start();
    waiting(AGAIN).catch(() => undefined);
    const [offerId = ''] = await won(worker);
    await worker.desk.report(offerId, 'done', 'all of it');
    await world.settled();
    await world.crash(maker);
    const again = await world.start({ id: maker.id, journal: maker.journal, interest: undefined });
    expect(again.desk.offers()).toEqual([]);
    expect(await again.desk.offerAndWait(AGAIN)).toMatchObject({ offerId, details: 'all of it' });
  });

  it('fails with the reason of its signal', async () => {
    const abort = new AbortController();
    const signalled = waiting(JOB, { signal: abort.signal });
    const reason = new Error('enough');
    await world.settled();
    abort.abort(reason);
    await expect(signalled).rejects.toBe(reason);
  });

  it('refuses an invalid offer', async () => {
    await expect(waiting({ ...JOB, reference: 'two words' })).rejects.toMatchObject({ code: 'ERR_REFERENCE' });
  });
});
