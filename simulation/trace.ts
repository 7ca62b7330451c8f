/** A readable trace of a run: one line per event, with virtual time and short names. */
import { createHash } from 'node:crypto';
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import type { OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { JournalEntry } from '../src/protocol/records.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Timeline } from './timeline.ts';
import type { WirePayload } from './wire-payload.ts';
import type { OperatorCommand, Waited, Witness } from './witness.ts';

export class Trace implements Witness {
  readonly #timeline: Timeline;
  readonly #write: (line: string) => void;
  readonly #names = new Map<string, string>();

  constructor(timeline: Timeline, write: (line: string) => void) {
    this.#timeline = timeline;
    this.#write = write;
  }

  name(id: string, name: string): void {
    this.#names.set(id, name);
  }

  /** `journal`: durable; `writes`: not durable yet. */
  wrote(desk: PeerId, { offer, records, finished }: JournalEntry, waited: Waited): void {
    const how = waited === 'durable' ? 'journal ' : 'writes  ';
    for (const { record } of records) this.#line(desk, `${how} ${this.#offer(offer)} ${this.#short(record)}`);
    if (finished) this.#line(desk, `${how} ${this.#offer(offer)} finished`);
  }

  forgot(desk: PeerId, entries: readonly JournalEntry[]): void {
    for (const { offer, records } of entries) {
      for (const { record } of records) this.#line(desk, `forgets  ${this.#offer(offer)} ${record.type}`);
    }
  }

  sent(desk: PeerId, to: PeerId, { cmd, body }: WirePayload): void {
    this.#line(desk, `sends    ${cmd} to ${this.#nameOf(to)} ${this.#short(body)}`);
  }

  received(desk: PeerId, from: PeerId, { cmd, body }: WirePayload): void {
    this.#line(
      desk,
      `receives ${cmd} of ${this.#nameOf(from)} ${this.#short({ offerId: body.offerId, epoch: body.epoch })}`,
    );
  }

  replied(desk: PeerId, to: PeerId, { cmd }: WirePayload, { error, result }: Reply): void {
    this.#line(desk, `answers  ${cmd} of ${this.#nameOf(to)} ${error ?? this.#short(result)}`);
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    // The line of the journal has the terms.
    const details = { ...notice, event: undefined, terms: undefined, verified: undefined };
    this.#line(desk, `tells    ${notice.event} ${this.#short(details)}`);
  }

  commanded(desk: PeerId, command: OperatorCommand, offer: OfferKey, code: string | null): void {
    this.#line(desk, `operator ${command} ${this.#offer(offer)} ${code ?? 'done'}`);
  }

  took(original: PeerId, offer: OfferKey): void {
    this.#line(original, `takes    ${this.#offer(offer)}`);
  }

  crashed(desk: PeerId, why: string): void {
    this.#line(desk, `dies     ${why}`);
  }

  recovered(desk: PeerId, stored: readonly { readonly offer: OfferKey }[]): void {
    this.#line(desk, `starts   ${stored.map(({ offer }) => this.#offer(offer)).join(' ')}`);
  }

  fault(kind: FaultKind, text: string): void {
    this.#line(null, `fault    ${kind} ${this.#renamed(text)}`);
  }

  healed(): void {
    this.#line(null, 'healed');
  }

  #line(who: PeerId | null, text: string): void {
    const seconds = (this.#timeline.now / 1_000).toFixed(3).padStart(9);
    this.#write(`${seconds}  ${(who === null ? '' : this.#nameOf(who)).padEnd(4)} ${text}`);
  }

  #offer(offer: OfferKey): string {
    const [maker = '', offerId = ''] = offer.split('/');
    return `${this.#nameOf(maker)}/${offerId.slice(0, 4)}`;
  }

  #nameOf(id: string): string {
    return this.#names.get(id) ?? id.slice(0, 6);
  }

  #short(value: unknown): string {
    return this.#renamed(JSON.stringify(value)).replaceAll('"', '');
  }

  /** Replaces the ids of peers by names, and shortens the ids of offers. */
  #renamed(text: string): string {
    return text.replaceAll(
      /\b(?:[0-9a-f]{64}|[0-9a-f]{32}|[0-9a-f]{16})\b/g,
      (id) => this.#names.get(id) ?? id.slice(0, 4),
    );
  }
}

/** A hash of a whole run, to detect differences between two runs. */
export class TraceHash {
  readonly #hash = createHash('sha256');
  lines = 0;

  add(line: string): void {
    this.lines += 1;
    this.#hash.update(line).update('\n');
  }

  get hex(): string {
    return this.#hash.copy().digest('hex');
  }
}
