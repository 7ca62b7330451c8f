/**
 * A process of its own that appends without end until it is killed, and says each offer when it is durable: for the tests
 * of the lock and of kill -9. Its argument is the data folder.
 */
import { writeSync } from 'node:fs';
import { openSqliteJournal } from '../../src/store/open-sqlite-journal.ts';
import { offerKey, type Decimal, type OfferId, type PeerId } from '../../src/protocol/ids.ts';

const maker = 'd'.repeat(64) as PeerId;
const journal = openSqliteJournal({ dataDir: process.argv[2] ?? '' });

async function appendOne(offerId: OfferId): Promise<void> {
  const terms = { offerId, maker, type: 'buy', amount: '1' as Decimal, pair: null, unitPrice: null } as const;
  const record = { type: 'opened', at: 1, terms: { ...terms, issuedAt: null, expiresAt: null } } as const;
  await journal.append({ offer: offerKey(maker, offerId), records: [{ role: 'maker', record }], finished: false });
  writeSync(1, `${offerId}\n`);
}

for (let round = 0; ; round += 1) {
  await Promise.all([0, 1, 2].map((index) => appendOne(`offer-${round}-${index}` as OfferId)));
}
