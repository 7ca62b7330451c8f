/** A step takes every row of both tables. The types require a story for each row. */
import { describe, expect, it } from 'vitest';
import type { OfferId } from '../../src/protocol/ids.ts';
import {
  MAKER_LIFECYCLE,
  targetPhase,
  TAKER_LIFECYCLE,
  TAKER_VOLATILE_EVENTS,
  type MakerPhase,
  type TakerPhase,
} from '../../src/protocol/lifecycle.ts';
import { applyMaker } from '../../src/protocol/maker-state.ts';
import type { MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import type { StepResult } from '../../src/protocol/step.ts';
import { applyTaker } from '../../src/protocol/taker-state.ts';
import { MakerUnderTest, TakerUnderTest } from './one-desk.ts';
import { offerId, peer, START, VALIDITY_MS } from './values.ts';

const A = peer('A');
const B = peer('B');
const MAKER = peer('maker');
const ORIGINAL = peer('maker', 'original');
const AGAIN = 'again' as OfferId;

/** Brings a desk to where a row begins, and returns the step that takes it. */
type Story<Desk> = (desk: Desk) => () => StepResult<unknown, MakerRecord | TakerRecord>;
type Stories<Table, Desk> = {
  readonly [Phase in keyof Table]: { readonly [Event in keyof Table[Phase]]: Story<Desk> };
};

// ---- the maker ------------------------------------------------------------------------------------------------------

function offered(desk: MakerUnderTest, doneWithinMs?: number): void {
  desk.offer(doneWithinMs === undefined ? {} : { doneWithinMs });
}

function reserved(desk: MakerUnderTest, doneWithinMs?: number): void {
  offered(desk, doneWithinMs);
  desk.acceptedBy(A);
}

function awarded(desk: MakerUnderTest, doneWithinMs?: number): void {
  reserved(desk, doneWithinMs);
  desk.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 });
}

const cancels = (desk: MakerUnderTest) => () => desk.do({ kind: 'cancel' });
const expires = (desk: MakerUnderTest) => () => desk.tickAfter(VALIDITY_MS);
const makerVoids = (desk: MakerUnderTest) => () => desk.do({ kind: 'void' });
const delivers = (desk: MakerUnderTest) => () => desk.deliveryGot(A, { kind: 'acknowledged' });
const renews = (desk: MakerUnderTest) => () => desk.do({ kind: 'renewed', as: AGAIN });

function after<Desk>(prepare: (desk: Desk) => void, act: Story<Desk>): Story<Desk> {
  return (desk) => {
    prepare(desk);
    return act(desk);
  };
}

function reportedBy(desk: MakerUnderTest, result: 'done' | 'failed') {
  const names = { offerId: offerId('offer-1'), maker: MAKER.id, taker: A.id };
  return desk.receives(A, { cmd: 'deal:report', ...names, by: 'taker', result, at: START });
}

const MAKER_STORIES: Stories<typeof MAKER_LIFECYCLE, MakerUnderTest> = {
  open: {
    reserved: after(offered, (desk) => () => desk.acceptedBy(A)),
    cancelled: after(offered, cancels),
    expired: after(offered, expires),
    voided: after(offered, makerVoids),
  },
  reserved: {
    awarded: after(reserved, (desk) => () => desk.approvalGot(A, 1, { kind: 'confirmed', epoch: 1 })),
    released: after(
      reserved,
      (desk) => () => desk.approvalGot(A, 1, { kind: 'refused', code: 'ERR_NOT_INTERESTED', text: '' }),
    ),
    cancelled: after(reserved, cancels),
    expired: after(reserved, expires),
    voided: after(reserved, makerVoids),
  },
  awarded: {
    delivered: after(awarded, delivers),
    reported: after(awarded, (desk) => () => desk.do({ kind: 'report', result: 'done' })),
    reportDelivered: after(
      (desk: MakerUnderTest) => {
        awarded(desk);
        desk.do({ kind: 'report', result: 'done' });
      },
      (desk) => () =>
        desk.do({ kind: 'result', to: A, correlation: { what: 'report' }, result: { kind: 'acknowledged' } }),
    ),
    reportReceived: after(awarded, (desk) => () => reportedBy(desk, 'done')),
    overdue: after(
      (desk: MakerUnderTest) => {
        awarded(desk, 1_000);
      },
      (desk) => () => desk.tickAfter(1_000),
    ),
    renewed: after((desk: MakerUnderTest) => {
      awarded(desk);
      reportedBy(desk, 'failed');
    }, renews),
  },
  cancelled: {
    delivered: after((desk: MakerUnderTest) => {
      reserved(desk);
      cancels(desk)();
    }, delivers),
    renewed: after((desk: MakerUnderTest) => {
      offered(desk);
      cancels(desk)();
    }, renews),
  },
  expired: {
    delivered: after((desk: MakerUnderTest) => {
      reserved(desk);
      expires(desk)();
    }, delivers),
    renewed: after((desk: MakerUnderTest) => {
      offered(desk);
      expires(desk)();
    }, renews),
  },
  voided: {},
};

