/** Takers in the phases that tests begin with, and what they are told. */
import type { OfferDone, StatusAnswer } from '../../src/protocol/messages.ts';
import { takerDeadline } from '../../src/protocol/taker-state.ts';
import { TakerUnderTest } from './one-desk.ts';
import { A, dueAt, MAKER, offerId, peer } from './values.ts';

export { A, codeOf, LOST, UNSENT } from './values.ts';

export const STRANGER = peer('stranger');
const ORIGINAL = peer('maker', 'original');

export function taker(): TakerUnderTest {
  return new TakerUnderTest(A);
}

export function ofOriginal(): TakerUnderTest {
  return new TakerUnderTest(A, ORIGINAL);
}

export function done(change: Partial<OfferDone> = {}): OfferDone {
  const offer = { offerId: offerId('offer-1'), maker: MAKER.id };
  return { cmd: 'offer:done', ...offer, outcome: 'awarded', winner: A.id, epoch: 1, ...change };
}

export function status(phase: StatusAnswer['phase'], standing: StatusAnswer['standing'], epoch: number): StatusAnswer {
  return { kind: 'status', phase, standing, epoch };
}

/** Until the taker has a question under way, or nothing more to ask. */
export function waitForQuestion(desk: TakerUnderTest): void {
  for (;;) {
    const deadline = dueAt(takerDeadline(desk.state));
    if (desk.state.isStatusQueryInFlight || deadline === null) return;
    desk.tickAfter(deadline - desk.now);
  }
}

export const EVERY_PHASE: readonly (readonly [phase: string, desk: () => TakerUnderTest])[] = [
  ['seen', () => seen()],
  ['accepting', () => taker().accepting()],
  ['queued', () => taker().queued()],
  ['confirmed', () => taker().confirmed()],
  ['won', won],
  ['lost', lost],
  ['withdrawn', withdrawn],
  ['closed', () => closed('lost')],
];

export function seen(): TakerUnderTest {
  const desk = taker();
  desk.receivesOffer();
  return desk;
}

export function won(): TakerUnderTest {
  const desk = taker().confirmed();
  desk.receives(done());
  return desk;
}

export function lost(): TakerUnderTest {
  const desk = taker().queued();
  desk.receives(done({ winner: STRANGER.id }));
  return desk;
}

export function withdrawn(): TakerUnderTest {
  const desk = taker().queued();
  desk.do({ kind: 'withdraw' });
  return desk;
}

export function closed(as: 'won' | 'lost'): TakerUnderTest {
  const desk = taker().confirmed();
  desk.do({ kind: 'resolve', as });
  return desk;
}
