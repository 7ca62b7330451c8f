/** Limits of every network: connections, requests, announcements, broadcasts. */
export const TRANSPORT_LIMITS = {
  // ---- connections --------------------------------------------------------------------------------------------------
  /** All headers of a request or answer together. */
  headerMaxBytes: 8 * 1024,
  headersTimeoutMs: 5_000,
  requestReadTimeoutMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  /** Open connections that a desk accepts; beyond this, a new one replaces the one that is idle longest. */
  connectionsMax: 1_024,
  /** A connection that is idle for at least this long can be closed for a new one. */
  connectionIdleMinMs: 1_000,
  /**
   * Connections that wait to be accepted. It must exceed every connection limit of a listener: the system ignores
   * further connections, which then retry after seconds. The system may have a lower limit.
   */
  listenBacklog: 4_096,
  /** Open connections from one address; and from all of loopback, so that room is left for other hosts. */
  connectionsFromAddressMax: 128,
  connectionsFromLoopbackMax: 896,
  /** Unanswered requests on one HTTP connection. */
  pipelinedRequestsMax: 16,
  /** Points that a connection may spend in a second: 1 for each request, and 1 for each full KB of it. */
  pointsPerConnection: 20_000,
  /** Points that all connections of an address may spend in a second; and those of loopback, where many desks share one. */
  pointsPerAddress: 10_000,
  pointsPerLoopbackAddress: 100_000,
  /** Points that each connection may spend in a second even if its address has none left: deals in progress continue. */
  pointsReserved: 200,
  /** Points that a new connection costs its address. */
  connectionPoints: 10,
  /** Additional points for a malformed or wrongly signed message. */
  junkPoints: 100,
  /** A connection that exceeds its points by this many within a second is closed. */
  pointsOverdrawnMax: 1_000,
  /** One request to one address, also of a broadcast, from the first byte to the last byte of its answer. */
  requestTimeoutMs: 3_000,
  /** The part of `requestTimeoutMs` for connecting. */
  connectTimeoutMs: 1_500,
  /** Connections that we open to one address. */
  connectionsPerAddress: 4,
  /** The same for messages that each need a new connection (`once`). */
  ownConnectionsPerAddress: 16,
  /** Requests in progress on one channel; further ones wait in the connection. */
  channelRequestsMax: 256,
  /** Lines of one channel that are read in one turn of the event loop, before it is the turn of other channels. */
  channelLinesPerTurn: 32,
  /** Bytes that the other end of a channel has not read yet. */
  channelUnsentMaxBytes: 1024 * 1024,
  /** A channel without traffic for this long is closed. */
  channelIdleMs: 120_000,
  /** How long a stop waits for answers in progress. */
  stopGraceMs: 1_000,

  // ---- discovery ----------------------------------------------------------------------------------------------------
  /** Addresses that we use from one lookup. A stock grape returns 100 at most. */
  addressesPerLookupMax: 256,
  /** A lookup with at least this many addresses may be a random part of all. A stock grape returns 100, with duplicates. */
  lookupIsPartFrom: 80,
  /** An announcement is repeated after 50 to 100 % of this. At a grape it expires after 80 s at the earliest. */
  announceIntervalMs: 40_000,
  /** After a failed announcement: first and longest wait. */
  announceRetryMinMs: 250,
  announceRetryMaxMs: 5_000,

  // ---- broadcast ----------------------------------------------------------------------------------------------------
  /** Addresses that are sent to at the same time, over all broadcasts of a desk. */
  broadcastConcurrency: 64,
  /** The shortest time between lookups for new addresses; broadcasts in between share a lookup. */
  broadcastLookupIntervalMs: 200,
  /** Received broadcasts that start in one turn of the event loop; direct messages do not wait. */
  broadcastsPerTurn: 4,
  /** Received broadcasts that wait for their turn. */
  broadcastsWaitingMax: 1_024,
  /** Addresses that wait for their turn, over all broadcasts of a desk; further ones are reported as unreached. */
  broadcastQueueMax: 65_536,

  // ---- many desks ---------------------------------------------------------------------------------------------------
  /** From this number of addresses in a lookup on, facts also travel from desk to desk. A lookup returns 100 at most. */
  meshFrom: 64,

  // ---- relays -------------------------------------------------------------------------------------------------------
  /** Requests that a desk in several networks relays: at the same time, and of one host in a minute. */
  relaysAtOnce: 64,
  relayedPerHostPerMinute: 1_200,
  /** Relays that are tried for one request. */
  relaysPerRequestMax: 4,
  /** Desks for which a desk in several networks remembers the network in which they answered last. */
  homesMax: 4_096,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Requests of others in progress. */
  requestsInProgressMax: 4_096,
} as const;
