/**
 * Persist, then send: compares each request, answer and notice of a desk with its journal at that moment. Answers follow from the journal,
 * so the same request gets the same answer. What must survive a crash (docs/PROTOCOL.md, "What waits for the disk") must be durable.
 *
 * The journal can change while a message is signed. So a message may also agree with an earlier state within the same event.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import { EPOCHS_PER_LIFE } from '../src/protocol/epochs.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import { Checks } from './checks.ts';
import { isBetterForMaker } from './exact-price.ts';
import { checkNotice } from './notice-checker.ts';
import type { Fold, Ledger } from './ledger.ts';
import { isLiar, isOurs, keyOf, type WireBody, type WirePayload } from './wire-payload.ts';
import { Violation, type OperatorCommand, type Witness } from './witness.ts';

/** Refusals that do not depend on the offer. */
const PASSING = /^ERR_(STOPPING|OVERLOADED|JOURNAL|INTERNAL|WRONG_DESK)\b/;
/** Refusals for liars only: see `trust-checker`. */
const DISTRUST = /^ERR_(EQUIVOCATION|SIGNATURE)\b/;

const REFUSALS: Readonly<Record<string, string>> = {
  awarded: 'ERR_OFFER_TAKEN',
  cancelled: 'ERR_OFFER_CANCELLED',
  expired: 'ERR_OFFER_EXPIRED',
  voided: 'ERR_OFFER_UNKNOWN',
};

function isBase(epoch: unknown): boolean {
  return Number(epoch) % EPOCHS_PER_LIFE === 0;
}

export class SpeechChecker implements Witness {
  readonly name = 'speech';
  readonly checks = new Checks('requests of takers', 'requests of makers', 'ends', 'answers', 'events', 'commands');
  readonly #ledger: Ledger;
  readonly #said = new Map<OfferKey, string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  // ---- requests ---------------------------------------------------------------------------------------------------------

  sent(desk: PeerId, to: PeerId, { cmd, body }: WirePayload): void {
    const offer = keyOf(body);
    if (!isOurs(desk) || offer === null) return;
    if (cmd === 'offer:accept' || cmd === 'offer:accept:withdrawn' || cmd === 'offer:status')
      this.#takerSpoke(desk, cmd, offer);
    else this.#makerSpoke(to, cmd, body, offer);
  }

