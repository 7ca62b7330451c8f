/** Histories made by hand, in short words, and all checkers that are told them. */
import { offerKey, type Decimal, type OfferId, type PeerId } from '../../src/protocol/ids.ts';
import type { OfferTerms, Peer } from '../../src/protocol/messages.ts';
import type { JournalRecord, MakerRecord, TakerRecord } from '../../src/protocol/records.ts';
import { AgreementChecker } from '../../simulation/agreement-checker.ts';
import { DecisionChecker } from '../../simulation/decision-checker.ts';
import { Ledger } from '../../simulation/ledger.ts';
import { checkEnding, livenessChecks } from '../../simulation/liveness-checker.ts';
import { MemoryChecker } from '../../simulation/memory-checker.ts';
import { RecoveryChecker } from '../../simulation/recovery-checker.ts';
import { SpeechChecker } from '../../simulation/speech-checker.ts';
import { Witnesses, type Waited } from '../../simulation/witness.ts';

export const MAKER = 'a'.repeat(64) as PeerId;
export const ONE: Peer = { id: '1'.repeat(64) as PeerId, dialect: 'grapevine' };
export const TWO: Peer = { id: '2'.repeat(64) as PeerId, dialect: 'grapevine' };
export const OLD: Peer = { id: '0'.repeat(16) as PeerId, dialect: 'original' };
export const OFFER = offerKey(MAKER, 'offer' as OfferId);
export const NAMES = { offerId: 'offer', source: MAKER };
export const TERMS: OfferTerms = {
  offerId: 'offer' as OfferId,
  maker: MAKER,
  type: 'sell',
  amount: '1' as Decimal,
  pair: null,
  unitPrice: null,
  issuedAt: 0,
  expiresAt: 60_000,
};

export const opened: MakerRecord = { type: 'opened', at: 0, terms: TERMS };
export const reserved = (taker: Peer, epoch: number): MakerRecord => {
  return { type: 'reserved', at: 0, taker, epoch, until: taker.dialect === 'original' ? null : 10_000 };
};
export const released = (epoch: number): MakerRecord => ({ type: 'released', at: 0, epoch, reason: 'silent' });
export const awarded = (taker: Peer, epoch: number): MakerRecord => ({ type: 'awarded', at: 0, taker, epoch });
export const accepting = { type: 'accepting', at: 0, terms: TERMS, dialect: 'grapevine' } satisfies TakerRecord;
export const confirmed = (epoch: number): TakerRecord => ({ type: 'confirmed', at: 0, epoch });
export const won = (epoch: number): TakerRecord => ({ type: 'won', at: 0, epoch });

/** All checkers, and the short words in which a history is told to them. */
export class History {
  readonly ledger = new Ledger();
  readonly memory = new MemoryChecker(this.ledger);
  readonly #all = new Witnesses([
    this.ledger,
    new DecisionChecker(this.ledger),
    new AgreementChecker(this.ledger),
    new SpeechChecker(this.ledger),
    new RecoveryChecker(),
    this.memory,
  ]);

  readonly #waited: Waited;

  /** @param waited how `makerWrites` and `takerWrites` write */
  constructor(waited: Waited = 'lazily') {
    this.#waited = waited;
  }

  get says(): string | null {
    return this.#all.violation?.message ?? null;
  }

  get tell(): Witnesses {
    return this.#all;
  }

  maker(...records: MakerRecord[]): this {
    for (const record of records) {
      this.#all.wrote(MAKER, { offer: OFFER, records: [{ role: 'maker', record }], finished: false });
      this.#all.rested();
    }
    return this;
  }

  /** Written, and by default nobody has waited for it. */
  makerWrites(record: MakerRecord): this {
    this.#all.wrote(MAKER, { offer: OFFER, records: [{ role: 'maker', record }], finished: false }, this.#waited);
    this.#all.rested();
    return this;
  }

  takerWrites({ id }: Peer, record: TakerRecord): this {
    this.#all.wrote(id, { offer: OFFER, records: [{ role: 'taker', record }], finished: false }, this.#waited);
    this.#all.rested();
    return this;
  }

  /** A crash after which nothing is left but what is durable. */
  forgets(desk: PeerId, ...records: (MakerRecord | TakerRecord)[]): this {
    const role = desk === MAKER ? 'maker' : 'taker';
    const forgotten = records.map((record) => ({ role, record }) as JournalRecord);
    this.#all.crashed(desk, 'kill -9');
    this.#all.forgot(desk, [{ offer: OFFER, records: forgotten, finished: false }]);
    this.#all.rested();
    return this;
  }

  taker({ id }: Peer, ...records: TakerRecord[]): this {
    for (const record of records) {
      this.#all.wrote(id, { offer: OFFER, records: [{ role: 'taker', record }], finished: false });
      this.#all.rested();
    }
    return this;
  }

  ends(): string {
    try {
      checkEnding({ ledger: this.ledger, isUp: () => true }, livenessChecks());
      return 'well';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

/** One wants it, confirms, and is awarded it. */
export function dealWithOne(): History {
  const history = new History().maker(opened).taker(ONE, accepting).maker(reserved(ONE, 1)).taker(ONE, confirmed(1));
  return history.maker(awarded(ONE, 1));
}
