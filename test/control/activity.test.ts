/** What a desk has done lately, and offers asked for by id: bounded, whatever happens. */
import { describe, expect, it } from 'vitest';
import { ActivityLog } from '../../src/control/activity.ts';
import type { Activity } from '../../src/control/contract.ts';
import type { DeskNotice } from '../../src/desk/desk-events.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { askControl } from '../../testing/ask-control.ts';
import { startControl } from '../../testing/control-world.ts';
import { pretendOffer } from '../../testing/pretend-desk.ts';

const START_MS = Date.UTC(2026, 0, 1, 12, 0, 30);

function startLog(): { log: ActivityLog; at: (ms: number) => void; say: (event: string, offerId?: string) => void } {
  let now = START_MS;
  const log = new ActivityLog(() => now);
  const say = (event: string, offerId = 'one'): void => {
    log.notice({ event, offerId, maker: 'm', reached: 3, unreachable: 1 } as unknown as DeskNotice);
  };
  return { log, say, at: (ms) => (now = START_MS + ms) };
}

const last = (activity: Activity): Activity['minutes'][number] | undefined => activity.minutes.at(-1);

describe('activity', () => {
  it('counts each minute of the last hour, also those in which nothing happened', () => {
    const { log, say, at } = startLog();
    say('deal.awarded');
    at(60_000);
    for (const event of ['deal.won', 'deal.lost', 'award.released', 'acceptance.retry']) say(event);
    const { minutes } = log.read();
    expect(minutes).toHaveLength(LIMITS.activityMinutesKept);
    expect(minutes.at(-2)).toMatchObject({ at: START_MS - 30_000, awarded: 1, won: 0, refusals: 0 });
    expect(minutes.at(-1)).toMatchObject({ awarded: 0, won: 1, lost: 1, refusals: 2, dealMs: null });
    expect(minutes[0]).toMatchObject({ awarded: 0, won: 0, lost: 0, refusals: 0 });
  });

  it('forgets what is older than that', () => {
    const { log, say, at } = startLog();
    say('deal.awarded');
    at(LIMITS.activityMinutesKept * 60_000);
    expect(log.read().minutes.every(({ awarded }) => awarded === 0)).toBe(true);
  });

  it('has the duration of deals, from the offer or the acceptance', () => {
    const { log, say, at } = startLog();
    for (const offer of ['one', 'two', 'three']) say('offer.opened', offer);
    at(100);
    say('deal.awarded', 'one');
    at(200);
    say('deal.awarded', 'two');
    at(900);
    say('deal.awarded', 'three');
    expect(last(log.read())?.dealMs).toEqual({ median: 200, slowest: 900 });
  });

  it('works when the clock is set back', () => {
    const { log, say, at } = startLog();
    say('offer.opened');
    at(-5_000);
    say('deal.awarded');
    expect(last(log.read())?.dealMs).toEqual({ median: 0, slowest: 0 });
  });

  it('measures a limited number of deals a minute, and counts the others', () => {
    const { log, say } = startLog();
    for (let count = 0; count <= LIMITS.activitySamplesMax; count += 1) {
      say('offer.opened', `${count}`);
      say('deal.awarded', `${count}`);
    }
    expect(last(log.read())?.awarded).toBe(LIMITS.activitySamplesMax + 1);
  });

  it('remembers the latest broadcasts', () => {
    const { log, say } = startLog();
    for (let count = 0; count <= LIMITS.broadcastsKept; count += 1) say('offer.announced', `${count}`);
    const { broadcasts } = log.read();
    expect(broadcasts).toHaveLength(LIMITS.broadcastsKept);
    expect(broadcasts[0]).toEqual({ offerId: '1', at: START_MS, reached: 3, unreachable: 1 });
  });
});

describe('offers by id', () => {
  it('are returned without others, also ended ones', async () => {
    const world = await startControl();
    const ids = ['1111aaaa', '2222bbbb', '3333cccc'];
    world.desk.book = ids.map((offerId) =>
      pretendOffer({ offerId, phase: offerId === '2222bbbb' ? 'cancelled' : 'open' }),
    );
    const { json } = await askControl(world, { path: '/v1/offers?ids=2222bbbb,3333cccc,4444dddd' });
    expect(json).toMatchObject({ total: 2 });
  });

  it('are refused when there are too many, or when one is not an id', async () => {
    const world = await startControl();
    const many = Array.from({ length: LIMITS.controlIdsMax + 1 }, (_, index) => `id${index}`).join();
    for (const ids of [many, 'a b', ''])
      expect((await askControl(world, { path: `/v1/offers?ids=${encodeURIComponent(ids)}` })).status).toBe(400);
  });
});
