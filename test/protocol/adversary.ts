/**
 * An adversary for a `World`: a list of numbers, each read as one thing that it does. Numbers, so that fast-check can draw
 * and shrink them cheaply; `play` with an observer tells the same run as a story.
 */
import fc from 'fast-check';
import type { Decimal, OfferId, PeerId } from '../../src/protocol/ids.ts';
import { refusal, type Message, type OfferTerms, type Peer } from '../../src/protocol/messages.ts';
import type { MakerInput, TakerInput } from '../../src/protocol/step.ts';
import { MAKER, offerId, peer, peerId, START, terms } from './values.ts';
import {
  Violation,
  World,
  type Crash,
  type MakerDesk,
  type Observer,
  type Request,
  type TakerDesk,
  type WorldInit,
} from './world.ts';

export interface Plan {
  readonly takers: readonly Peer[];
  readonly offers: readonly OfferTerms[];
  readonly skewsMs: readonly number[];
  readonly actions: readonly number[];
}

export type Defects = Pick<WorldInit, 'stepMaker' | 'stepTaker' | 'speaksBeforePersisting' | 'forgetsToSync'>;

const VALIDITIES_MS = [30_000, 120_000, 600_000, null];
/** Offers of the usual policy are most common in life; here the others are as interesting. */
const POLICIES: readonly Pick<OfferTerms, 'award' | 'windowMs'>[] = [
  {},
  {},
  { award: 'best', windowMs: 2_000 },
  { award: 'best', windowMs: 15_000 },
  { award: 'manual' },
];
const NAMES = ['A', 'B', 'C', 'D'];

/** @param originals how many of the takers may be clients of the original */
export function planArbitrary(originals: { readonly min: number; readonly max: number }): fc.Arbitrary<Plan> {
  const shape = fc.record({
    takers: fc.integer({ min: 2, max: 4 }),
    originals: fc.integer(originals),
    offers: fc.array(fc.tuple(fc.constantFrom(...VALIDITIES_MS), fc.constantFrom(...POLICIES)), {
      minLength: 1,
      maxLength: 3,
    }),
    skewsMs: fc.array(fc.integer({ min: -20_000, max: 20_000 }), { minLength: 5, maxLength: 5 }),
    actions: fc.array(fc.nat(0xffffff), { minLength: 10, maxLength: 140, size: 'max' }),
  });
  return shape.map(({ takers, originals: count, offers, skewsMs, actions }) => ({
    takers: NAMES.slice(0, takers).map((name, index) => peer(name, index < count ? 'original' : 'grapevine')),
    offers: offers.map(([validityMs, policy], index) =>
      terms({
        offerId: offerId(`offer-${(index + 1).toString()}`),
        expiresAt: validityMs === null ? null : START + (skewsMs[0] ?? 0) + validityMs,
        ...policy,
      }),
    ),
    skewsMs,
    actions,
  }));
}

/** Carries out the whole plan, then lets the world heal. Throws a `Violation` where a promise is broken. */
export function play(plan: Plan, defects: Defects = {}, observer?: Observer): World {
  const skewMs = new Map<PeerId, number>(
    [MAKER, ...plan.takers].map(({ id }, index): [PeerId, number] => [id, plan.skewsMs[index] ?? 0]),
  );
  const world = new World({ maker: MAKER, takers: plan.takers, skewMs, ...defects, ...(observer && { observer }) });
  const offers = plan.offers.map((each) => each.offerId);
  for (const offer of plan.offers) world.open(offer);
  for (const action of plan.actions) {
    act(world, offers, action);
    world.restartWhoIsDown();
  }
  world.heal();
  for (const { offerId: each, award = 'first' } of plan.offers) {
    const awarded = world.maker.states.get(each)?.award ?? null;
    if (awarded === null) continue;
    world.count(`awarded ${award}`);
    if (awarded.unitPrice !== undefined) world.count('awarded at a bid');
  }
  return world;
}

type Action = (world: World, offer: OfferId, choice: Choice) => void;

/** Independent parts of one number. */
interface Choice {
  readonly index: number;
  readonly other: number;
  readonly crash: Crash;
}

const ACTIONS: readonly (readonly [weight: number, action: Action])[] = [
  [26, deliverAndAnswer],
  [18, deliverOnly],
  [12, answerOnly],
  [5, timeOut],
  [3, failToSend],
  [11, wakeSomebody],
  [9, passTime],
  [10, accept],
  [1, withdraw],
  [1, cancel],
  [4, choose],
  [1, closeByHand],
  [3, crash],
  [1, changeClock],
  [2, misbehave],
];

const TABLE: readonly Action[] = ACTIONS.flatMap(([weight, action]) => Array<Action>(weight).fill(action));

function act(world: World, offers: readonly OfferId[], number: number): void {
  const action = TABLE[(number & 0xff) % TABLE.length];
  const index = (number >>> 8) & 0xff;
  const other = (number >>> 16) & 0xff;
  const offer = offers[other % offers.length];
  if (action === undefined || offer === undefined) return;
  world.tailKept = TAILS_KEPT[index % TAILS_KEPT.length] ?? 1;
  action(world, offer, { index, other, crash: crashOf(other) });
}

