/**
 * Persist, then speak: whatever leaves a desk, as a request, as an answer or as an event that its users see, is compared at that
 * moment with what is durable. The answers are functions of it, so that the same request gets the same answer.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import { EPOCHS_PER_LIFE } from '../src/protocol/epochs.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { OfferTerms } from '../src/protocol/messages.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import { Checks } from './checks.ts';
import { isBetterForMaker } from './exact-price.ts';
import { checkNotice } from './notice-checker.ts';
import type { Ledger } from './ledger.ts';
import { isLiar, isOurs, keyOf, type WireBody, type WirePayload } from './wire-payload.ts';
import { Violation, type OperatorCommand, type Witness } from './witness.ts';

/** Refusals that say nothing about the offer. */
const PASSING = /^ERR_(STOPPING|OVERLOADED|JOURNAL|INTERNAL|WRONG_DESK)\b/;
/** What only a liar is told: see `trust-checker`. */
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

  spoke(desk: PeerId, to: PeerId, { cmd, body }: WirePayload): void {
    const offer = keyOf(body);
    if (!isOurs(desk) || offer === null) return;
    if (cmd === 'offer:accept' || cmd === 'offer:accept:withdrawn' || cmd === 'offer:status')
      this.#takerSpoke(desk, cmd, offer);
    else this.#makerSpoke(to, cmd, body, offer);
  }

  #takerSpoke(desk: PeerId, cmd: string, offer: OfferKey): void {
    this.checks.did('requests of takers');
    const account = this.#ledger.taker(offer, desk);
    const phase = account?.state.phase ?? 'nothing';
    // It may have accepted anew since.
    if (cmd === 'offer:accept:withdrawn' && account?.records.some(({ type }) => type === 'withdrawn') === true) return;
    if (phase === 'accepting' || (cmd === 'offer:status' && phase === 'confirmed')) return;
    throw new Violation(`persist, then speak: ${desk} sends ${cmd} of ${offer}, and its journal says ${phase}`);
  }

  #makerSpoke(to: PeerId, cmd: string, body: WireBody, offer: OfferKey): void {
    const maker = this.#ledger.maker(offer);
    this.checks.did('requests of makers');
    // An announcement leaves while it is being written; nothing else of a maker's does.
    const unwritten = cmd === 'offer:new' ? null : 'nothing';
    const wrong = maker === null ? unwritten : this.#unfounded(maker, to, cmd, body);
    if (wrong !== null) throw new Violation(`persist, then speak: ${cmd} of ${offer}, and the journal says ${wrong}`);
    if (cmd === 'offer:done') this.#sayEnd(offer, `${body.outcome ?? ''} ${body.winner ?? ''}`);
  }

  /** What the journal says instead; null when it says the same. */
  #unfounded(maker: MakerState, to: PeerId, cmd: string, body: WireBody): string | null {
    const { phase, reservation, award, epoch } = maker;
    switch (cmd) {
      case 'offer:new':
        return phase === 'open' ? null : phase;
      case 'offer:accept:approved': {
        const same = reservation?.taker.id === to && (reservation.until ?? undefined) === body.until;
        return same && (body.epoch ?? reservation.epoch) === reservation.epoch ? null : `${phase} ${epoch}`;
      }
      case 'offer:accept:released':
        return (body.epoch ?? 0) <= epoch && reservation?.epoch !== body.epoch ? null : `${phase} ${epoch}`;
      case 'offer:done': {
        const same = phase === body.outcome && award?.taker.id === body.winner && award?.epoch === body.epoch;
        return same ? null : phase;
      }
      default:
        return null;
    }
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

  #wrongAcceptance(taker: PeerId, { unitPrice }: WireBody, offer: OfferKey, { error, result }: Reply): string | null {
    const maker = this.#ledger.maker(offer);
    if (maker === null) return error?.startsWith('ERR_OFFER_UNKNOWN') === true ? null : 'nothing';
    const { phase, award, reservation, terms } = maker;
    const isNext = (award ?? reservation)?.taker.id === taker;
    const isOver = REFUSALS[phase];
    if (isNext || isOver === undefined) {
      if (error !== null) return !isNext && mayRefuse(terms, taker, unitPrice, error) ? null : phase;
      const { queued, position } = result as { queued?: unknown; position?: unknown };
      return queued === true && (position === 0) === isNext ? null : `${phase}, its turn: ${isNext}`;
    }
    return error?.startsWith(isOver) === true ? null : phase;
  }

  #wrongStatus(taker: PeerId, offer: OfferKey, { error, result }: Reply): string | null {
    const maker = this.#ledger.maker(offer);
    if (maker === null || maker.phase === 'voided') {
      return error?.startsWith('ERR_OFFER_UNKNOWN') === true ? null : (maker?.phase ?? 'nothing');
    }
    const said = result as { phase?: unknown; standing?: unknown; epoch?: unknown } | null;
    const standing = standingOf(maker, taker);
    const current = standing.includes('reserved') || standing.includes('won');
    // To everybody else, what an earlier life has numbered is over.
    const isEpoch =
      said?.epoch === maker.epoch || (!current && Number(said?.epoch) > maker.epoch && isBase(said?.epoch));
    const isRight = said?.phase === maker.phase && isEpoch && standing.includes(String(said.standing));
    return isRight ? null : `${maker.phase}, ${standing.join(' or ')}, epoch ${maker.epoch}`;
  }

  #wrongConfirmation(desk: PeerId, { epoch }: WireBody, offer: OfferKey, { error }: Reply): string | null {
    const account = this.#ledger.taker(offer, desk);
    const state = account?.state ?? null;
    if (state?.dialect === 'original') {
      return (error === null) === (state.phase === 'won') ? null : state.phase;
    }
    const holds = state?.phase === 'confirmed' || state?.phase === 'won' || state?.closedAs === 'won';
    const mustConfirm = holds && state.epoch === epoch;
    // The news that it is over may have been waiting while the confirmation was written.
    const latest = account?.records.findLast(({ type }) => type === 'confirmed');
    if (error === null && latest?.type === 'confirmed' && latest.epoch === epoch) return null;
    return mustConfirm === (error === null) ? null : `${state?.phase ?? 'nothing'}, epoch ${state?.epoch ?? 0}`;
  }

  // ---- what users are told ----------------------------------------------------------------------------------------------

  noticed(desk: PeerId, notice: DeskNotice): void {
    if ('maker' in notice) this.checks.did('events');
    const wrong = checkNotice(this.#ledger, desk, notice);
    if (wrong !== null)
      throw new Violation(`persist, then speak: ${desk} tells ${notice.event}, and its journal says ${wrong}`);
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    if (code !== null) return;
    this.checks.did('commands');
    const maker = this.#ledger.maker(offer)?.phase;
    const taker = this.#ledger.taker(offer, desk)?.state;
    const isTrue =
      command === 'announce'
        ? maker !== undefined
        : command === 'cancel'
          ? maker === 'cancelled'
          : command === 'withdraw'
            ? taker?.phase === 'withdrawn'
            : command === 'accept'
              ? taker !== undefined
              : true;
    if (!isTrue)
      throw new Violation(`persist, then speak: ${command} of ${offer} was granted, and is not in the journal`);
  }
}

function mayRefuse(
  { type, to, unitPrice }: OfferTerms,
  taker: PeerId,
  bid: WireBody['unitPrice'],
  error: string,
): boolean {
  if (error.startsWith('ERR_NOT_ADDRESSED')) return to?.includes(taker) === false;
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