describe("every row of the maker's table", () => {
  for (const [from, event, story] of rowsOf(MAKER_STORIES)) {
    const to = targetPhase<MakerPhase>(MAKER_LIFECYCLE, from as MakerPhase, event);
    it(`${from} --> ${to ?? ''}: ${event}`, () => {
      const desk = new MakerUnderTest();
      const act = story(desk);
      let { state } = desk;
      const phases = act().records.map((record) => {
        const before = state.phase;
        state = applyMaker(state, record as MakerRecord);
        return `${before} --> ${state.phase}: ${record.type}`;
      });
      expect(phases).toContain(`${from} --> ${to ?? ''}: ${event}`);
    });
  }
});

// ---- the taker ------------------------------------------------------------------------------------------------------

const names = { offerId: offerId('offer-1'), maker: MAKER.id };

const LEFT_OF_TAKER = {
  refused: (desk: TakerUnderTest) => () => desk.acceptanceGot({ kind: 'refused', code: 'ERR_OFFER_TAKEN', text: '' }),
  taken: (desk: TakerUnderTest) => () =>
    desk.receives({ cmd: 'offer:done', ...names, outcome: 'awarded', winner: B.id, epoch: 1 }),
};

const accepts = (desk: TakerUnderTest) => () => desk.do({ kind: 'accept' });
const withdraws = (desk: TakerUnderTest) => () => desk.do({ kind: 'withdraw' });
const takerVoids = (desk: TakerUnderTest) => () => desk.do({ kind: 'void' });
const approves = (desk: TakerUnderTest) => () => desk.approved(desk.maker.dialect === 'original' ? null : 1);
const toldOfAward = (desk: TakerUnderTest) => () =>
  desk.receives({ cmd: 'offer:done', ...names, outcome: 'awarded', winner: A.id, epoch: 1 });
const waitsTooLong = (desk: TakerUnderTest) => () => desk.tickAfter(VALIDITY_MS + 60_000);

function withdrawn(desk: TakerUnderTest): void {
  desk.accepting();
  withdraws(desk)();
}

function gaveUp(desk: TakerUnderTest): void {
  desk.accepting();
  for (let attempt = 1; desk.state.phase === 'accepting'; attempt += 1) {
    desk.acceptanceGot({ kind: 'unsent', code: 'ERR_CONNECT' });
    desk.tickAfter(60_000 / 6);
  }
}

function won(desk: TakerUnderTest): void {
  desk.confirmed();
  toldOfAward(desk)();
}

/** Waits, and its maker does not answer. */
function unanswered(desk: TakerUnderTest): void {
  desk.queued();
  desk.now += VALIDITY_MS + 60_000;
  for (let question = 1; question <= 4; question += 1) {
    desk.tickAfter(60_000);
    desk.questionGot({ kind: 'unknown', code: 'ERR_TIMEOUT' });
  }
  desk.tickAfter(60_000);
}

