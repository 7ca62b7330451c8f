/** Workers on desks in memory: what they take, what they report, and how they stop and come back. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JobWorker, type Job, type JobWorkerInit } from '../../src/composition/job-worker.ts';
import type { OfferDraft } from '../../src/desk/offer-draft.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { offerKey } from '../../src/protocol/ids.ts';
import type { DetailsValue } from '../../src/wire/details.ts';
import { DeskWorld, type TestDesk, type TestDeskInit } from '../../testing/desk-world.ts';

const JOB = { type: 'job', details: { n: 1 } } as const;

let world: DeskWorld;

beforeEach(() => {
  world = new DeskWorld();
});

afterEach(async () => {
  await world.stop();
  expect(world.clock.alarmCount).toBe(0);
});

type Any = DetailsValue | undefined;

interface Started<Details> {
  readonly desk: TestDesk;
  readonly worker: JobWorker<Details>;
}

async function started<Details = Any>(init: JobWorkerInit<Details>, of: TestDeskInit = {}): Promise<Started<Details>> {
  const desk = world.create({ interest: undefined, ...of });
  const worker = new JobWorker(desk.desk, init);
  await worker.start();
  return { desk, worker };
}

/** Work that ends when the test says so. */
class Bench {
  readonly jobs: Job<Any>[] = [];
  readonly #ends: ((error?: Error) => void)[] = [];

