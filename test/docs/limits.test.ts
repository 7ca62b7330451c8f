/** docs/LIMITS.md has every limit with its value, and each limit has a test that goes over it. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../src/composition/limits.ts';

/** The tests that go over the limits. */
const LIMITS_BY_TEST: Readonly<Record<string, readonly (keyof typeof LIMITS)[]>> = {
  'cli/all-deals.test.ts': ['journalPageMax', 'cursorMaxLength'],
  'cli/id.test.ts': ['passphraseMaxBytes'],
  'cli/rules.test.ts': ['offerFileMaxBytes'],
  'cli/verify.test.ts': ['receiptMaxBytes'],
  'config/load-settings.test.ts': ['configFileMaxBytes', 'deskListFileMaxBytes', 'deskListMax'],
  'control/activity.test.ts': ['controlIdsMax', 'activityMinutesKept', 'activitySamplesMax', 'broadcastsKept'],
  'control/client.test.ts': [
    'controlRequestTimeoutMs',
    'controlAnswerMaxBytes',
    'controlEventMaxLength',
    'controlReconnectForMs',
  ],
  'control/events.test.ts': [
    'controlStreamsMax',
    'controlEventsKept',
    'controlEventBatchMax',
    'controlStallMs',
    'controlHeartbeatMs',
  ],
  'control/follow-events.test.ts': ['controlReconnectMinMs', 'controlReconnectMaxMs'],
  'control/metrics.test.ts': ['measuredOffersMax'],
  'control/offer-listings.test.ts': ['controlListingsMax', 'controlListingKeptMs'],
  'control/page.test.ts': ['pageSessionsMax'],
  'control/refusals.test.ts': [
    'idPrefixMinLength',
    'controlPageMax',
    'filePathMaxLength',
    'controlBodyMaxBytes',
    'controlConnectionsMax',
  ],
  'control/socket.test.ts': ['controlIdleMs'],
  'desk/admission.test.ts': ['endedOffersRemembered', 'messagesPerPeerPerMinute'],
  'desk/book-comparison.test.ts': ['booksAskedFirst', 'makersPerRound', 'bookPagesMax'],
  'desk/book-sync.test.ts': ['staleAfterMs', 'bookSyncMs', 'listsAtOnce', 'listPagesMax', 'listsPerPeerPerMinute'],
  'desk/desk.test.ts': ['validityMaxMs', 'confirmedStatusMinMs'],
  'desk/equivocation.test.ts': ['factsRemembered', 'bannedDesksMax'],
  'desk/full-book.test.ts': ['seenOffersMax'],
  'desk/gossip.test.ts': ['factsPassedOnAtOnce', 'factsPassedOnWaitingMax', 'factMakersCounted', 'factsSeenMax'],
  'desk/interest.test.ts': ['interestAgainMs', 'interestBatchMax'],
  'desk/many-desks.test.ts': ['meshFrom', 'factsOfMakerPerMinute', 'originalWatchers'],
  'desk/many-hellos.test.ts': [
    'helloFirstAddresses',
    'helloAddresses',
    'helloLinkedAddresses',
    'helloWatchedAddresses',
    'helloReusedMs',
  ],
  'desk/mesh.test.ts': ['meshOwnLinks', 'meshLinksMax', 'meshUpkeepMs', 'meshLinkMs', 'meshRepairMs', 'meshSilenceMs'],
  'desk/notice-stream.test.ts': ['noticesWaitingMax'],
  'desk/offer-draft.test.ts': ['decimalMaxFraction', 'doneWithinMaxMs'],
  'desk/offer-registry.test.ts': ['inboxMax'],
  'desk/offer-shares.test.ts': ['provenMakersMax'],
  'desk/originals.test.ts': ['originalsWatchedMax'],
  'desk/own-offers-limit.test.ts': ['ownOffersMax'],
  'desk/own-offers.test.ts': ['attemptsMax', 'renewalRetryMs'],
  'desk/past-offers.test.ts': ['offersFoundMax'],
  'desk/peers.test.ts': ['peersMax'],
  'desk/presence.test.ts': ['helloMinMs', 'helloMaxMs', 'helloWindowMs'],
  'desk/recovery.test.ts': ['dealsRecalledMax'],
  'desk/repeat-limit.test.ts': ['announcedAgainPerSecond'],
  'desk/request-handler.test.ts': ['seenOffersPerMakerMax', 'listPageMax', 'listPageMaxBytes'],
  'grenache/discovery/discovery.test.ts': [
    'addressesPerLookupMax',
    'lookupIsPartFrom',
    'grapeAnswerMaxBytes',
    'grapeTimeoutMs',
    'lookupCacheMs',
    'lookupCacheMaxKeys',
    'announceIntervalMs',
    'announceRetryMinMs',
    'announceRetryMaxMs',
    'grapeRetryMinMs',
    'grapeRetryMaxMs',
  ],
  'grenache/discovery/network-policy.test.ts': ['addressesPerHostMax', 'addressesOfLoopbackMax'],
  'grenache/grapes/dht-packet.test.ts': ['grapeQueryMaxBytes', 'grapePacketMaxBytes'],
  'grenache/grapes/grape-api.test.ts': ['listenBacklog', 'grapeConnectionsMax', 'grapeRequestsInProgressMax'],
  'grenache/grapes/grapes.test.ts': ['grapeRequestMaxBytes', 'grapeQueryTimeoutMs'],
  'grenache/grapes/node-admission.test.ts': [
    'grapeProbesMax',
    'grapeSilenceMinMs',
    'grapeSilenceMaxMs',
    'grapeSilentAddressesMax',
  ],
  'grenache/grapes/packet-budget.test.ts': ['grapePacketsPerAddress', 'grapeAddressesCounted'],
  'grenache/grapes/peer-store.test.ts': [
    'peerMaxAgeMs',
    'grapeAnnouncementsMax',
    'grapeAnnouncementsPerHostMax',
    'grapeAnnouncementsOfLoopbackMax',
    'grapePortsPerKeyMax',
    'grapeLoopbackPortsPerKeyMax',
  ],
  'grenache/grapes/ready.test.ts': ['grapesReadyTimeoutMs'],
  'grenache/grenache-network.test.ts': [
    'addressesPerRequestMax',
    'broadcastsPerTurn',
    'broadcastsWaitingMax',
    'requestsInProgressMax',
  ],
  'grenache/rpc/channel.test.ts': ['channelRequestsMax', 'channelLinesPerTurn', 'channelUnsentMaxBytes'],
  'grenache/rpc/connection-slots.test.ts': ['connectionsMax', 'connectionIdleMinMs'],
  'grenache/rpc/request-gate.test.ts': [
    'connectionsFromAddressMax',
    'connectionsFromLoopbackMax',
    'pipelinedRequestsMax',
    'pointsPerConnection',
    'pointsPerAddress',
    'pointsPerLoopbackAddress',
    'pointsReserved',
    'connectionPoints',
    'junkPoints',
    'pointsOverdrawnMax',
  ],
  'grenache/rpc/rpc-client.test.ts': [
    'errorTextMaxLength',
    'requestTimeoutMs',
    'connectTimeoutMs',
    'connectionsPerAddress',
    'ownConnectionsPerAddress',
  ],
  'grenache/rpc/rpc-server.test.ts': ['bodyMaxBytes', 'headerMaxBytes', 'stopGraceMs', 'keyMaxBytes'],
  'grenache/rpc/slow-senders.test.ts': [
    'headersTimeoutMs',
    'requestReadTimeoutMs',
    'keepAliveTimeoutMs',
    'channelIdleMs',
  ],
  'hyperdht/hyperdht-network.test.ts': ['dhtConnectTimeoutMs', 'relaysPerRequestMax'],
  'hyperdht/start-dht-nodes.test.ts': ['dhtAnnouncementMaxAgeMs'],
  'identity/batch.test.ts': ['batchDepthMax', 'verifiedPerTurn'],
  'identity/desk-identity.test.ts': ['factsCached'],
  'identity/encrypted-key-file.test.ts': ['keyFileMaxBytes', 'scryptMemoryMaxBytes', 'scryptWorkMax'],
  'identity/message-sealer.test.ts': ['sealedBlockBytes', 'sealedTextMaxBytes', 'sealingKeysMax'],
  'identity/pair-keys.test.ts': ['newPairsPerSecond', 'publicKeysCached'],
  'identity/sealed-network.test.ts': ['relayTimeoutMs', 'relayRetryMs', 'relayedForMs', 'relayedDesksMax'],
  'protocol/back-off.test.ts': ['approvalRetryMaxMs', 'acceptRetryMaxMs', 'queuedStatusMaxMs'],
  'protocol/deal-reports.test.ts': ['reportRetryMinMs', 'reportRetryMaxMs', 'reportMaxAttempts'],
  'protocol/free-keys.test.ts': ['strangerHoldMinMs'],
  'protocol/maker-outcome.test.ts': ['deliveryRetryMinMs', 'deliveryRetryMaxMs', 'deliveryMaxAttempts'],
  'protocol/maker-queue.test.ts': ['acceptancesPerOfferMax'],
  'protocol/maker-reservation.test.ts': ['reservationMs', 'approvalRetryMinMs'],
  'protocol/maker.test.ts': ['announceAgainMinMs', 'announceAgainMaxMs'],
  'protocol/original-maker.test.ts': ['assumedValidityMs'],
  'protocol/original-taker.test.ts': ['doubtRetryMinMs', 'doubtRetryMaxMs'],
  'protocol/taker-acceptance.test.ts': ['acceptRetryMinMs', 'acceptMaxAttempts'],
  'protocol/taker-status.test.ts': ['queuedStatusMinMs', 'confirmedStatusMaxMs', 'statusMaxAttemptsAfterExpiry'],
  'protocol/taker.test.ts': ['clockSkewMs', 'validitySkewMs'],
  'rules/rule-table.test.ts': ['ruleDetailsMax'],
  'rules/rule-text.test.ts': ['rulesMax', 'ruleTextMaxLength', 'rulePairsMax', 'ruleMakersMax', 'ruleDetailMaxLength'],
  'simulation/long-life.test.ts': ['finishedOffersMax'],
  'transport/broadcaster.test.ts': ['broadcastLookupIntervalMs', 'broadcastQueueMax'],
  'transport/concurrency-limiter.test.ts': ['broadcastConcurrency'],
  'transport/joined-network.test.ts': ['relaysAtOnce', 'relayedPerHostPerMinute', 'homesMax'],
  'transport/memory-rate-limit.test.ts': ['rateLimitedPeersMax'],
  'wire/codec.test.ts': ['idMaxLength', 'directedToMax'],
  'wire/decimal.test.ts': ['decimalMaxDigits'],
  'wire/details.test.ts': ['detailsMaxBytes', 'referenceMaxLength'],
  'wire/names.test.ts': ['pairMaxLength'],
  'wire/parse-json.test.ts': ['jsonMaxDepth'],
};

