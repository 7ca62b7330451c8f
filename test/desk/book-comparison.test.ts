/** How many requests the comparison of books in a large network makes, and to which desks. */
import { expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';
import { BookSync, type BookSyncInit } from '../../src/desk/book-sync.ts';
import type { OfferBook } from '../../src/desk/offer-book.ts';
import type { Outbox } from '../../src/desk/outbox.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { refusal, type ListAnswer, type OfferList, type Refusal } from '../../src/protocol/messages.ts';
import { sampleTerms } from '../../src/testing/sample-records.ts';
import { ManualClock, settled } from '../../testing/manual-clock.ts';

type Answering = (question: OfferList, count: number) => ListAnswer | Refusal;

const nothing: Answering = () => refusal('ERR_OVERLOADED', 'later');

/** Until nothing more is asked. */
async function allAsked(asked: readonly OfferList[]): Promise<void> {
  for (let before = -1; before < asked.length;) {
    before = asked.length;
    await settled();
  }
}

function sync(init: Partial<BookSyncInit>, answer = nothing) {
  const clock = new ManualClock();
  const asked: OfferList[] = [];
  const outbox = {
    ask: (_: unknown, question: OfferList) => {
      asked.push(question);
      return Promise.resolve(answer(question, asked.length));
    },
  };
  const made = new BookSync({
    self: 'self' as PeerId,
    clock,
    outbox: outbox as unknown as Outbox,
    book: { others: { running: () => [] }, ofMaker: () => [] } as unknown as OfferBook,
    allows: () => true,
    links: () => [],
    openBook: () => [],
    onListed: () => Promise.resolve({ kind: 'acknowledged' }),
    failed: (error) => {
      throw error as Error;
    },
    ...init,
  });
  made.start();
  return { sync: made, clock, asked };
}

it('a new desk asks only its first links for the whole book', async () => {
  const { sync: under, asked } = sync({});
  const links = ['a', 'b', 'c', 'd'] as PeerId[];
  for (const link of links) under.onLink(link);
  await settled();
  under.stop();
  expect(asked.map((question) => question.asked)).toEqual(links.slice(0, LIMITS.booksAskedFirst));
});

it('one desk is asked for at most bookPagesMax pages at a time', async () => {
  const page: Answering = ({ asked: maker }, count) => {
    const terms = sampleTerms(count.toString().padStart(8, '0'), maker);
    return {
      kind: 'list',
      offers: [{ terms, auth: null }] as never,
      next: terms.offerId,
      nextMaker: maker,
      digest: '',
    };
  };
  const { sync: under, asked } = sync({}, page);
  under.onLink('link' as PeerId);
  await allAsked(asked);
  under.stop();
  expect(asked).toHaveLength(LIMITS.bookPagesMax);
});

it('a comparison continues at the next round where a link has refused further pages', async () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const page: Answering = ({ asked: maker, after }, count) => {
    if (count === 4) return refusal('ERR_RATE_LIMITED', 'too many pages');
    const at = after === null ? 0 : ids.indexOf(after) + 1;
    const terms = sampleTerms(ids[at] ?? '', maker);
    const isLast = at === ids.length - 1;
    const offers = [{ terms, auth: null }] as never;
    return { kind: 'list', offers, next: isLast ? null : terms.offerId, nextMaker: maker, digest: '' };
  };
  const listed: string[] = [];
  const onListed: BookSyncInit['onListed'] = ({ terms }) => {
    listed.push(terms.offerId);
    return Promise.resolve({ kind: 'acknowledged' });
  };
  const { sync: under, clock, asked } = sync({ links: () => ['link' as PeerId], onListed }, page);
  under.onLink('link' as PeerId);
  await allAsked(asked);
  expect(listed).toEqual(['a', 'b', 'c']);
  for (const round of [1, 2]) {
    await clock.advance(LIMITS.bookSyncMs);
    await allAsked(asked);
    expect(listed.slice(0, 5)).toEqual(ids);
    expect(listed).toHaveLength(5 * round);
  }
  under.stop();
});

it('at most makersPerRound makers are asked for their lists in a round', async () => {
  const states = Array.from({ length: LIMITS.makersPerRound + 10 }, (_, index) => ({
    state: { phase: 'seen', dialect: 'grapevine', terms: { maker: `maker ${index}` } },
  }));
  const book = { others: { running: () => states }, ofMaker: () => [] } as unknown as OfferBook;
  const { sync: under, clock, asked } = sync({ book });
  while (asked.length === 0) await clock.advance(100);
  await allAsked(asked);
  under.stop();
  expect(asked).toHaveLength(LIMITS.makersPerRound);
});
