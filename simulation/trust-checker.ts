/**
 * Checks authentication: forged messages are refused, proofs in journals are valid, no honest desk is treated as a liar, and a proven liar
 * gets no new deals.
 */
import type { DeskNotice } from '../src/desk/desk-events.ts';
import type { Reply } from '../src/ports/network.ts';
import type { Identity } from '../src/ports/identity.ts';
import type { OfferId, OfferKey, PeerId } from '../src/protocol/ids.ts';
import type { Message, OfferAccept, Signature } from '../src/protocol/messages.ts';
import type { JournalEntry, JournalRecord } from '../src/protocol/records.ts';
import { isSignatureOf } from '../src/identity/statement-verifier.ts';
import { keyedIdentity, keyedScheme } from '../testing/keyed-scheme.ts';
import { parsePayload } from '../src/wire/message-codec.ts';
import { authToWire } from '../src/wire/auth-codec.ts';
import { confirmationStatement, recipientOf } from '../src/wire/statement.ts';
import { Checks } from './checks.ts';
import type { Ledger } from './ledger.ts';
import { isOurs, makerOfKey, offerIdOfKey, type WirePayload } from './wire-payload.ts';
import { Violation, type Witness } from './witness.ts';

/** The refusals of a message that its named sender has not signed. */
const DISBELIEF = /^ERR_(SIGNATURE|UNSIGNED|EQUIVOCATION)\b/;

/** An identity with only its own secret. Shared by all worlds, as its caches are large. */
const ANYBODY: Identity = keyedIdentity('anybody' as PeerId);
const SCHEME = keyedScheme('anybody' as PeerId);

export class TrustChecker implements Witness {
  readonly name = 'trust';
  readonly checks = new Checks('forgeries', 'honest messages', 'liars found out', 'proofs');
  readonly #ledger: Ledger;
  readonly #identities = new Map<PeerId, Identity>();
  readonly #banned = new Map<PeerId, Set<PeerId>>();

  /** @param ledger gets each event before this checker */
  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** A desk has answered a forged message. */
  lied(desk: PeerId, payload: WirePayload, { error }: Reply): void {
    const { cmd, body } = payload;
    this.checks.did('forgeries');
    if (error !== null || this.#isHarmless(desk, payload)) return;
    throw new Violation(`trust: ${desk} believes ${cmd} ${JSON.stringify(body)}, which nobody has signed`);
  }

  replied(desk: PeerId, to: PeerId, { cmd }: WirePayload, { error }: Reply): void {
    if (!isOurs(to) || !isOurs(desk)) return;
    this.checks.did('honest messages');
    if (error === null || !DISBELIEF.test(error)) return;
    throw new Violation(`trust: ${desk} answers ${cmd} of ${to}, which has signed it, with ${error}`);
  }

  noticed(desk: PeerId, notice: DeskNotice): void {
    if (notice.event === 'peer.equivocated') {
      this.checks.did('liars found out');
      if (isOurs(notice.maker)) throw new Violation(`trust: ${desk} takes ${notice.maker} for a liar, which it is not`);
      this.#bannedBy(desk).add(notice.maker);
    } else if (notice.event === 'offer.received' && this.#bannedBy(desk).has(notice.maker)) {
      throw new Violation(`trust: ${desk} has found ${notice.maker} to be a liar, and takes up a new offer of it`);
    }
  }

  wrote(desk: PeerId, { offer, records }: JournalEntry): void {
    for (const record of records) {
      const wrong = this.#unproven(desk, offer, record);
      if (wrong !== null) throw new Violation(`trust: ${desk} writes ${wrong} of ${offer}, which nobody has signed`);
    }
  }

  /** The statement without a valid proof; null: all proofs are valid, or none is needed. */
  #unproven(desk: PeerId, offer: OfferKey, { role, record }: JournalRecord): string | null {
    const names = { offerId: offerIdOfKey(offer) as OfferId, maker: makerOfKey(offer) };
    const says = (message: Message, auth: Signature | undefined): string | null =>
      this.#isSignatureOf(message, auth) ? null : message.cmd;
    if (role === 'taker' && record.type === 'accepting' && record.dialect === 'grapevine') {
      return says({ cmd: 'offer:new', terms: record.terms }, record.auth);
    }
    const bid = bidOf(this.#ledger.taker(offer, desk)?.state ?? {});
    if (
      role === 'maker' &&
      record.type === 'awarded' &&
      record.taker.dialect === 'grapevine' &&
      record.byHand !== true
    ) {
      return this.#isConfirmed(offer, record.taker.id, record.epoch, record.auth)
        ? null
        : 'an award without confirmation';
    }
    if (record.type === 'reportReceived') {
      const { result, details, reportedAt: at } = record;
      const taker = role === 'taker' ? desk : this.#ledger.maker(offer)?.award?.taker.id;
      if (taker === undefined) return 'a report without a deal';
      const by = role === 'taker' ? 'maker' : 'taker';
      const said = { result, at, ...(details !== undefined && { details }) };
      return says({ cmd: 'deal:report', ...names, taker, by, ...said }, record.auth);
    }
    if (role === 'taker' && record.type === 'won' && record.by !== undefined) {
      const end = { outcome: 'awarded', winner: desk, epoch: record.epoch, ...bid } as const;
      return says({ cmd: 'offer:done', ...names, ...end }, record.auth);
    }
    return null;
  }

  /** Whether the change does not matter: the signed content and the receiver are the same. */
  #isHarmless(desk: PeerId, payload: WirePayload): boolean {
    try {
      const { message, auth } = parsePayload(payload);
      return (recipientOf(message) ?? desk) === desk && !('kind' in this.#identityOf(desk).authenticate(message, auth));
    } catch {
      return false;
    }
  }

  #isSignatureOf(message: Message, auth: Signature | undefined): boolean {
    this.checks.did('proofs');
    return auth !== undefined && !('kind' in ANYBODY.authenticate(message, authToWire(auth)));
  }

  #isConfirmed(offer: OfferKey, taker: PeerId, epoch: number, auth: Signature | undefined): boolean {
    this.checks.did('proofs');
    const state = this.#ledger.maker(offer);
    if (state === null || auth === undefined) return false;
    const { terms, award, reservation } = state;
    const confirmation = { terms, taker, epoch, ...bidOf(award ?? reservation ?? {}) };
    return isSignatureOf(SCHEME.verify, taker, confirmationStatement(confirmation), auth);
  }

  /** Only the receiver of a MAC can verify it. */
  #identityOf(desk: PeerId): Identity {
    const identity = this.#identities.get(desk) ?? keyedIdentity(desk);
    this.#identities.set(desk, identity);
    return identity;
  }

  #bannedBy(desk: PeerId): Set<PeerId> {
    const banned = this.#banned.get(desk) ?? new Set();
    this.#banned.set(desk, banned);
    return banned;
  }
}

function bidOf({ unitPrice }: { readonly unitPrice?: OfferAccept['unitPrice'] | undefined }) {
  return unitPrice === undefined ? {} : { unitPrice };
}
