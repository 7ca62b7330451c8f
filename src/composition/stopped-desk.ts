/**
 * Answers questions about a desk that is not running, from its journal and its key, like its control API. Writes nothing, and does
 * not block the start of the desk.
 */
import { join } from 'node:path';
import type { QueryOf, Receipt, ResponseOf, Story } from '../control/contract.ts';
import { dealViews, offerOf } from '../control/server/contract-views.ts';
import type { ControlledDesk } from '../control/server/desk-adapter.ts';
import { findOffer } from '../control/server/find-offer.ts';
import { dealsPage, offersPage } from '../control/server/handlers.ts';
import { OfferListings } from '../control/server/offer-listings.ts';
import { storyOf } from '../control/server/story-of.ts';
import { PastOffers, snapshotOf } from '../desk/past-offers.ts';
import { KEY_FILE, readKeyFile } from '../identity/key-file.ts';
import { GrapevineError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import { openJournalReader, type ReadJournal } from '../store/open-journal-reader.ts';

/** No messages since the desk was stopped. */
const ACTIVITY = { activityOf: (_: PeerId, seenAt: number) => ({ makerSeenAt: seenAt, isStale: true }) };

interface StoppedDeskInit {
  readonly dataDir: string;
  /** Called only if something has to be signed and the key is encrypted. */
  readonly passphrase: () => Promise<string | undefined>;
}

type Readable = Pick<ControlledDesk, 'offers' | 'endedOffers' | 'offersStartingWith' | 'deals'>;

export class StoppedDesk {
  readonly #init: StoppedDeskInit;
  readonly #journal: ReadJournal;
  readonly #past: PastOffers;
  readonly #listings = new OfferListings(() => performance.now());
  readonly #self: PeerId;

  /** @throws GrapevineError ERR_USAGE when the folder has no journal; ERR_JOURNAL, or a more specific code */
  constructor(init: StoppedDeskInit) {
    this.#init = init;
    this.#journal = openJournalReader(init.dataDir);
    this.#self = this.#journal.owner ?? ('' as PeerId);
    const signer = { id: this.#self, signFact: unsigned, signConfirmation: unsigned };
    this.#past = new PastOffers(signer, this.#journal, ACTIVITY);
  }

  async offers(query: Partial<QueryOf<'offers'>> = {}): Promise<ResponseOf<'offers'>> {
    return offersPage(await this.#readable(), this.#listings, query);
  }

  async deals(query: Partial<QueryOf<'deals'>> = {}): Promise<ResponseOf<'deals'>> {
    return dealsPage(await this.#readable(), query);
  }

  async story(id: string, whose?: string): Promise<Story> {
    const { offerId, maker } = await findOffer(await this.#readable(), { offerId: id, maker: whose });
    const { snapshot, records } = await this.#past.find(offerId, maker);
    return storyOf(snapshot, records, this.#self);
  }

  async receipt(id: string, whose?: string): Promise<Receipt> {
    const { offerId, maker } = await findOffer(await this.#readable(), { offerId: id, maker: whose });
    // The code that signs is loaded only here: the other queries need no key.
    const { identityOf } = await import('./create-desk.ts');
    const key = readKeyFile(join(this.#init.dataDir, KEY_FILE), await this.#init.passphrase());
    return { ...(await new PastOffers(identityOf(key), this.#journal, ACTIVITY).receipt(offerId, maker)) };
  }

  close(): void {
    this.#journal.close();
  }

  async #readable(): Promise<Readable> {
    const unfinished = await this.#journal.readUnfinished();
    const present = unfinished.flatMap(({ records }) => snapshotOf(records, ACTIVITY) ?? []).map(offerOf);
    return {
      offers: () => present,
      endedOffers: async () => (await this.#past.ended()).map(offerOf),
      offersStartingWith: async (prefix) => (await this.#past.startingWith(prefix)).map(offerOf),
      deals: async (which) => {
        const { deals, ...page } = await this.#past.deals(which, []);
        return { deals: dealViews(deals, this.#self), ...page };
      },
    };
  }
}

function unsigned(): never {
  throw new GrapevineError('ERR_RECEIPT', 'nothing is signed without the key');
}