/** A row may have several limits of one kind, with a value each. */
const ROW = /^\| (`.+?`) \| ([\d, ]+) \| (.+) \|$/gm;

describe('docs/LIMITS.md', () => {
  const text = readFileSync(new URL('../../docs/LIMITS.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(ROW)].flatMap(([, names = '', values = '', meaning = '']) => {
    const numbers = values.split(', ');
    return names
      .replaceAll('`', '')
      .split(', ')
      .map((name, index) => ({ name, value: Number(numbers[index]), meaning }));
  });

  it('has every limit with its value, and no other', () => {
    expect(Object.fromEntries(rows.map(({ name, value }) => [name, value]))).toEqual(LIMITS);
  });

  it('says what happens beyond each limit', () => {
    for (const { name, meaning } of rows) {
      // Of many times, what happens then is what the time is for; of what is remembered, the page says it once.
      const isClear = name.endsWith('Ms') ? meaning.length > 10 : /\b(?:remembered|cached)\b/.test(meaning);
      expect([name, /: .{5}/.test(meaning) || isClear]).toEqual([name, true]);
    }
  });
});

describe('every limit', () => {
  it('has a test that goes over it', () => {
    expect(Object.values(LIMITS_BY_TEST).flat().sort()).toEqual(Object.keys(LIMITS).sort());
  });

  it.each(Object.keys(LIMITS_BY_TEST))('has its test in %s, which exists', (file) => {
    expect(existsSync(new URL(`../${file}`, import.meta.url))).toBe(true);
  });
});
