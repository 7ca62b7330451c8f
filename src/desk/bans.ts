/** Bans desks that signed two contradicting statements. Stores the proof, so that the ban survives a restart. */
import type { Clock } from '../ports/clock.ts';
import type { Equivocation, Evidence } from '../ports/evidence.ts';
import type { AccessList } from './access-list.ts';
import type { DeskNotice } from './desk-events.ts';
import type { FactSubject } from './equivocation-watch.ts';

export interface BansInit {
  readonly access: AccessList;
  readonly evidence: Evidence | undefined;
  readonly clock: Clock;
  readonly publish: (notice: DeskNotice) => void;
}

export class Bans {
  readonly #init: BansInit;

  constructor(init: BansInit) {
    this.#init = init;
  }

  /** Restores the bans of earlier runs. */
  async read(): Promise<void> {
    const { access, evidence } = this.#init;
    for (const { maker } of (await evidence?.readEvidence()) ?? []) access.ban(maker);
  }

  async onEquivocation({ maker, offerId }: FactSubject, statements: Equivocation['statements']): Promise<void> {
    const { access, clock, evidence, publish } = this.#init;
    if (maker === null || access.isBanned(maker) || !access.ban(maker)) return;
    await evidence?.keepEvidence({ maker, offerId, foundAt: clock.now(), statements });
    publish({ event: 'peer.equivocated', maker, offerId });
  }
}
