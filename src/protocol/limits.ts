/**
 * Every bound of the protocol and of the edge, by name and in one place. Times are milliseconds, sizes are bytes.
 * What is a policy of one desk can be set in its options and has its default here. docs/LIMITS.md says what happens beyond each
 * and which test goes over it; test/protocol/limits.test.ts says which of them hang together.
 */
export const LIMITS = {
  // ---- what a stranger may send -------------------------------------------------------------------------------------
  /** A request's or an answer's body. */
  bodyMaxBytes: 32 * 1024,
  /** All headers of a request together. */
  headerMaxBytes: 8 * 1024,
  /** Nesting of arrays and objects in a body; our deepest message has 4 levels. */
  jsonMaxDepth: 8,
  /** Digits of an amount or a price: 20 before and 18 after the point, as on chains with 18 decimals. */
  decimalMaxDigits: 38,
  /** Of them after the point. */
  decimalMaxFraction: 18,
  /** Of a peer's id or an offer's id. */
  idMaxLength: 64,
  /** Details of an offer or a report, in UTF-8. */
  detailsMaxBytes: 4_096,
  /** Of a maker's own name for an offer. */
  referenceMaxLength: 64,
  /** How often an offer may be made under one reference, by renewal. */
  attemptsMax: 1_000,
  /** Of a pair's name. */
  pairMaxLength: 32,
  /** Of the text behind a code in an error that we show or log. */
  errorTextMaxLength: 200,
  /** How far in the future an offer may end: 30 days. */
  validityMaxMs: 30 * 24 * 60 * 60 * 1000,

  // ---- connections --------------------------------------------------------------------------------------------------
  headersTimeoutMs: 5_000,
  requestReadTimeoutMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  /** Open connections that a desk takes; beyond it a new one takes the place of the one that is idle longest. */
  connectionsMax: 1_024,
  /** A connection that has been idle for so long gives way to a new one. */
  connectionIdleMinMs: 1_000,
  /**
   * Connections that may wait to be taken or closed. It must exceed every limit of connections of a listener: what does not
   * fit is left without an answer by the system, and tries again after seconds. The system may have a lower limit.
   */
  listenBacklog: 4_096,
  /** Of them from one address; and from all of loopback, where others must still find room. */
  connectionsFromAddressMax: 128,
  connectionsFromLoopbackMax: 896,
  /** Requests on one HTTP connection that are not answered yet. */
  pipelinedRequestsMax: 16,
  /** Points that a connection may spend in a second: 1 for each request and each started KB of it after the first. */
  pointsPerConnection: 20_000,
  /** Points that all connections of an address may spend in a second; and those of loopback, where many desks share one. */
  pointsPerAddress: 10_000,
  pointsPerLoopbackAddress: 100_000,
  /** What each connection may spend in a second even if its address has nothing left: deals in progress go on. */
  pointsReserved: 200,
  /** What a new connection costs its address. */
  connectionPoints: 10,
  /** What it costs besides to have sent what makes no sense, or is not signed as it should be. */
  junkPoints: 100,
  /** Points by which a connection may go over what it has within a second, before it is closed. */
  pointsOverdrawnMax: 1_000,
  /** One request to one address, from the first byte to the last byte of its answer. */
  requestTimeoutMs: 3_000,
  /** The part of it until the connection stands. */
  connectTimeoutMs: 1_500,
  /** Connections that we hold to one address. */
  connectionsPerAddress: 4,
  /** Connections to one address for messages that must have one of their own, at the same time. */
  ownConnectionsPerAddress: 16,
  /** Requests on one channel that are being worked on; further ones wait in the connection. */
  channelRequestsMax: 256,
  /** Lines of one channel that are taken in one turn of the event loop, before the others have theirs. */
  channelLinesPerTurn: 32,
  /** What may wait to be read by the other end of a channel. */
  channelUnsentMaxBytes: 1024 * 1024,
  /** A channel on which nothing is said is closed. */
  channelIdleMs: 120_000,
  /** How long a stop waits for answers that are on their way. */
  stopGraceMs: 1_000,

  // ---- discovery ----------------------------------------------------------------------------------------------------
  /** Addresses that we take from one lookup. A stock grape gives 100 at most. */
  addressesPerLookupMax: 256,
  /** From so many on, an answer may be a random part of all. A stock grape gives 100 at most, and sees some of them twice. */
  lookupIsPartFrom: 80,
  /** Of one host among them, so that nobody who announces many ports keeps others out. */
  addressesPerHostMax: 32,
  /** The same for each address of loopback, where all desks of a machine are. */
  addressesOfLoopbackMax: 128,
  /** Addresses that are tried for one direct message. */
  addressesPerRequestMax: 4,
  /** A grape's answer. */
  grapeAnswerMaxBytes: 64 * 1024,
  /** Longer than a stock grape needs that has a dead neighbour, which is up to 2.5 s. */
  grapeTimeoutMs: 5_000,
  /** How long a found address of a desk is used without looking again. */
  lookupCacheMs: 10_000,
  /** Keys whose addresses are kept. */
  lookupCacheMaxKeys: 4_096,
  /** An announcement is repeated after 50 to 100 % of this. A grape forgets it after 80 s at the earliest. */
  announceIntervalMs: 40_000,
  /** After a failed announcement: first and longest wait. */
  announceRetryMinMs: 250,
  announceRetryMaxMs: 5_000,
  /** Of a service's name; longer ones do not fit into a packet of the DHT together with the rest. */
  keyMaxBytes: 400,
  /** After a grape did not answer: first and longest time that the others are asked first. */
  grapeRetryMinMs: 250,
  grapeRetryMaxMs: 5_000,
  /** How long an embedded grape remembers an announcement, on average. */
  peerMaxAgeMs: 120_000,
  /** A request to an embedded grape's API. */
  grapeRequestMaxBytes: 8 * 1024,
  /** Open connections to an embedded grape's API; idle ones give way, as at a desk. */
  grapeConnectionsMax: 1_024,
  /** Requests to it that are being worked on; each may take some questions to other grapes. */
  grapeRequestsInProgressMax: 512,
  /** A question from another grape, and an answer, as packets. The DHT keeps parts of them, and with these the whole. */
  grapeQueryMaxBytes: 2 * 1024,
  grapePacketMaxBytes: 16 * 1024,
  /** Packets of one address that an embedded grape looks at in a second, but for those from loopback. */
  grapePacketsPerAddress: 500,
  /** Addresses that are counted one by one in a second; more are counted together. */
  grapeAddressesCounted: 4_096,
  /** Announcements that an embedded grape remembers, in all, of one host, and of one host under one name. */
  grapeAnnouncementsMax: 10_000,
  grapeAnnouncementsPerHostMax: 1_000,
  grapePortsPerKeyMax: 256,
  /** The same for each address of loopback, where all desks of a machine are. */
  grapeAnnouncementsOfLoopbackMax: 5_000,
  grapeLoopbackPortsPerKeyMax: 2_000,
  /** One question from grape to grape; a dead one costs a lookup this much, which must stay below grapeTimeoutMs. */
  grapeQueryTimeoutMs: 1_000,
  /** Unknown nodes that an embedded grape asks at the same time whether they answer, before it takes them as nodes. */
  grapeProbesMax: 4,
  /** A node that did not answer is not asked again for this long; twice as long each further time. */
  grapeSilenceMinMs: 1_000,
  grapeSilenceMaxMs: 600_000,
  /** Addresses of such nodes that are remembered. */
  grapeSilentAddressesMax: 4_096,
  /** Until embedded grapes know each other. */
  grapesReadyTimeoutMs: 10_000,

  // ---- the network hyperdht -----------------------------------------------------------------------------------------
  /** Until a stream to another desk stands: it is looked for, and both ends may have to get through a router. */
  dhtConnectTimeoutMs: 8_000,
  /** How long an embedded node of that DHT remembers an announcement. */
  dhtAnnouncementMaxAgeMs: 120_000,

  // ---- broadcast ----------------------------------------------------------------------------------------------------
  /** Addressees that are being sent to at the same time, over all broadcasts of a desk. */
  broadcastConcurrency: 64,
  /** The DHT is asked for new addressees no more often than this; broadcasts in between share a lookup. */
  broadcastLookupIntervalMs: 200,
  /** One addressee of a broadcast. */
  broadcastTimeoutMs: 3_000,
  /** Broadcasts of others that are taken in one turn of the event loop; what is meant for this desk alone goes before. */
  broadcastsPerTurn: 4,
  /** Broadcasts of others that wait for their turn. */
  broadcastsWaitingMax: 1_024,
  /** Addressees that wait for their turn, over all broadcasts of a desk; more are reported as unreached. */
  broadcastQueueMax: 65_536,

  // ---- many desks ---------------------------------------------------------------------------------------------------
  /** Addresses in a lookup from which on facts are also passed on from desk to desk. A lookup gives 100 at most. */
  meshFrom: 64,
  /** Links that a desk looks for by itself, and those that it has at most together with the ones that others asked for. */
  meshOwnLinks: 4,
  meshLinksMax: 12,
  /** Links are renewed, and those that are missing looked for, after 50 to 100 % of this. */
  meshUpkeepMs: 30_000,
  /** A link that somebody else asked for ends when that desk has not renewed it for so long. */
  meshLinkMs: 90_000,
  /** Before links are looked for that are missing: several answers that come together are one occasion. */
  meshRepairMs: 250,
  /** Facts that are being passed on to our links at the same time, and that wait for it. */
  factsPassedOnAtOnce: 64,
  factsPassedOnWaitingMax: 4_096,
  /** Facts of one maker that a desk passes on in a minute, and makers that are counted in it. */
  factsOfMakerPerMinute: 6_000,
  factMakersCounted: 16_384,
  /** Facts that are known when they come again from another desk. */
  factsSeenMax: 16_384,
  /** Of many addresses, those to which a first hello goes, and those to which every further one goes. */
  helloFirstAddresses: 16,
  helloAddresses: 8,
  /** Desks that watch over an address, in case that it is one of a client of the original; and addresses that a desk knows so. */
  originalWatchers: 12,
  originalsWatchedMax: 256,
  /** A hello of ours is signed once for all that are answered with it in so long. */
  helloReusedMs: 1_000,
  /** Links that a newcomer asks for the whole book, and makers that are asked for their lists in one round. */
  booksAskedFirst: 2,
  makersPerRound: 64,
  /** Pages of a whole book that we ask one desk for at a time: as many offers as we keep. */
  bookPagesMax: 1_000,

  // ---- the maker ----------------------------------------------------------------------------------------------------
  /** Acceptances that wait for one offer. */
  acceptancesPerOfferMax: 256,
  /** Statements of one batch share a signature: 2 to this power of them at most, so that a path has this many hashes at most. */
  batchDepthMax: 8,
  /** Desks that may speak to us for the first time in one second, as each costs a key agreement on the event loop. */
  newPairsPerSecond: 200,
  /** The same at one moment, after a second of silence: all of a hundred desks that start together. */
  newPairsAtOnce: 200,
  /** Desks that an offer can be directed to. */
  directedToMax: 32,
  /** How long an offer is held for one taker. */
  reservationMs: 10_000,
  /** The shortest hold for a stranger while others wait: it is halved for each stranger that was silent. */
  strangerHoldMinMs: 1_000,
  /** Approvals that got no answer are sent again after this, doubling. */
  approvalRetryMinMs: 200,
  approvalRetryMaxMs: 2_000,
  /** The same for an approval to a client of the original that is in doubt. */
  doubtRetryMinMs: 1_000,
  doubtRetryMaxMs: 60_000,
  /** An outcome that its taker has not acknowledged is sent again after this, doubling. */
  deliveryRetryMinMs: 500,
  deliveryRetryMaxMs: 60_000,
  /** A report that the other side has not acknowledged is sent again after this, doubling; and how often in all. */
  reportRetryMinMs: 1_000,
  reportRetryMaxMs: 600_000,
  reportMaxAttempts: 4_320,
  /** A renewal of a failed offer that did not work is tried again after this. */
  renewalRetryMs: 60_000,
  /** How long after the award an offer may let its winner report. */
  doneWithinMaxMs: 365 * 24 * 60 * 60_000,
  /** Attempts to tell an end of an offer to the one it is owed to, within a start; the taker can ask at any time. */
  deliveryMaxAttempts: 12,
  /** An offer that stays open is announced again, for those who came late or were not reached. */
  announceAgainMinMs: 2_000,
  announceAgainMaxMs: 60_000,

  // ---- the taker ----------------------------------------------------------------------------------------------------
  acceptRetryMinMs: 250,
  acceptRetryMaxMs: 10_000,
  /** Attempts to get an acceptance through before the taker gives up. */
  acceptMaxAttempts: 10,
  /** How long a queued taker waits before it asks for news. */
  queuedStatusMinMs: 10_000,
  queuedStatusMaxMs: 60_000,
  /** How long a taker that has confirmed waits before it asks. It never stops asking. */
  confirmedStatusMinMs: 1_000,
  confirmedStatusMaxMs: 30_000,
  /** Unanswered questions after the end of the validity, until a taker that never confirmed gives up. */
  statusMaxAttemptsAfterExpiry: 5,
  /** How far the clocks of two desks may reasonably be apart; more only costs a round trip. */
  clockSkewMs: 30_000,
  /** How far a maker's clock may be ahead of ours when the bounds of its offer's validity are checked. */
  validitySkewMs: 60 * 60_000,
  /** How long an offer without an end (the original's have none) is taken for alive. */
  assumedValidityMs: 10 * 60_000,

  // ---- signatures ---------------------------------------------------------------------------------------------------
  /** Public keys that are kept ready for verification. */
  publicKeysCached: 4_096,
  /** Facts (offers, outcomes) whose signatures need not be looked at, or made, again. */
  factsCached: 4_096,
  /** Offers and outcomes of others that are remembered, to notice a maker that signs another one. */
  factsRemembered: 16_384,
  /** Offers that have ended and are not forgotten while somebody could announce them again. */
  endedOffersRemembered: 65_536,
  // ---- the key and what is sealed to it -----------------------------------------------------------------------------
  /** Of a key file or a file with a passphrase. */
  keyFileMaxBytes: 16 * 1024,
  passphraseMaxBytes: 1_024,
  /** What opening an encrypted key file may cost: memory, and scrypt's N * r * p (2^21 take a second or two). */
  scryptMemoryMaxBytes: 144 * 1024 * 1024,
  scryptWorkMax: 2 ** 21,
  /** Sealed texts are filled up to a multiple of this. */
  sealedBlockBytes: 1_024,
  /** What can be sealed: with a third for base64 and the frame around it, it still fits into `bodyMaxBytes`. */
  sealedTextMaxBytes: 23 * 1_024,
  /** Public keys of others that are kept ready for sealing. */
  sealingKeysMax: 4_096,

  // ---- who is there, and what they offer --------------------------------------------------------------------------
  /** A desk says that it is there after this, doubling; each time after 50 to 100 % of it. */
  helloMinMs: 2_000,
  helloMaxMs: 60_000,
  /** How far the time in a hello may be from ours: its way, and what clocks may differ. An older one is a repetition. */
  helloWindowMs: 120_000,
  /** Desks that are remembered; the one that was not heard of for the longest time is forgotten. */
  peersMax: 4_096,
  /** A maker that was not heard of for so long may be gone: its offers are shown as stale. */
  staleAfterMs: 180_000,
  /** Our book is compared with the lists of the makers in it after 50 to 100 % of this. */
  bookSyncMs: 60_000,
  /** Desks that are being asked for their lists at the same time. */
  listsAtOnce: 4,
  /** Pages that we ask one desk for at a time: as many offers as we keep of one maker. */
  listPagesMax: 40,
  /** Pages of our list that one desk gets. A comparison of the longest list takes 40, twice a minute at most. */
  listsPerPeerPerMinute: 240,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Own offers that may be open at once. */
  ownOffersMax: 100_000,
  /** Offers of others that are kept, in all and for one maker. */
  seenOffersMax: 50_000,
  seenOffersPerMakerMax: 2_000,
  /** Makers that we had a deal with, whose offers are kept before those of strangers when there are too many. */
  provenMakersMax: 4_096,
  /** Latest deals that are read for that at a start. */
  dealsRecalledMax: 1_000,
  /** A program is asked again about offers that were announced again at most this often. */
  interestAgainMs: 200,
  /** Offers about which a program is asked in one turn of the event loop. */
  interestBatchMax: 100,
  /** Finished offers whose state is kept in memory for questions that come late; older ones are read from the journal. */
  finishedOffersMax: 5_000,
  /** Inputs that wait for one offer. */
  inboxMax: 1_024,
  /** Requests of others that are being worked on. */
  requestsInProgressMax: 4_096,
  /** Offers in one answer to `offer:list`. */
  listPageMax: 50,
  /** What they may take together, but for the first: so that the answer fits into a body, also when it is encrypted. */
  listPageMaxBytes: 20_000,
  /** Notices that wait for a program that reads them one by one. */
  noticesWaitingMax: 10_000,
  /** Of a receipt or another proof that is checked. */
  receiptMaxBytes: 256 * 1024,
  /** Offers that the journal is searched for by the beginning of an id, and deals that are read at once. */
  offersFoundMax: 100,
  journalPageMax: 200,
  /** Messages in one peer's name that are looked at. At full speed a taker gets about 250,000 from one maker. */
  messagesPerPeerPerMinute: 600_000,
  /** Peers whose messages are counted for that, by the names that they give themselves. */
  rateLimitedPeersMax: 16_384,
  /** Desks that are remembered, and whose proofs are kept, for having signed two things that contradict each other. */
  bannedDesksMax: 4_096,

  // ---- what its operator may ask of a desk --------------------------------------------------------------------------
  /** Rules about which offers to take. */
  rulesMax: 256,
  /** One rule as text. */
  ruleTextMaxLength: 20_480,
  /** Pairs in one rule, and makers in one rule. */
  rulePairsMax: 64,
  ruleMakersMax: 128,
  /** Fields of details in one rule, and the length of a field's name and of one value. */
  ruleDetailsMax: 16,
  ruleDetailMaxLength: 64,
  /** A file of offers to try rules on. */
  offerFileMaxBytes: 16 * 1024 * 1024,
  /** A config file. */
  configFileMaxBytes: 256 * 1024,
  /** A file of desk ids that are dealt with, or not dealt with, and the ids in one list. */
  deskListFileMaxBytes: 1024 * 1024,
  deskListMax: 10_000,

  // ---- the control API ----------------------------------------------------------------------------------------------
  /** Shortest beginning of an id that stands for the id. */
  idPrefixMinLength: 4,
  /** Offers or deals in one answer: making one keeps the desk from its work for tens of milliseconds. */
  controlPageMax: 1_000,
  /** Lists of offers that are being read page by page, and how long one is kept for its next page. */
  controlListingsMax: 4,
  controlListingKeptMs: 30_000,
  /** Of a cursor that a client sends back. */
  cursorMaxLength: 256,
  /** Of the path of a file that the desk is asked to write. */
  filePathMaxLength: 4_096,
  /** A body of a request; the control API's own headers and times are those of a desk's edge. */
  controlBodyMaxBytes: 64 * 1024,
  /** Open connections to one listener of the control API. */
  controlConnectionsMax: 128,
  /** A connection on which nothing moves, in either direction. */
  controlIdleMs: 120_000,
  /** Event streams that are read at the same time. */
  controlStreamsMax: 32,
  /** Events that are kept for readers who come back. */
  controlEventsKept: 8_192,
  /** Events that are written to a reader at once. */
  controlEventBatchMax: 256,
  /** A reader that takes nothing for so long is cut off. */
  controlStallMs: 10_000,
  /** Offers that are asked for by id in one request. */
  controlIdsMax: 100,
  /** Minutes whose deals are counted, and deals in each whose time is. */
  activityMinutesKept: 60,
  activitySamplesMax: 1_000,
  /** Announcements whose reach is remembered. */
  broadcastsKept: 50,
  /** Browsers that have opened the page, by link; those that may come back after a start. */
  pageSessionsMax: 32,
  /** Offers whose beginning is remembered to measure how long an award takes. */
  measuredOffersMax: 20_000,
  /** A client's request, from the first byte to the last byte of its answer. */
  controlRequestTimeoutMs: 30_000,
  /** An answer of the control API, as its client reads it. */
  controlAnswerMaxBytes: 64 * 1024 * 1024,
  /** One event of the stream, as its client reads it. */
  controlEventMaxLength: 256 * 1024,
  /** A stream on which nothing happens says so this often; its client takes three times this for dead. */
  controlHeartbeatMs: 15_000,
  /** A client whose event stream broke: first and longest wait before it tries again, and for how long it does. */
  controlReconnectMinMs: 100,
  controlReconnectMaxMs: 5_000,
  controlReconnectForMs: 60_000,
} as const;