/** What a crash leaves of what was written and is not durable. */
const TAILS_KEPT = [1, 0, 0.5, 0];

function crashOf(other: number): Crash {
  if ((other & 0x3c) === 0x04) return 'before-durable';
  return (other & 0x3c) === 0x08 ? 'after-durable' : 'none';
}

// ---- the network --------------------------------------------------------------------------------------------------------

function pick(world: World, index: number, suitable: (request: Request) => boolean): Request | null {
  const found = world.requests.filter(suitable);
  return found[index % Math.max(1, found.length)] ?? null;
}

function deliverAndAnswer(world: World, _offer: OfferId, { index, other, crash }: Choice): void {
  const request = pick(world, index, (each) => each.deliveries === 0 && !each.gone);
  if (request === null) return;
  world.deliver(request, crash, other & 1 ? 'takes' : 'errs');
  world.settle(request, 'answer');
}

/** Any request that was ever sent: late, once more, or out of order. */
function deliverOnly(world: World, _offer: OfferId, { index, other, crash }: Choice): void {
  const request = pick(world, index, (each) => !each.gone);
  if (request !== null) world.deliver(request, crash, other & 1 ? 'takes' : 'errs');
}

function answerOnly(world: World, _offer: OfferId, { index, crash }: Choice): void {
  const request = pick(world, index, (each) => !each.settled && each.answer !== null);
  if (request !== null) world.settle(request, 'answer', crash);
}

function timeOut(world: World, _offer: OfferId, { index, crash }: Choice): void {
  const request = pick(world, index, (each) => !each.settled);
  if (request !== null) world.settle(request, 'unknown', crash);
}

function failToSend(world: World, _offer: OfferId, { index, crash }: Choice): void {
  const request = pick(world, index, (each) => !each.settled && each.deliveries === 0);
  if (request !== null) world.settle(request, 'unsent', crash);
}

// ---- time, people, death ------------------------------------------------------------------------------------------------

const STEPS_OF_TIME_MS = [50, 300, 1_000, 3_000, 10_000, 10_001, 40_000, 200_000];

function passTime(world: World, _offer: OfferId, { index, other }: Choice): void {
  world.now += STEPS_OF_TIME_MS[index % STEPS_OF_TIME_MS.length] ?? 0;
  if (other & 1) world.tickWhoIsDue();
}

function wakeSomebody(world: World, offer: OfferId, { index, crash }: Choice): void {
  const desk = deskAt(world, index);
  if (desk === world.maker) world.tickMaker(offer, crash);
  else if ((desk as TakerDesk).states.has(offer)) world.tickTaker(desk as TakerDesk, offer, crash);
}

function deskAt(world: World, index: number): MakerDesk | TakerDesk {
  const desks = [world.maker, ...world.takers];
  return desks[index % desks.length] ?? world.maker;
}

function accept(world: World, offer: OfferId, { index, crash }: Choice): void {
  const everybody = [...world.takers, ...world.originals];
  const taker = everybody[index % everybody.length];
  if (taker === undefined) return;
  if ('took' in taker) world.originalAccepts(taker, offer);
  else if (taker.states.has(offer)) world.inputToTaker(taker, offer, { kind: 'accept', ...bidOf(index) }, crash);
}

/** Every other one bids, some of them less than the maker wants. */
function bidOf(index: number): { readonly unitPrice?: Decimal } {
  if ((index & 0x20) === 0) return {};
  return { unitPrice: (59_999 + (index >>> 6)).toString() as Decimal };
}

/** The maker's operator, where it is his to choose. */
function choose(world: World, offer: OfferId, { index, crash }: Choice): void {
  const waiting = [...(world.maker.states.get(offer)?.queue ?? [])];
  const taker = waiting[index % Math.max(1, waiting.length)]?.taker.id ?? peerId('stranger');
  world.inputToMaker(offer, { kind: 'choose', taker }, crash);
}

function withdraw(world: World, offer: OfferId, { index, crash }: Choice): void {
  const taker = world.takers[index % Math.max(1, world.takers.length)];
  if (taker?.states.has(offer) === true) world.inputToTaker(taker, offer, { kind: 'withdraw' }, crash);
}

function cancel(world: World, offer: OfferId, choice: Choice): void {
  world.inputToMaker(offer, { kind: 'cancel' }, choice.crash);
}

function closeByHand(world: World, offer: OfferId, { index, crash }: Choice): void {
  const taker = world.takers[index % Math.max(1, world.takers.length)];
  if (taker?.states.get(offer)?.phase !== 'confirmed') return;
  world.inputToTaker(taker, offer, { kind: 'resolve', as: index & 0x80 ? 'won' : 'lost' }, crash);
}

function crash(world: World, _offer: OfferId, { index }: Choice): void {
  world.crash(deskAt(world, index));
}

function changeClock(world: World, _offer: OfferId, { index, other }: Choice): void {
  deskAt(world, index).skewMs += (other - 128) * 1_000;
  if (other < 128) world.clockWentBack = true;
}