  readonly work = (job: Job<Any>): Promise<void> => {
    this.jobs.push(job);
    return new Promise((resolve, reject) => {
      this.#ends.push((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
  };

  async finish(error?: Error): Promise<void> {
    this.#ends.shift()?.(error);
    await world.settled();
  }
}

async function offered(maker: TestDesk, count = 1, more: Partial<OfferDraft> = {}): Promise<string[]> {
  const terms = await Promise.all(Array.from({ length: count }, () => maker.desk.announce({ ...JOB, ...more })));
  await world.settled();
  return terms.map(({ offerId }) => offerId);
}

describe('a worker', () => {
  it('does a job and reports what it returns', async () => {
    const seen: Job<Any>[] = [];
    await started({
      work: (job) => {
        seen.push(job);
        return { lines: [3, null] };
      },
    });
    const maker = await world.start();
    const [offerId] = await offered(maker, 1, { reference: 'nightly/1' });
    expect(seen).toMatchObject([{ offerId, maker: maker.id, reference: 'nightly/1', attempt: 1, details: { n: 1 } }]);
    expect(maker.noticesOf('deal.done')).toMatchObject([
      { offerId, details: { format: 'json', text: '{"lines":[3,null]}' } },
    ]);
  });

  it.each<[string, () => DetailsValue, RegExp]>([
    [
      'the message of an error',
      () => {
        throw new Error('the disk \ud800 was full');
      },
      /^the disk \ufffd was full$/,
    ],
    ['a result that is too long', () => 'x'.repeat(LIMITS.detailsMaxBytes + 1), /longer than 4096 bytes/],
    [
      'the text of a thrown value',
      () => {
        throw 'no' as unknown as Error;
      },
      /^no$/,
    ],
  ])('reports failure with %s', async (_what, work, reason) => {
    await started({ work });
    const maker = await world.start();
    await offered(maker);
    expect(maker.noticesOf('deal.failed')).toMatchObject([
      { details: { text: expect.stringMatching(reason) as string } },
    ]);
  });

  it('gives each job its own signal, so that node reports no leak of listeners', async () => {
    const bench = new Bench();
    await started({ work: bench.work, concurrency: 12 });
    const maker = await world.start();
    await offered(maker, 12);
    expect(new Set(bench.jobs.map(({ signal }) => signal)).size).toBe(12);
    for (let job = 0; job < 12; job += 1) await bench.finish();
  });

  it('runs at most `concurrency` jobs, and accepts the next one when a job is done', async () => {
    const bench = new Bench();
    const { worker } = await started({ work: bench.work, concurrency: 2 });
    const maker = await world.start();
    await offered(maker, 5);
    expect([bench.jobs.length, worker.running, maker.noticesOf('deal.awarded').length]).toEqual([2, 2, 2]);
    await bench.finish();
    expect([bench.jobs.length, worker.running]).toEqual([3, 2]);
    for (let left = 0; left < 4; left += 1) await bench.finish();
    expect(maker.noticesOf('deal.done')).toHaveLength(5);
    expect(worker.running).toBe(0);
  });

  it('has room again when another worker wins a job that it accepted', async () => {
    const [bench, other] = [new Bench(), new Bench()];
    await started({ work: bench.work });
    await started({ work: other.work });
    const maker = await world.start();
    await offered(maker, 2);
    expect([bench.jobs.length, other.jobs.length]).toEqual([1, 1]);
    await bench.finish();
    await other.finish();
    expect(maker.noticesOf('deal.done')).toHaveLength(2);
  });

  it('accepts only offers for which `wants` is true and `parse` does not throw', async () => {
    const done: number[] = [];
    await started<{ n: number }>({
      parse: (details) => {
        if (typeof details !== 'object' || details === null || !('n' in details)) throw new Error('no n');
        return { n: Number(details['n']) };
      },
      wants: ({ pair }) => pair === null,
      work: ({ details }) => {
        done.push(details.n);
      },
    });
    const maker = await world.start();
    await offered(maker, 1, { details: 'text' });
    await offered(maker, 1, { pair: 'GB/DAY' });
    await offered(maker, 1, { details: { n: 7 } });
    expect(done).toEqual([7]);
  });

  it('accepts no trades by default', async () => {
    await started({ work: () => undefined });
    const maker = await world.start();
    await maker.desk.announce({ type: 'sell', amount: 1 });
    await world.settled();
    expect(maker.noticesOf('deal.awarded')).toEqual([]);
  });

  it.each([0, -1, 1.5, Number.NaN])('is refused with a concurrency of %d', (concurrency) => {
    expect(() => new JobWorker(world.create().desk, { work: () => undefined, concurrency })).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE' }) as Error,
    );
  });
});

describe('a worker that stops', () => {
  it('accepts no more jobs and finishes the running one', async () => {
    const bench = new Bench();
    const { worker, desk } = await started({ work: bench.work });
    const maker = await world.start();
    await offered(maker);
    const stopping = worker.stop();
    await offered(maker);
    expect(maker.noticesOf('deal.awarded')).toHaveLength(1);
    await bench.finish();
    await stopping;
    expect(maker.noticesOf('deal.done')).toHaveLength(1);
    expect(desk.noticesOf('report.delivered')).toHaveLength(1);
    await worker.stop();
  });

  it('reports a job as failed that takes longer than graceMs', async () => {
    const bench = new Bench();
    const { worker } = await started({ work: bench.work });
    const maker = await world.start();
    await offered(maker);
    await worker.stop({ graceMs: 1 });
    expect(bench.jobs[0]?.signal.aborted).toBe(true);
    expect(maker.noticesOf('deal.failed')).toMatchObject([
      { details: { text: 'handed back: the worker is stopping' } },
    ]);
  });

  it('withdraws acceptances that are not decided', async () => {
    const { worker } = await started({ work: () => undefined });
    const maker = await world.start();
    const [offerId = ''] = await offered(maker, 1, { award: 'manual' });
    expect(maker.desk.offer(offerId)).toMatchObject({ acceptancesWaiting: 1 });
    await worker.stop();
    expect(maker.noticesOf('deal.awarded')).toEqual([]);
  });
});

describe('a worker that is restarted after a crash', () => {
  it('repeats only jobs that it had won and not reported', async () => {
    const bench = new Bench();
    const { desk } = await started({ work: bench.work, concurrency: 2 });
    const maker = await world.start();
    await offered(maker, 2);
    await bench.finish();
    await world.crash(desk);
    const again = new Bench();
    await started({ work: again.work }, { id: desk.id, journal: desk.journal });
    await world.settled();
    expect(again.jobs.map(({ offerId }) => offerId)).toEqual([bench.jobs[1]?.offerId]);
    await again.finish();
    expect(maker.noticesOf('deal.done')).toHaveLength(2);
  });

  it('does not run a job whose doubt its operator has closed', async () => {
    const desk = world.create({ interest: undefined });
    const maker = await world.start();
    const { offerId } = await maker.desk.announce(JOB);
    const records = (await maker.desk.history(offerId)).records.flatMap(({ record }) => record);
    const [opened] = records;
    if (opened?.type !== 'opened') return expect.fail('no offer');
    const taken = [
      { type: 'accepting', at: 1, terms: opened.terms, dialect: 'grapevine' },
      { type: 'confirmed', at: 2, epoch: 1 },
      { type: 'closed', at: 3, as: 'lost' },
    ] as const;
    await desk.journal.append({
      offer: offerKey(maker.id, opened.terms.offerId),
      records: taken.map((record) => ({ role: 'taker', record })),
      finished: true,
    });
    const bench = new Bench();
    await new JobWorker(desk.desk, { work: bench.work }).start();
    await world.settled();
    expect(bench.jobs).toEqual([]);
    expect(desk.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('reports an overdue job as failed: its maker may have renewed it', async () => {
    const bench = new Bench();
    const { desk } = await started({ work: bench.work });
    const maker = await world.start();
    await offered(maker, 1, { doneWithinMs: 1_000 });
    await world.crash(desk);
    const again = new Bench();
    await started({ work: again.work }, { id: desk.id, journal: desk.journal });
    await world.settled();
    expect(again.jobs).toEqual([]);
    expect(maker.noticesOf('deal.failed')).toMatchObject([
      { details: { text: expect.stringMatching(/was down/) as string } },
    ]);
  });
});
