/** Every kind of entry, told to a person: `stories.txt` is read as a page of stories. */
import { describe, expect, it, vi } from 'vitest';
import type { Story } from '../../src/control/contract.ts';
import { storyText } from '../../src/text/story.ts';
import { MAKER_LIFECYCLE, TAKER_LIFECYCLE, TAKER_VOLATILE_EVENTS } from '../../src/protocol/lifecycle.ts';
import { aStory, MAKER, NOW, OTHER_TAKER, TAKER } from '../cli/values.ts';

vi.stubEnv('TZ', 'UTC');

const opened = ['opened', { type: 'sell', expiresAt: NOW + 540_000 }] as const;
const held = ['reserved', { taker: TAKER, epoch: 1, until: NOW - 50_000 }] as const;

const STORIES: Readonly<Record<string, Story>> = {
  'an own offer that nobody has accepted': aStory({}, [opened], 'an acceptance, or the end of its validity'),
  'an own offer that became a deal after somebody was silent': aStory(
    { phase: 'awarded', taker: OTHER_TAKER, agreedUnitPrice: '8100' },
    [
      opened,
      held,
      ['released', { taker: TAKER, epoch: 1, reason: 'silent' }],
      ['reserved', { taker: OTHER_TAKER, epoch: 2, until: NOW - 40_000, unitPrice: '8100' }],
      ['awarded', { taker: OTHER_TAKER, epoch: 2 }],
      ['delivered', { taker: OTHER_TAKER }],
    ],
  ),
  'holds that ended in every way, and cancelled': aStory({ phase: 'cancelled' }, [
    opened,
    held,
    ['released', { taker: TAKER, reason: 'refused', detail: 'not \u001b[31many more' }],
    ['released', { taker: TAKER, reason: 'unreachable' }],
    ['released', { taker: TAKER, reason: 'byHand' }],
    ['cancelled'],
  ]),
  'expired, on the next day': aStory({ phase: 'expired' }, [
    ['opened', { expiresAt: NOW - 30_000, to: TAKER }, NOW - 86_400_000],
    ['expired', {}, NOW - 30_000],
    ['delivered', { taker: TAKER, givenUp: true }, NOW - 20_000],
  ]),
  'in doubt about a client of the original': aStory(
    { phase: 'reserved', taker: TAKER, inDoubt: true, verified: false },
    [opened, ['reserved', { taker: TAKER, epoch: 1, until: null }]],
    'the word of the taker, which is asked again, or a decision by hand',
  ),
  'decided by hand': aStory({ phase: 'awarded', taker: TAKER }, [
    opened,
    held,
    ['awarded', { taker: TAKER, byHand: true }],
  ]),
  'whom the maker may choose': aStory(
    {
      award: 'manual',
      to: [TAKER, OTHER_TAKER],
      acceptancesWaiting: 2,
      acceptances: [
        { taker: TAKER, unitPrice: null, at: null, verified: true },
        { taker: OTHER_TAKER, unitPrice: '8200', at: null, verified: true },
      ],
    },
    [['opened', { expiresAt: NOW + 540_000, to: `${TAKER} ${OTHER_TAKER}` }]],
    'your choice among those that have accepted',
  ),
  'out of a restored copy': aStory({ phase: 'voided' }, [opened, ['voided']]),
  'heard of, and no more': aStory(
    { role: 'taker', award: 'best', windowMs: 30_000 },
    [],
    'an acceptance from here, if you want it',
  ),
  'won with a bid, after a hold that ended': aStory({ role: 'taker', phase: 'won' }, [
    ['accepting', { unitPrice: '8100' }],
    ['confirmed', { epoch: 1 }],
    ['released', { epoch: 1 }],
    ['confirmed', { epoch: 2 }],
    ['won', { epoch: 2 }],
  ]),
  'in doubt': aStory(
    { role: 'taker', phase: 'confirmed', inDoubt: true },
    [['accepting'], ['confirmed', { epoch: 1 }]],
    "the maker's decision; it is in doubt until then, and is never guessed",
  ),
  'closed by hand, and the truth': aStory({ role: 'taker', phase: 'closed' }, [
    ['accepting'],
    ['confirmed', { epoch: 1 }],
    ['closed', { as: 'lost' }],
    ['truth', { outcome: 'awarded', won: true }],
    ['truth', { outcome: 'expired', won: false }],
  ]),
  lost: aStory({ role: 'taker', phase: 'lost', reason: 'taken' }, [['accepting'], ['lost', { reason: 'taken' }]]),
  withdrawn: aStory({ role: 'taker', phase: 'withdrawn' }, [['accepting'], ['withdrawn']]),
  'given up': aStory({ role: 'taker', phase: 'gaveUp', reason: 'no-answer', expiresAt: null }, [
    ['accepting'],
    ['gaveUp', { reason: 'no-answer' }],
  ]),
  'of a maker that is over its time': aStory(
    { role: 'taker', phase: 'queued', expiresAt: NOW - 1000, pair: null, unitPrice: null, total: null },
    [['accepting']],
    "the maker's question whether it still stands; others may be before us",
  ),
  'a job that failed and was offered again': aStory(
    {
      type: 'job',
      amount: '1',
      pair: null,
      unitPrice: null,
      total: null,
      phase: 'awarded',
      taker: TAKER,
      reference: 'nightly/1',
      attempt: 2,
      attemptsMax: 3,
      details: { file: 'a.mp4' },
      doneWithinMs: 60_000,
      renewedAs: 'f'.repeat(32),
    },
    [
      opened,
      held,
      ['awarded', { taker: TAKER, epoch: 1 }],
      ['overdue', { taker: TAKER }],
      ['reportReceived', { taker: TAKER, result: 'failed', details: 'disk\nfull', detailsFormat: 'text' }],
      ['renewed', { as: 'f'.repeat(32) }],
      ['reported', { result: 'failed' }],
      ['reportDelivered', { taker: TAKER }],
      ['reportDelivered', { taker: TAKER, givenUp: true }],
    ],
  ),
  'a job done': aStory({ role: 'taker', phase: 'won', type: 'job', amount: '3', pair: 'GB/DAY' }, [
    ['accepting'],
    ['confirmed', { epoch: 1 }],
    ['won', { epoch: 1 }],
    ['reported', { result: 'done', details: '{"lines":3}', detailsFormat: 'json' }],
    ['reportDelivered'],
    ['reportReceived', { result: 'done' }],
  ]),
  'with an entry that a later version wrote': aStory({}, [['sung', { song: MAKER }]], 'an acceptance'),
};

