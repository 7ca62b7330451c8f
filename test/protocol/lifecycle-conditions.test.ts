/** A transition with a condition is refused if the condition does not hold. The types require a case for each condition. */
import { describe, expect, it } from 'vitest';
import type { OfferId } from '../../src/protocol/ids.ts';
import { IllegalRecordError } from '../../src/protocol/lifecycle.ts';
import type { MakerCondition, TakerCondition } from '../../src/protocol/lifecycle.ts';
import { applyMaker } from '../../src/protocol/maker-state.ts';
import type { MakerRecord } from '../../src/protocol/records.ts';
import { applyTaker, type TakerEvent } from '../../src/protocol/taker-state.ts';
import { A, awardedToA, B, confirmed, reservedForA } from './makers.ts';
import { MakerUnderTest, type TakerUnderTest } from './one-desk.ts';
import { taker, won } from './takers.ts';
import { MAKER, offerId, START as at } from './values.ts';

interface Case<Desk, Event> {
  readonly desk: () => Desk;
  /** What is done with it, so that the condition does not hold any more. */
  readonly first?: (desk: Desk) => unknown;
  readonly refused: Event;
}

const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
const report = { kind: 'report', result: 'done' } as const;
const reported: MakerRecord & TakerEvent = { type: 'reported', at, result: 'failed' };
const reportDelivered: MakerRecord & TakerEvent = { type: 'reportDelivered', at };
const reportReceived: MakerRecord & TakerEvent = { type: 'reportReceived', at, result: 'failed', reportedAt: at };
const renewed: MakerRecord = { type: 'renewed', at, as: 'again' as OfferId };

function overdue(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer({ doneWithinMs: 1_000 });
  maker.acceptedBy(A);
  maker.approvalGot(A, 1, confirmed(1));
  maker.tickAfter(1_000);
  return maker;
}

function renewedOnce(): MakerUnderTest {
  const maker = MakerUnderTest.withOffer();
  maker.do({ kind: 'cancel' });
  maker.do({ kind: 'renewed', as: 'again' as OfferId });
  return maker;
}

const MAKER_CASES: Readonly<Record<MakerCondition, Case<MakerUnderTest, MakerRecord>>> = {
  'new epoch': {
    desk: reservedForA,
    first: (maker) => maker.approvalGot(A, 1, { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: '' }),
    refused: { type: 'reserved', at, taker: B, epoch: 1, until: at + 10_000 },
  },
  'same epoch': { desk: reservedForA, refused: { type: 'released', at, epoch: 2, reason: 'silent' } },
  'same epoch and taker': { desk: reservedForA, refused: { type: 'awarded', at, taker: B, epoch: 1 } },
  'outcome is owed': {
    desk: awardedToA,
    first: (maker) => maker.deliveryGot(A, { kind: 'acknowledged' }),
    refused: { type: 'delivered', at },
  },
  'not reported yet': { desk: awardedToA, first: (maker) => maker.do(report), refused: reported },
  reported: { desk: awardedToA, refused: reportDelivered },
  'no report received yet': {
    desk: awardedToA,
    first: (maker) => maker.receives(A, { cmd: 'deal:report', ...names, by: 'taker', result: 'done', at }),
    refused: reportReceived,
  },
  'not overdue yet': { desk: overdue, refused: { type: 'overdue', at } },
  'not renewed yet': { desk: renewedOnce, refused: renewed },
};

const TAKER_CASES: Readonly<Record<TakerCondition, Case<TakerUnderTest, TakerEvent>>> = {
  'epoch is not over': {
    desk: () => taker().confirmed(),
    first: (desk) => desk.released(1),
    refused: { type: 'confirmed', at, epoch: 1 },
  },
  'same epoch': { desk: () => taker().confirmed(), refused: { type: 'won', at, epoch: 2 } },
  'maker of the original': { desk: () => taker().queued(), refused: { type: 'won', at, epoch: 1 } },
  'not reported yet': { desk: won, first: (desk) => desk.do(report), refused: reported },
  reported: { desk: won, refused: reportDelivered },
  'no report received yet': {
    desk: won,
    first: (desk) => desk.receives({ cmd: 'deal:report', ...names, by: 'maker', result: 'done', at }),
    refused: reportReceived,
  },
};

describe('a record whose condition does not hold is refused, and the error names it', () => {
  it.each(Object.entries(MAKER_CASES))('maker, %s', (condition, { desk: create, first, refused }) => {
    const desk = create();
    first?.(desk);
    const text = `${refused.type} in ${desk.state.phase}, but not: ${condition}`;
    expect(() => applyMaker(desk.state, refused)).toThrow(new IllegalRecordError(text));
  });

  it.each(Object.entries(TAKER_CASES))('taker, %s', (condition, { desk: create, first, refused }) => {
    const desk = create();
    first?.(desk);
    const text = `${refused.type} in ${desk.state.phase}, but not: ${condition}`;
    expect(() => applyTaker(desk.state, refused)).toThrow(new IllegalRecordError(text));
  });
});

describe('a change of phase without a record', () => {
  it.each([
    ['accepting', { type: 'unqueued' }],
    ['accepting', { type: 'gone', reason: 'taken' }],
    ['queued', { type: 'queued' }],
    ['queued', { type: 'gone', reason: 'taken' }],
    ['confirmed', { type: 'queued' }],
    ['confirmed', { type: 'unqueued' }],
  ] as const)('is refused if the table has no such transition: %s, %o', (phase, event) => {
    const desk = taker()[phase]();
    expect(() => applyTaker(desk.state, event)).toThrow(IllegalRecordError);
  });
});
