/**
 * The model and the product wait for the same writes. Whoever changes src/protocol/durability.ts has to search the model with that
 * change first (`npm run proof`), and to change its defaults.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makerMustSync, takerMustSync } from '../../src/protocol/durability.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { peer, terms } from '../protocol/values.ts';

const at = 0;
const taker = peer('A');
const epoch = 1;

const maker = (record: MakerRecord): boolean => makerMustSync(record, null);
const before = (phase: 'accepting' | 'confirmed', record: TakerRecord): boolean => {
  const state = { phase, epochFloor: 0 };
  return takerMustSync(record, state);
};

const PRODUCT: Readonly<Record<string, readonly boolean[]>> = {
  AWARDED_WRITE: [maker({ type: 'awarded', at, taker, epoch })],
  ENDED_WRITE: [maker({ type: 'cancelled', at }), maker({ type: 'expired', at })],
  RELEASED_WRITE: [maker({ type: 'released', at, epoch, reason: 'silent' })],
  REFUSED_WRITE: [maker({ type: 'released', at, epoch, reason: 'refused' })],
  RESERVED_WRITE: [maker({ type: 'reserved', at, taker, epoch, until: 1 })],
  ORIGINALS_WRITE: [maker({ type: 'reserved', at, taker, epoch, until: null })],
  ACCEPTING_WRITE: [before('accepting', { type: 'accepting', at, terms: terms(), dialect: 'grapevine' })],
  CONFIRMED_WRITE: [before('accepting', { type: 'confirmed', at, epoch })],
  GIVEN_BACK_WRITE: [before('confirmed', { type: 'released', at, epoch })],
  WON_WRITE: [before('confirmed', { type: 'won', at, epoch })],
  LOST_WRITE: [before('confirmed', { type: 'lost', at, reason: 'taken' })],
  LOSS_WRITE: [before('accepting', { type: 'lost', at, reason: 'taken' })],
  CLOSED_WRITE: [before('confirmed', { type: 'closed', at, as: 'won' })],
  WITHDRAWN_WRITE: [before('accepting', { type: 'withdrawn', at })],
  GAVE_UP_WRITE: [before('accepting', { type: 'gaveUp', at, reason: 'unreachable' })],
};

const model = readFileSync(new URL('../../proof/grapevine.pml', import.meta.url), 'utf8');
const MODEL = new Map(
  [...model.matchAll(/^#define (\w+_WRITE) (WAITED|LAZY)\b/gm)].map(([, name = '', how]) => [name, how === 'WAITED']),
);

describe('the durability rules of the model and of the product', () => {
  it('have the same names', () => {
    expect([...MODEL.keys()].sort()).toEqual(Object.keys(PRODUCT).sort());
  });

  it.each(Object.entries(PRODUCT))('%s', (name, waits) => {
    expect(waits).toEqual(waits.map(() => MODEL.get(name)));
  });

  it('opened waits for the disk', () => {
    expect(maker({ type: 'opened', at, terms: terms() })).toBe(true);
    expect(model).toContain('#define opened_is_durable (dp != NOTHING)');
  });
});
