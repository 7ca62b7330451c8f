import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeskNotice, NoticeOf } from '../../src/desk/desk-events.ts';
import { NoticeStream, type Subscriber } from '../../src/desk/notice-stream.ts';
import { LIMITS } from '../../src/composition/limits.ts';
import { GrapevineError } from '../../src/protocol/errors.ts';
import { DeskWorld, type TestDesk } from '../../testing/desk-world.ts';
import { GatedJournal } from '../../testing/gated-journal.ts';

const DRAFT = { type: 'sell', amount: '1' } as const;

let world: DeskWorld;
let maker: TestDesk;
let taker: TestDesk;

beforeEach(async () => {
  world = new DeskWorld();
  maker = await world.start();
  taker = await world.start();
});

afterEach(() => world.stop());

const isWin = (notice: DeskNotice): notice is NoticeOf<'deal.won'> => notice.event === 'deal.won';

describe('a stream of notices', () => {
  it('returns all notices in order, also those that came while no reader waited', async () => {
    const stream = taker.desk.notices();
    await maker.desk.announce(DRAFT);
    await world.settled();
    const events: string[] = [];
    for await (const { event } of stream) {
      events.push(event);
      if (event === 'deal.won') break;
    }
    expect(events).toEqual(taker.notices.filter(({ event }) => event !== 'desk.ready').map(({ event }) => event));
    // Left: nothing is kept for it any more.
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(taker.desk.listenerCount('notice')).toBe(1);
  });

  it('can be used to wait for one notice', async () => {
    const won = taker.desk.until(isWin);
    const { offerId } = await maker.desk.announce(DRAFT);
    await world.settled();
    expect(await won).toMatchObject({ event: 'deal.won', offerId });
  });

  it('ends with the reason of its signal, before and while it waits', async () => {
    const abort = new AbortController();
    const waiting = taker.desk.until(isWin, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(taker.desk.until(isWin, { signal: abort.signal })).rejects.toThrow('enough');
    expect(taker.desk.listenerCount('notice')).toBe(1);
  });

  it('can have any number of readers, also with one signal, without a leak warning of Node', async () => {
    const warnings: string[] = [];
    const warn = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', warn);
    const { signal } = new AbortController();
    const all = Array.from({ length: 25 }, () => taker.desk.until(isWin, { signal }));
    await maker.desk.announce(DRAFT);
    await world.settled();
    expect(await Promise.all(all)).toHaveLength(25);
    // Warnings come in a later turn.
    await new Promise(setImmediate);
    process.off('warning', warn);
    expect(warnings).toEqual([]);
  });

  it('fails for a reader that is too slow, rather than leaving out notices', async () => {
    const subscribers = new Set<Subscriber>();
    const stream = new NoticeStream((subscriber) => {
      subscribers.add(subscriber);
      return () => subscribers.delete(subscriber);
    }, {});
    const notice = { event: 'desk.ready', id: taker.id, port: 1 } as const;
    for (let count = 0; count <= LIMITS.noticesWaitingMax; count += 1) {
      for (const subscriber of subscribers) subscriber.next(notice);
    }
    expect(subscribers.size).toBe(0);
    for (let count = 0; count < LIMITS.noticesWaitingMax; count += 1) await stream.next();
    await expect(stream.next()).rejects.toMatchObject({ code: 'ERR_OVERLOADED' });
  });

  it.each(['stop', 'failed journal'])('ends when the desk stops: %s', async (how) => {
    const journal = new GatedJournal();
    const { desk } = await world.start({ journal });
    const events: string[] = [];
    const loop = (async () => {
      for await (const { event } of desk.notices()) events.push(event);
    })();
    const stopped = { code: 'ERR_DESK_STOPPED' };
    const waits = [
      expect(desk.until(isWin)).rejects.toMatchObject(stopped),
      expect(desk.offerAndWait(DRAFT)).rejects.toMatchObject(stopped),
    ];
    await world.settled();
    if (how === 'stop') await desk.stop();
    else journal.fail(new GrapevineError('ERR_JOURNAL_MOVED', 'the file is gone'));
    await Promise.all([loop, ...waits]);
    expect(events).toContain(how === 'stop' ? 'offer.opened' : 'desk.failed');
    expect(await desk.notices().next()).toEqual({ done: true, value: undefined });
  });

  it('allows one pending read at a time', async () => {
    const stream = taker.desk.notices();
    const first = stream.next();
    await expect(stream.next()).rejects.toMatchObject({ code: 'ERR_WRONG_STATE' });
    await stream.return();
    expect(await first).toEqual({ done: true, value: undefined });
  });
});

describe('a start with a signal', () => {
  it('that is aborted already does nothing', async () => {
    const signal = AbortSignal.abort(new Error('never mind'));
    await expect(maker.desk.start({ signal })).rejects.toThrow('never mind');
  });
});