const TAKER_STORIES: Stories<typeof TAKER_LIFECYCLE, TakerUnderTest> = {
  seen: {
    accepting: after((desk) => desk.receivesOffer(), accepts),
    gone: after((desk) => desk.receivesOffer(), LEFT_OF_TAKER.taken),
  },
  accepting: {
    queued: after(
      (desk) => desk.accepting(),
      (desk) => () => desk.acceptanceGot({ kind: 'queued', position: 1 }),
    ),
    confirmed: after((desk) => desk.accepting(), approves),
    won: after((desk) => desk.accepting(), approves),
    lost: after((desk) => desk.accepting(), LEFT_OF_TAKER.refused),
    withdrawn: after((desk) => desk.accepting(), withdraws),
    gaveUp: after((desk) => desk.accepting(), waitsTooLong),
    voided: after((desk) => desk.accepting(), takerVoids),
  },
  queued: {
    unqueued: after(
      (desk) => desk.queued(),
      (desk) => () => desk.released(1),
    ),
    confirmed: after((desk) => desk.queued(), approves),
    won: after((desk) => desk.queued(), approves),
    lost: after((desk) => desk.queued(), LEFT_OF_TAKER.taken),
    withdrawn: after((desk) => desk.queued(), withdraws),
    gaveUp: after(unanswered, (desk) => () => desk.questionGot({ kind: 'unknown', code: 'ERR_TIMEOUT' })),
    voided: after((desk) => desk.queued(), takerVoids),
  },
  confirmed: {
    released: after(
      (desk) => desk.confirmed(),
      (desk) => () => desk.released(1),
    ),
    won: after((desk) => desk.confirmed(), toldOfAward),
    lost: after((desk) => desk.confirmed(), LEFT_OF_TAKER.taken),
    closed: after(
      (desk) => desk.confirmed(),
      (desk) => () => desk.do({ kind: 'resolve', as: 'lost' }),
    ),
    voided: after((desk) => desk.confirmed(), takerVoids),
  },
  closed: {
    truth: after((desk) => {
      desk.confirmed();
      desk.do({ kind: 'resolve', as: 'lost' });
    }, toldOfAward),
  },
  won: {
    reported: after(won, (desk) => () => desk.do({ kind: 'report', result: 'done' })),
    reportDelivered: after(
      (desk: TakerUnderTest) => {
        won(desk);
        desk.do({ kind: 'report', result: 'done' });
      },
      (desk) => () => desk.result({ what: 'report' }, { kind: 'acknowledged' }),
    ),
    reportReceived: after(
      won,
      (desk) => () =>
        desk.receives({ cmd: 'deal:report', ...names, taker: A.id, by: 'maker', result: 'done', at: START }),
    ),
  },
  lost: {},
  withdrawn: { accepting: after(withdrawn, accepts), voided: after(withdrawn, takerVoids) },
  gaveUp: {
    accepting: after(gaveUp, accepts),
    lost: after(gaveUp, LEFT_OF_TAKER.taken),
    voided: after(gaveUp, takerVoids),
  },
  voided: {
    truth: after((desk) => {
      desk.confirmed();
      takerVoids(desk)();
    }, toldOfAward),
  },
};

describe("every row of the taker's table", () => {
  for (const [from, event, story] of rowsOf(TAKER_STORIES)) {
    const to = targetPhase<TakerPhase>(TAKER_LIFECYCLE, from as TakerPhase, event);
    const isWritten = !TAKER_VOLATILE_EVENTS.some((volatile) => volatile === event);
    it(`${from} --> ${to ?? ''}: ${event}${isWritten ? '' : ', without a record'}`, () => {
      const isOriginals = event === 'won' && from !== 'confirmed';
      const desk = new TakerUnderTest(A, isOriginals ? ORIGINAL : MAKER);
      const act = story(desk);
      let { state } = desk;
      expect(isWritten || state.phase === from).toBe(true);
      const phases = act().records.map((record) => {
        const before = state.phase;
        state = applyTaker(state, record as TakerRecord);
        return `${before} --> ${state.phase}: ${record.type}`;
      });
      if (isWritten) expect(phases).toContain(`${from} --> ${to ?? ''}: ${event}`);
      else expect([phases, desk.state.phase]).toEqual([[], to]);
    });
  }
});

function rowsOf<Desk>(
  stories: Readonly<Record<string, Readonly<Record<string, Story<Desk>>>>>,
): readonly (readonly [from: string, event: string, story: Story<Desk>])[] {
  return Object.entries(stories).flatMap(([from, ways]) =>
    Object.entries(ways).map(([event, story]) => [from, event, story] as const),
  );
}