  #takerSpoke(desk: PeerId, cmd: string, offer: OfferKey): void {
    this.checks.did('requests of takers');
    // It may have accepted again since.
    if (cmd === 'offer:accept:withdrawn' && this.#hasWithdrawn(desk, offer)) return;
    const wrong = unlessAny(this.#ledger.takerStates(offer, desk, 'written'), (taker) => {
      const phase = taker?.phase ?? 'nothing';
      return phase === 'accepting' || (cmd === 'offer:status' && phase === 'confirmed') ? null : phase;
    });
    if (wrong === null) return;
    throw new Violation(`persist, then speak: ${desk} sends ${cmd} of ${offer}, and its journal says ${wrong}`);
  }

  #hasWithdrawn(desk: PeerId, offer: OfferKey): boolean {
    const account = this.#ledger.taker(offer, desk);
    return account?.records.slice(0, account.durable.records).some(({ type }) => type === 'withdrawn') === true;
  }

  #makerSpoke(to: PeerId, cmd: string, body: WireBody, offer: OfferKey): void {
    this.checks.did('requests of makers');
    const wrong = MUST_BE_TRUE_OF[cmd]?.flatMap((fold) => {
      return unlessAny(this.#ledger.makerStates(offer, fold), (maker) => unfounded(maker, to, cmd, body, fold)) ?? [];
    });
    if (wrong?.[0] !== undefined)
      throw new Violation(`persist, then speak: ${cmd} of ${offer}, and the journal says ${wrong[0]}`);
    if (cmd === 'offer:done') this.#sayEnd(offer, `${body.outcome ?? ''} ${body.winner ?? ''}`);
  }

  #sayEnd(offer: OfferKey, end: string): void {
    this.checks.did('ends');
    const former = this.#said.get(offer) ?? end;
    if (former !== end) throw new Violation(`S4: the end of ${offer} was said to be ${former}, and now ${end}`);
    this.#said.set(offer, end);
  }

  // ---- answers ----------------------------------------------------------------------------------------------------------

  replied(desk: PeerId, to: PeerId, { cmd, body }: WirePayload, reply: Reply): void {
    const offer = keyOf(body);
    if (!isOurs(desk) || offer === null || (reply.error !== null && PASSING.test(reply.error))) return;
    if (isLiar(to) && reply.error !== null && DISTRUST.test(reply.error)) return;
    this.checks.did('answers');
    const wrong = this.#wrongAnswer(desk, to, cmd, body, offer, reply);
    if (wrong === null) return;
    const said = reply.error ?? JSON.stringify(reply.result);
    throw new Violation(`answers: ${desk} answers ${cmd} of ${offer} with ${said}, and its journal says ${wrong}`);
  }

  #wrongAnswer(desk: PeerId, to: PeerId, cmd: string, body: WireBody, offer: OfferKey, reply: Reply): string | null {
    switch (cmd) {
      case 'offer:accept':
        return this.#wrongAcceptance(to, body, offer, reply);
      case 'offer:status':
        return this.#wrongStatus(to, offer, reply);
      case 'offer:accept:approved':
        return this.#wrongConfirmation(desk, body, offer, reply);
      default:
        return null;
    }
  }

  #wrongAcceptance(to: PeerId, body: WireBody, offer: OfferKey, reply: Reply): string | null {
    const isEnd = Object.values(REFUSALS).some((code) => reply.error?.startsWith(code) === true);
    const states = this.#ledger.makerStates(offer, isEnd ? 'durable' : 'written');
    return unlessAny(states, (maker) => wrongAcceptance(maker, to, body, reply));
  }

  #wrongStatus(taker: PeerId, offer: OfferKey, reply: Reply): string | null {
    const { standing } = (reply.result ?? {}) as { standing?: unknown };
    const isEnd = standing === 'won' || standing === 'lost';
    const states = this.#ledger.makerStates(offer, isEnd ? 'durable' : 'written');
    const wrong = unlessAny(states, (maker) => wrongStatus(maker, taker, reply));
    if (wrong !== null || standing === 'reserved') return wrong;
    // A taker that learns the end of its hold gives it up, so this must survive a crash.
    return unlessAny(this.#ledger.makerStates(offer, 'durable'), (maker) =>
      maker?.reservation?.taker.id === taker ? `reserved ${maker.epoch}, durable` : null,
    );
  }

  #wrongConfirmation(desk: PeerId, { epoch }: WireBody, offer: OfferKey, { error }: Reply): string | null {
    return unlessAny(this.#ledger.takerStates(offer, desk, error === null ? 'durable' : 'written'), (state) => {
      if (state?.dialect === 'original') return (error === null) === (state.phase === 'won') ? null : state.phase;
      const holds = state?.phase === 'confirmed' || state?.phase === 'won' || state?.closedAs === 'won';
      const mustConfirm = holds && state.epoch === epoch;
      return mustConfirm === (error === null) ? null : `${state?.phase ?? 'nothing'}, epoch ${state?.epoch ?? 0}`;
    });
  }

  // ---- notices ----------------------------------------------------------------------------------------------

  noticed(desk: PeerId, notice: DeskNotice): void {
    if ('maker' in notice) this.checks.did('events');
    const wrong = checkNotice(this.#ledger, desk, notice);
    if (wrong !== null)
      throw new Violation(`persist, then speak: ${desk} tells ${notice.event}, and its journal says ${wrong}`);
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    if (code !== null) return;
    this.checks.did('commands');
    const isMaker = (is: (maker: MakerState | null) => boolean): boolean =>
      this.#ledger.makerStates(offer, 'durable').some(is);
    const isTaker = (is: (taker: TakerState | null) => boolean, fold: Fold): boolean =>
      this.#ledger.takerStates(offer, desk, fold).some(is);
    const isTrue =
      command === 'announce'
        ? isMaker((maker) => maker !== null)
        : command === 'cancel'
          ? isMaker((maker) => maker?.phase === 'cancelled')
          : command === 'withdraw'
            ? isTaker((taker) => taker?.phase === 'withdrawn', 'durable')
            : command === 'accept'
              ? isTaker((taker) => taker !== null, 'written')
              : true;
    if (!isTrue)
      throw new Violation(`persist, then speak: ${command} of ${offer} was granted, and is not in the journal`);
  }
}

/** Null if one of these states agrees; otherwise the contradiction with the first one. */
function unlessAny<State>(states: readonly State[], wrong: (state: State) => string | null): string | null {
  const all = states.map(wrong);
  return all.includes(null) ? null : (all[0] ?? null);
}

