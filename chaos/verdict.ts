/**
 * Checks the promises on all journals together, after a run. Pure: journals in, violations out. The product's own `applyMaker` and
 * `applyTaker` replay the journals, so an inconsistent journal is a violation too.
 */
import { applyMaker, type MakerState } from '../src/protocol/maker-state.ts';
import type { OfferKey } from '../src/protocol/ids.ts';
import type { MakerRecord, TakerRecord } from '../src/protocol/records.ts';
import { applyTaker, isTakerFinished, type TakerState } from '../src/protocol/taker-state.ts';
import type { DeskJournal, JournalOffer } from './desk-journal.ts';

export interface Violation {
  /**
   * S1 to S4 and L1 of docs/PROTOCOL.md. `agreement`: both sides have the same outcome. `told`: notices agree with the journal.
   * `journal`: the file is intact. `process`: no desk fails. `progress`: each stage ends in time.
   */
  readonly promise: 'S1' | 'S2' | 'S3' | 'S4' | 'L1' | 'agreement' | 'told' | 'journal' | 'process' | 'progress';
  readonly offer: OfferKey | null;
  readonly text: string;
}

interface MakerSide {
  readonly desk: DeskJournal;
  readonly state: MakerState;
  readonly records: readonly MakerRecord[];
  readonly finished: boolean;
}

interface TakerSide {
  readonly desk: DeskJournal;
  readonly state: TakerState;
  readonly records: readonly TakerRecord[];
}

/** The contents of all journals about one offer. */
export interface Sides {
  readonly offer: OfferKey;
  readonly makers: MakerSide[];
  readonly takers: TakerSide[];
}

export interface Reading {
  readonly offers: ReadonlyMap<OfferKey, Sides>;
  readonly violations: readonly Violation[];
}

/** Replays every journal. */
export function readSides(journals: readonly DeskJournal[]): Reading {
  const offers = new Map<OfferKey, Sides>();
  const violations: Violation[] = [];
  for (const desk of journals) {
    for (const text of desk.damage) violations.push({ promise: 'journal', offer: null, text: `${desk.name} ${text}` });
    for (const entry of desk.offers) {
      const sides = offers.get(entry.offer) ?? { offer: entry.offer, makers: [], takers: [] };
      offers.set(entry.offer, sides);
      try {
        addSide(sides, desk, entry);
      } catch (error) {
        violations.push({ promise: 'S4', offer: entry.offer, text: `${desk.name}: ${String(error)}` });
      }
    }
  }
  return { offers, violations };
}

function addSide(sides: Sides, desk: DeskJournal, { records, finished }: JournalOffer): void {
  const made = records.flatMap(({ role, record }) => (role === 'maker' ? [record] : []));
  const taken = records.flatMap(({ role, record }) => (role === 'taker' ? [record] : []));
  const maker = made.reduce<MakerState | null>(applyMaker, null);
  const taker = taken.reduce<TakerState | null>(applyTaker, null);
  if (maker !== null) sides.makers.push({ desk, state: maker, records: made, finished });
  if (taker !== null) sides.takers.push({ desk, state: taker, records: taken });
}

/** @param isHealed whether the run had time to end all deals: only then L1 is checked */
export function judge(sides: Sides, isHealed: boolean): readonly Violation[] {
  const found = [...safetyOf(sides), ...sides.takers.flatMap((taker) => agreementOf(sides, taker))];
  if (isHealed) found.push(...livenessOf(sides));
  return found.map(([promise, text]) => ({ promise, offer: sides.offer, text }));
}

type Finding = readonly [Violation['promise'], string];
type AwardRecord = Extract<MakerRecord, { type: 'awarded' }>;

/** From the records, as the state after a replay has at most one award. */
function awardsOf({ makers }: Sides): readonly AwardRecord[] {
  return makers.flatMap(({ records }) => records.filter((record) => record.type === 'awarded'));
}

function safetyOf(sides: Sides): Finding[] {
  const awards = awardsOf(sides);
  const winners = sides.takers.filter(({ state }) => state.phase === 'won');
  const found: Finding[] = [];
  if (sides.makers.some(({ desk }) => !sides.offer.startsWith(`${desk.id}/`))) {
    found.push(['S1', 'somebody else than its maker deals with it as maker']);
  }
  if (awards.length > 1) found.push(['S1', `awarded ${awards.length} times`]);
  if (winners.length > 1) {
    found.push(['S1', `${winners.map(({ desk }) => desk.name).join(' and ')} both believe that they have won`]);
  }
  for (const { desk, state } of winners) {
    if (awards.some(({ taker, epoch }) => taker.id === desk.id && epoch === state.epoch)) continue;
    found.push([
      'S2',
      `${desk.name} believes that it has won (reservation ${state.epoch ?? 0}), and was not awarded it`,
    ]);
  }
  return [...found, ...awards.flatMap((award) => unconfirmed(sides, award))];
}

function unconfirmed({ takers }: Sides, { taker, epoch }: AwardRecord): Finding[] {
  const side = takers.find(({ desk }) => desk.id === taker.id);
  if (side?.records.some((record) => record.type === 'confirmed' && record.epoch === epoch) === true) return [];
  return [['S3', `awarded to ${side?.desk.name ?? taker.id}, which has not confirmed reservation ${epoch}`]];
}

/** Compares a taker's final state with its maker's decision. */
function agreementOf(sides: Sides, { desk, state }: TakerSide): Finding[] {
  const maker = sides.makers[0]?.state;
  const { phase, reason } = state;
  const says = `${desk.name} believes ${phase}${reason === null ? '' : ` (${reason})`}`;
  if (maker === undefined) return [['agreement', `${says}, and no maker has this offer in its journal`]];
  if (phase === 'voided' || phase === 'closed') return [['agreement', `${says}, which nobody ordered`]];
  if (!isTakerFinished(state) || phase === 'won') return [];
  if (maker.award?.taker.id === desk.id) return [['agreement', `${says}, and was awarded it`]];
  const decided = maker.phase === 'awarded' ? 'taken' : maker.phase;
  if (phase === 'lost' && reason !== decided) return [['agreement', `${says}, and its maker has ${maker.phase}`]];
  return [];
}

function livenessOf({ makers, takers }: Sides): Finding[] {
  const found: Finding[] = [];
  for (const { desk, state, finished } of makers) {
    if (state.phase === 'open' || state.phase === 'reserved')
      found.push(['L1', `still ${state.phase} at ${desk.name}`]);
    else if (!finished) found.push(['L1', `${desk.name} still owes somebody the outcome`]);
    if (state.phase === 'voided') found.push(['agreement', `${desk.name} has voided it, which nobody ordered`]);
  }
  for (const { desk, state } of takers) {
    if (state.phase === 'confirmed') found.push(['L1', `${desk.name} is still in doubt`]);
    else if (!isTakerFinished(state)) found.push(['L1', `${desk.name} has learned no outcome: ${state.phase}`]);
  }
  return found;
}