// ---- what nobody may say ------------------------------------------------------------------------------------------------

/** First lets the clock have its due, so that whatever changes then is the illegal input's doing. */
function misbehave(world: World, offer: OfferId, { index, other }: Choice): void {
  const taker = world.takers[other % Math.max(1, world.takers.length)];
  if (index & 1 || taker === undefined) {
    world.tickMaker(offer);
    const inputs = illegalForMaker(world, offer);
    const before = world.maker.states.get(offer);
    world.inputToMaker(offer, inputs[(index >>> 1) % inputs.length] ?? { kind: 'tick' });
    if (world.maker.states.get(offer) !== before) throw new Violation('an illegal input changed the maker');
    return;
  }
  if (!taker.states.has(offer)) return;
  world.tickTaker(taker, offer);
  const inputs = illegalForTaker(world, taker, offer);
  const before = taker.states.get(offer);
  world.inputToTaker(taker, offer, inputs[(index >>> 1) % inputs.length] ?? { kind: 'tick' });
  if (taker.states.get(offer) !== before) throw new Violation('an illegal input changed a taker');
}

function illegalForMaker(world: World, offer: OfferId): MakerInput[] {
  const maker = world.maker.peer;
  const stranger = peer('stranger');
  const names = { offerId: offer, maker: maker.id, taker: peerId('stranger') };
  const known = world.maker.states.get(offer);
  const messages: [Peer, Message][] = [
    [maker, { cmd: 'offer:accept', ...names }],
    [stranger, { cmd: 'offer:accept:approved', ...names, epoch: 1, until: null }],
    [stranger, { cmd: 'offer:accept:released', ...names, epoch: known?.epoch ?? 1 }],
    [stranger, { cmd: 'offer:accept:withdrawn', ...names }],
    [
      stranger,
      { cmd: 'offer:done', offerId: offer, maker: maker.id, outcome: 'awarded', winner: stranger.id, epoch: 1 },
    ],
    [stranger, { cmd: 'offer:new', terms: terms({ offerId: offer }) }],
  ];
  const confirmed = { kind: 'confirmed', epoch: 99_999 } as const;
  const refused = refusal('ERR_NOT_INTERESTED', 'no');
  return [
    ...messages.map(([from, message]): MakerInput => ({ kind: 'message', from, message })),
    { kind: 'open', terms: terms({ offerId: offer }) },
    {
      kind: 'result',
      to: peer('stranger', 'original'),
      correlation: { what: 'approval', epoch: 99_999 },
      result: confirmed,
    },
    { kind: 'result', to: stranger, correlation: { what: 'approval', epoch: known?.epoch ?? 1 }, result: refused },
    { kind: 'result', to: stranger, correlation: { what: 'delivery' }, result: { kind: 'acknowledged' } },
    { kind: 'result', to: stranger, correlation: { what: 'hint' }, result: { kind: 'acknowledged' } },
    ...(known?.reservation?.inDoubt === true ? [] : [{ kind: 'resolve', as: 'awarded' } as const]),
  ];
}

function illegalForTaker(world: World, taker: TakerDesk, offer: OfferId): TakerInput[] {
  const maker = world.maker.peer;
  const stranger = peer('stranger');
  const names = { offerId: offer, maker: maker.id, taker: taker.peer.id };
  const state = taker.states.get(offer);
  const phase = state?.phase ?? 'seen';
  const changed = { ...terms({ offerId: offer }), amount: '2' } as OfferTerms;
  const done = { cmd: 'offer:done', offerId: offer, maker: maker.id, outcome: 'awarded' } as const;
  const messages: [Peer, Message][] = [
    [stranger, { ...done, winner: taker.peer.id, epoch: state?.epoch ?? 1 }],
    [stranger, { cmd: 'offer:accept:approved', ...names, epoch: 77, until: null }],
    [stranger, { cmd: 'offer:accept:released', ...names, epoch: 77 }],
    [maker, { cmd: 'offer:accept:approved', ...names, epoch: 0, until: null }],
    [maker, { cmd: 'offer:accept:approved', ...names, epoch: null, until: null }],
    [maker, { cmd: 'offer:new', terms: changed }],
    [maker, { cmd: 'offer:accept', ...names }],
    [maker, { cmd: 'offer:accept:withdrawn', ...names }],
    [maker, { ...done, outcome: null, winner: null, epoch: null }],
    ...(phase === 'closed' ? [] : [[maker, { ...done, winner: taker.peer.id, epoch: 0 }] as [Peer, Message]]),
  ];
  const anotherRound = { what: 'acceptance', round: (state?.round ?? 0) + 1, attempt: 1 } as const;
  return [
    ...messages.map(([from, message]): TakerInput => ({ kind: 'message', from, message })),
    { kind: 'result', to: maker, correlation: anotherRound, result: refusal('ERR_OFFER_TAKEN', 'taken') },
    ...(phase === 'confirmed' ? [{ kind: 'withdraw' } as const] : [{ kind: 'resolve', as: 'won' } as const]),
  ];
}