describe('the story of an offer', () => {
  it('is printed for every kind of outcome', async () => {
    const text = Object.entries(STORIES).map(([title, story]) => `=== ${title}\n\n${storyText(story, NOW)}\n`);
    await expect(text.join('\n')).toMatchFileSnapshot('./stories.txt');
  });

  it('has a sentence for every record of both lifecycles', () => {
    const notWritten: readonly string[] = TAKER_VOLATILE_EVENTS;
    const eventsIn = (table: object): string[] => [
      ...new Set(Object.values(table).flatMap((ways: object) => Object.keys(ways))),
    ];
    const wordless = (role: 'maker' | 'taker', events: readonly string[]): string[] =>
      events.filter((event) => storyText(aStory({ role }, [[event]]), NOW).includes(`${event}.\n`));
    expect(wordless('maker', eventsIn(MAKER_LIFECYCLE))).toEqual([]);
    const takers = eventsIn(TAKER_LIFECYCLE).filter((event) => !notWritten.includes(event));
    expect(wordless('taker', takers)).toEqual([]);
    expect(wordless('maker', ['sung'])).toEqual(['sung']);
  });

  it('has no control characters from other desks', () => {
    const text = storyText(
      aStory({}, [['released', { taker: TAKER, reason: 'refused', detail: '\u001b]0;x\u0007\u202e' }]]),
      NOW,
    );
    // eslint-disable-next-line no-control-regex -- these are what must not be in it
    expect(text).not.toMatch(/[\u0000-\u0009\u001b\u0007\u202e]/);
  });
});
