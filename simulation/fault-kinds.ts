/** The names of all injected faults, for the counts and the report. */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import type { WirePayload } from './wire-payload.ts';

export const FAULT_KINDS = [
  'request lost',
  'answer lost',
  'connection lost',
  'request duplicated',
  'request delayed',
  'answer delayed',
  'never sent',
  'answer garbled',
  'partition',
  'isolation',
  'slow peer',
  'dead peer',
  'clock wrong',
  'clock drifts',
  'clock jumps',
  'clock jumps by hours',
  'alarm late',
  'crash',
  'crash before a write',
  'crash after a write',
  'crash before a send',
  'crash after a send',
  'crash in recovery',
  'group commit torn',
  'tail lost',
  'journal fails',
  'clean stop',
  'queue of one or two',
  'queue full',
  'same offer ids',
  'cancellation',
  'withdrawal',
  'accepted anew',
  'closed by hand',
  "original's error",
  "original's restart",
  'copy restored',
  'forgery',
  'forgery refused',
  'replay',
  'equivocation',
  'equivocation found',
  'second report',
  'impostor',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export class FaultCounts {
  readonly #counts = new Map<FaultKind, number>();

  /** A full queue can be seen from the answer. */
  replied(_desk: PeerId, _to: PeerId, _request: WirePayload, { error }: Reply): void {
    if (error?.startsWith('ERR_QUEUE_FULL') === true) this.fault('queue full');
  }

  lied(_desk: PeerId, _request: WirePayload, { error }: Reply): void {
    if (error !== null) this.fault('forgery refused');
  }

  noticed(_desk: PeerId, { event }: DeskNotice): void {
    if (event === 'peer.equivocated') this.fault('equivocation found');
  }

  fault(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  add(other: FaultCounts): void {
    for (const [kind, count] of other.#counts) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  get(kind: FaultKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** All kinds, also those with the count 0. */
  entries(): readonly (readonly [FaultKind, number])[] {
    return FAULT_KINDS.map((kind) => [kind, this.get(kind)] as const);
  }
}
