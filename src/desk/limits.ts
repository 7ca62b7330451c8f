/** Limits of a desk's memory and of the messages that it sends without being asked. */
export const DESK_LIMITS = {
  // ---- many desks ---------------------------------------------------------------------------------------------------
  /** Links that a desk asks for in a network, and all its links there. Those that it grants count over all its networks. */
  meshOwnLinks: 4,
  meshLinksMax: 12,
  /** Interval (50 to 100 % of it) at which links are renewed and missing ones looked for. */
  meshUpkeepMs: 30_000,
  /** A link that another desk asked for ends when that desk has not renewed it for this long. */
  meshLinkMs: 90_000,
  /** Wait before missing links are looked for, doubling: several answers that come together cause one search. */
  meshRepairMs: 250,
  /** A link that does not answer for this long ends; after one request without an answer it may only be busy. */
  meshSilenceMs: 15_000,
  /** Facts that are passed on to our links at the same time, and that wait for that. */
  factsPassedOnAtOnce: 64,
  factsPassedOnWaitingMax: 4_096,
  /** Facts of one maker that a desk passes on in a minute, and makers that are counted in it. */
  factsOfMakerPerMinute: 6_000,
  factMakersCounted: 16_384,
  /** Facts that are remembered, to recognize them when another desk sends them again. */
  factsSeenMax: 16_384,
  /** Addresses of a hello in a large network: the first one, later ones while links are missing, and all others. */
  helloFirstAddresses: 12,
  helloAddresses: 4,
  helloLinkedAddresses: 2,
  /** Watched addresses that a desk says hello to in addition. */
  helloWatchedAddresses: 8,
  /** Desks that watch an address, which may be a client of the original demo; and such addresses in a desk's memory. */
  originalWatchers: 12,
  originalsWatchedMax: 256,
  /** How long one signed hello of ours is reused as the answer to all hellos. */
  helloReusedMs: 1_000,
  /** Links that a new desk asks for the whole book, and makers that are asked for their lists in one round. */
  booksAskedFirst: 2,
  makersPerRound: 64,
  /** Pages of a whole book that we ask one desk for at a time: as many offers as our book has room for. */
  bookPagesMax: 1_000,

  // ---- own offers -------------------------------------------------------------------------------------------------
  /** Open offers that are announced again in a second. */
  announcedAgainPerSecond: 100,
  /** A failed renewal is retried after this. */
  renewalRetryMs: 60_000,

  // ---- statements of others --------------------------------------------------------------------------------------
  /** Offers and outcomes of others that are remembered, to detect a maker that signs a contradicting statement. */
  factsRemembered: 16_384,
  /** Ended offers that are remembered, so that an old announcement does not bring them back. */
  endedOffersRemembered: 65_536,

  // ---- presence and books ----------------------------------------------------------------------------------------
  /** Interval of hellos, doubling; each time 50 to 100 % of it. */
  helloMinMs: 2_000,
  helloMaxMs: 60_000,
  /** How far the time in a hello may differ from ours, by transmission and clocks. An older one is a repetition. */
  helloWindowMs: 120_000,
  /** Desks that are remembered. The one without a message for the longest time is forgotten. */
  peersMax: 4_096,
  /** A maker without any message for this long may be gone: its offers are shown as stale. */
  staleAfterMs: 180_000,
  /** Our book is compared with the lists of the makers in it after 50 to 100 % of this. */
  bookSyncMs: 60_000,
  /** Desks that are being asked for their lists at the same time. */
  listsAtOnce: 4,
  /** Pages that we ask one desk for at a time: as many offers as the book takes from one maker. */
  listPagesMax: 40,
  /** Pages of our list that one desk gets in a minute. The longest list has 40, compared twice a minute at most. */
  listsPerPeerPerMinute: 240,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Offers of others in the book, in all and of one maker. */
  seenOffersMax: 50_000,
  seenOffersPerMakerMax: 2_000,
  /** Makers that are remembered because we had a deal with them: a full book drops offers of strangers first. */
  provenMakersMax: 4_096,
  /** Latest deals that are read at a start, to remember these makers. */
  dealsRecalledMax: 1_000,
  /** The program is asked about offers that were announced again at most once in this time. */
  interestAgainMs: 200,
  /** Offers about which a program is asked in one turn of the event loop. */
  interestBatchMax: 100,
  /** Finished offers in memory, for late messages; older ones are read from the journal. */
  finishedOffersMax: 5_000,
  /** Inputs that wait for one offer. */
  inboxMax: 1_024,
  /** Notices that wait for a program that reads them one by one. */
  noticesWaitingMax: 10_000,
  /** Offers found by the prefix of an id, and offers that are read from the journal at once. */
  offersFoundMax: 100,
  journalPageMax: 200,
  /** Messages of one peer that are processed. A taker gets at most about 250,000 a minute from one maker. */
  messagesPerPeerPerMinute: 600_000,
  /** Peers whose messages are counted, by the id that they state. */
  rateLimitedPeersMax: 16_384,
  /** Desks that are banned for contradicting statements, with their proofs. */
  bannedDesksMax: 4_096,
} as const;
