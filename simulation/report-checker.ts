/**
 * Checks S5: a side never changes its report about a deal, and the other side receives it when both are up. Compares messages, answers,
 * notices, operators' commands, and the journals of both sides.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import type { DealReports, Report } from '../src/protocol/deal-reports.ts';
import { offerKey, type OfferKey, type PeerId } from '../src/protocol/ids.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import type { Ending } from './liveness-checker.ts';
import { isOurs, keyOf, makerOfKey, type WireBody, type WirePayload } from './wire-payload.ts';
import { Violation, type OperatorCommand, type Witness } from './witness.ts';

type Whose = 'own' | 'other';

export class ReportChecker implements Witness {
  readonly name = 'reports';
  readonly checks = new Checks('sent', 'acknowledged', 'as the other side said it', 'shown', 'granted', 'learned');
  readonly #ledger: Ledger;
  /** The first report of each desk about an offer. */
  readonly #said = new Map<string, string>();

  /** @param ledger gets each event before this checker */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  sent(desk: PeerId, _to: PeerId, { cmd, body }: WirePayload): void {
    const offer = keyOf(body);
    if (cmd !== 'deal:report' || offer === null || !isOurs(desk)) return;
    this.checks.did('sent');
    this.#mustBeDurable(desk, offer, 'own', textOf(body), 'reports');
    const key = `${desk} ${offer}`;
    const former = this.#said.get(key) ?? textOf(body);
    this.#said.set(key, former);
    if (former !== textOf(body))
      throw new Violation(`S5: ${desk} has reported ${former} of ${offer}, and now ${textOf(body)}`);
  }

  replied(desk: PeerId, to: PeerId, { cmd, body }: WirePayload, { error }: Reply): void {
    const offer = keyOf(body);
    if (cmd !== 'deal:report' || offer === null || !isOurs(desk)) return;
    if (error === null) {
      this.checks.did('acknowledged');
      this.#mustBeDurable(desk, offer, 'other', textOf(body), 'acknowledges');
    } else if (error.startsWith('ERR_CONTRADICTION') && isOurs(to) && !this.#wereRestored(desk, to)) {
      throw new Violation(`S5: ${to} reports ${textOf(body)} of ${offer}, and ${desk} has heard it say otherwise`);
    }
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    for (const { record } of records) {
      if (record.type !== 'reportReceived') continue;
      const partner = this.#partner(desk, offer);
      if (partner === null || !isOurs(partner) || this.#wereRestored(partner)) continue;
      this.checks.did('as the other side said it');
      const said = this.#reports(partner, offer, 'durable').map(({ own }) => textOf(own));
      if (said.includes(textOf(record))) continue;
      throw new Violation(
        `S5: ${desk} writes ${textOf(record)} of ${offer} for ${partner}, whose journal says ${said[0] ?? 'nothing'}`,
      );
    }
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    if (notice.event !== 'deal.done' && notice.event !== 'deal.failed') return;
    this.checks.did('shown');
    const whose = (notice.by === 'maker') === (notice.maker === desk) ? 'own' : 'other';
    const result = notice.event === 'deal.done' ? 'done' : 'failed';
    const { details } = notice;
    const text = textOf({ result, ...(details !== undefined && { details }) });
    this.#mustBeDurable(desk, offerKey(notice.maker, notice.offerId), whose, text, 'shows');
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    if (command !== 'report' || code !== null) return;
    this.checks.did('granted');
    if (this.#reports(desk, offer, 'durable').some(({ own }) => own !== null)) return;
    throw new Violation(`S5: a report on ${offer} was granted to the operator of ${desk}, and is not durable`);
  }

  /** @throws Violation if both are up and one does not have the other's report */
  ended({ isUp }: Pick<Ending, 'isUp'>): void {
    for (const [offer, { state }] of this.#ledger.offers) {
      const maker = makerOfKey(offer);
      const taker = state.award?.taker.id;
      const wish = taker === undefined ? undefined : this.#ledger.taker(offer, taker)?.state;
      // After a doubt was closed by hand, this side sends and receives no report.
      if (taker === undefined || wish?.phase !== 'won') continue;
      if (!isUp(maker) || !isUp(taker) || this.#wereRestored(maker, taker)) continue;
      this.#mustKnow(offer, maker, state.reports, taker, wish.reports);
      this.#mustKnow(offer, taker, wish.reports, maker, state.reports);
    }
  }

  #mustKnow(offer: OfferKey, desk: PeerId, { own }: DealReports, partner: PeerId, { other }: DealReports): void {
    if (own === null) return;
    this.checks.did('learned');
    if (textOf(own) === textOf(other)) return;
    throw new Violation(`S5: ${desk} has reported ${textOf(own)} of ${offer}, and ${partner} knows ${textOf(other)}`);
  }

  #mustBeDurable(desk: PeerId, offer: OfferKey, whose: Whose, text: string, does: string): void {
    const known = this.#reports(desk, offer, 'durable').map((reports) => textOf(reports[whose]));
    if (known.includes(text)) return;
    throw new Violation(
      `S5: ${desk} ${does} ${text} of ${offer}, and its journal says ${known[0] ?? 'nothing'}, durable`,
    );
  }

  #reports(desk: PeerId, offer: OfferKey, fold: 'written' | 'durable'): readonly DealReports[] {
    const states =
      makerOfKey(offer) === desk ? this.#ledger.makerStates(offer, fold) : this.#ledger.takerStates(offer, desk, fold);
    return states.flatMap((state) => state?.reports ?? []);
  }

  #partner(desk: PeerId, offer: OfferKey): PeerId | null {
    const maker = makerOfKey(offer);
    return desk === maker ? (this.#ledger.maker(offer)?.award?.taker.id ?? null) : maker;
  }

  #wereRestored(...desks: readonly PeerId[]): boolean {
    return desks.some((desk) => this.#ledger.wereRestored.has(desk));
  }
}

/** The report as text, without its time, for comparisons. */
function textOf(report: Pick<Report, 'result' | 'details'> | WireBody | null): string {
  if (report === null) return 'nothing';
  const { result, details } = report;
  return `${result ?? ''} ${typeof details === 'string' ? details : (details?.text ?? '')}`.trim();
}
