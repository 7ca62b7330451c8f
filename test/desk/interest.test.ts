import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OfferTerms } from '../../src/protocol/messages.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { MemoryPeer } from '../../testing/memory-peer.ts';

const DRAFT = { type: 'sell', amount: '1' } as const;

let world: DeskWorld;
let maker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start({ interest: undefined });
});

afterEach(async () => {
  await world.stop();
});

describe('the function of setInterest is called again', () => {
  it('so that three workers with one job at a time do all of twenty jobs', async () => {
    const workers = await Promise.all([1, 2, 3].map(() => startWorker()));
    for (let job = 0; job < 20; job += 1) await maker.desk.announce(DRAFT);
    for (let round = 0; round < 20; round += 1) {
      await world.clock.advance(1_000);
      for (const worker of workers) worker.finishJob();
    }
    await world.clock.advance(1_000);
    expect(maker.noticesOf('deal.awarded')).toHaveLength(20);
    expect(workers.every(({ jobs }) => jobs() > 1)).toBe(true);
    expect(workers.reduce((sum, { jobs }) => sum + jobs(), 0)).toBe(20);
  });

  it('when another function decides', async () => {
    const desk = await world.start({ interest: () => false });
    await maker.desk.announce(DRAFT);
    await world.settled();
    desk.desk.setInterest(() => true);
    await world.settled();
    expect(desk.noticesOf('deal.won')).toHaveLength(1);
  });

  it('when the maker is admitted', async () => {
    const desk = await world.start({ access: { deny: [maker.id] }, presence: true });
    const quiet = await world.start({ interest: undefined, presence: true });
    await quiet.desk.announce(DRAFT);
    await world.settled();
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();
    expect(desk.desk.offer(offerId)).toBeUndefined();
    desk.desk.setAccess({});
    await world.clock.advance(5_000);
    expect(desk.noticesOf('deal.won').map((won) => won.offerId)).toContain(offerId);
  });

  it('when an offer is announced again', async () => {
    let isBusy = true;
    const desk = await world.start({ interest: () => !isBusy });
    await maker.desk.announce(DRAFT);
    await world.settled();
    isBusy = false;
    await world.clock.advance(LIMITS.announceAgainMinMs + LIMITS.interestAgainMs);
    expect(desk.noticesOf('deal.won')).toHaveLength(1);
  });

  it('once for any number of repetitions at the same time', async () => {
    const asked: string[] = [];
    const desk = await world.start({ interest: ({ offerId }) => asked.push(offerId) < 0 });
    const peer = new MemoryPeer(world.hub, 'f'.repeat(64));
    await peer.start();
    const message = { cmd: 'offer:new', terms: peer.terms('replayed') } as const;
    for (let times = 0; times < 1_000; times += 1) void peer.send(desk.id, message);
    await world.clock.advance(LIMITS.interestAgainMs);
    expect(asked).toHaveLength(2);
  });

  it('not while its answer is pending, and not about accepted offers', async () => {
    const answers: ((isWanted: boolean) => void)[] = [];
    const desk = await world.start({ interest: () => new Promise((resolve) => answers.push(resolve)) });
    await maker.desk.announce(DRAFT);
    await world.settled();
    await desk.desk.reconsider();
    expect(answers).toHaveLength(1);
    answers[0]?.(false);
    await world.settled();
    expect(answers).toHaveLength(2);
    answers[1]?.(true);
    await world.settled();
    expect(desk.noticesOf('deal.won')).toHaveLength(1);
    await desk.desk.reconsider();
    expect(answers).toHaveLength(2);
  });

  it('about a full book in batches, one pass at a time', async () => {
    const asked: OfferTerms[] = [];
    const desk = await world.start({ interest: (offer) => asked.push(offer) < 0 });
    const count = 2.5 * LIMITS.interestBatchMax;
    const peer = new MemoryPeer(world.hub, 'f'.repeat(64));
    await peer.start();
    for (let number = 0; number < count; number += 1) {
      void peer.send(desk.id, { cmd: 'offer:new', terms: peer.terms(`offer-${number}`) });
    }
    await world.settled();
    asked.length = 0;
    const passes = [desk.desk.reconsider(), desk.desk.reconsider(), desk.desk.reconsider()];
    expect(asked.length).toBeLessThanOrEqual(LIMITS.interestBatchMax);
    await Promise.all(passes);
    expect(asked.length).toBeGreaterThanOrEqual(count);
    expect(asked.length).toBeLessThanOrEqual(2 * count);
  });
});

interface Worker {
  readonly jobs: () => number;
  readonly finishJob: () => void;
}

/** Takes an offer when it has none, as a program does that knows nothing but a flag. */
async function startWorker(): Promise<Worker> {
  let isBusy = false;
  const worker = await world.start({
    interest: () => {
      if (isBusy) return false;
      isBusy = true;
      return true;
    },
  });
  const free = (): void => {
    isBusy = false;
    void worker.desk.reconsider();
  };
  worker.desk.on('deal.lost', free);
  return { jobs: () => worker.noticesOf('deal.won').length, finishJob: free };
}