/** The states with which a maker's request must agree. An approval needs the written state, and a durable offer. */
const MUST_BE_TRUE_OF: Readonly<Record<string, readonly Fold[]>> = {
  'offer:new': ['written'],
  'offer:accept:approved': ['written', 'durable'],
  'offer:accept:released': ['written', 'durable'],
  'offer:done': ['durable'],
};

/** The contradiction with the journal; null: they agree. */
function unfounded(maker: MakerState | null, to: PeerId, cmd: string, body: WireBody, fold: Fold): string | null {
  // Only an announcement may be sent before its record is written.
  if (maker === null) return cmd === 'offer:new' ? null : `nothing, ${fold}`;
  const { phase, reservation, award, epoch } = maker;
  const says = `${phase} ${epoch}, ${fold}`;
  switch (cmd) {
    case 'offer:new':
      return phase === 'open' ? null : says;
    case 'offer:accept:approved': {
      // For a client of the original, a hold is the deal. A crash may lose any other hold.
      if (fold === 'durable' && body.until !== undefined) return null;
      const same = reservation?.taker.id === to && (reservation.until ?? undefined) === body.until;
      return same && (body.epoch ?? reservation.epoch) === reservation.epoch ? null : says;
    }
    case 'offer:accept:released':
      return (body.epoch ?? 0) <= epoch && reservation?.epoch !== body.epoch ? null : says;
    case 'offer:done': {
      const same = phase === body.outcome && award?.taker.id === body.winner && award?.epoch === body.epoch;
      return same ? null : says;
    }
    default:
      return null;
  }
}

function wrongAcceptance(
  maker: MakerState | null,
  taker: PeerId,
  { unitPrice }: WireBody,
  { error, result }: Reply,
): string | null {
  if (maker === null) return error?.startsWith('ERR_OFFER_UNKNOWN') === true ? null : 'nothing';
  const { phase, award, reservation } = maker;
  const isNext = (award ?? reservation)?.taker.id === taker;
  const isOver = REFUSALS[phase];
  if (isNext || isOver === undefined) {
    if (error !== null) return !isNext && mayRefuse(maker, taker, unitPrice, error) ? null : phase;
    const { queued, position } = result as { queued?: unknown; position?: unknown };
    return queued === true && (position === 0) === isNext ? null : `${phase}, its turn: ${isNext}`;
  }
  return error?.startsWith(isOver) === true ? null : phase;
}

function wrongStatus(maker: MakerState | null, taker: PeerId, { error, result }: Reply): string | null {
  if (maker === null || maker.phase === 'voided') {
    return error?.startsWith('ERR_OFFER_UNKNOWN') === true ? null : (maker?.phase ?? 'nothing');
  }
  const said = result as { phase?: unknown; standing?: unknown; epoch?: unknown } | null;
  const standing = standingOf(maker, taker);
  const current = standing.includes('reserved') || standing.includes('won');
  // For all other takers, the epochs of earlier lives are over.
  const isEpoch = said?.epoch === maker.epoch || (!current && Number(said?.epoch) > maker.epoch && isBase(said?.epoch));
  const isRight = said?.phase === maker.phase && isEpoch && standing.includes(String(said.standing));
  return isRight ? null : `${maker.phase}, ${standing.join(' or ')}, epoch ${maker.epoch}`;
}

function mayRefuse(
  { terms: { type, to, unitPrice }, plan }: MakerState,
  taker: PeerId,
  bid: WireBody['unitPrice'],
  error: string,
): boolean {
  if (error.startsWith('ERR_NOT_ADDRESSED'))
    return to?.includes(taker) === false || plan.excluded?.includes(taker) === true;
  if (error.startsWith('ERR_PRICE_LIMIT')) {
    return bid !== undefined && unitPrice !== null && isBetterForMaker({ type }, unitPrice, String(bid));
  }
  return error.startsWith('ERR_QUEUE_FULL');
}

function standingOf({ phase, award, reservation }: MakerState, taker: PeerId): readonly string[] {
  if (phase === 'awarded') return [award?.taker.id === taker ? 'won' : 'lost'];
  if (phase === 'cancelled' || phase === 'expired') return ['lost'];
  return reservation?.taker.id === taker ? ['reserved'] : ['none', 'queued'];
}
