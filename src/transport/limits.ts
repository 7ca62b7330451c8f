/** Limits of every network: connections, requests, announcements, broadcasts. */
export const TRANSPORT_LIMITS = {
  // ---- connections --------------------------------------------------------------------------------------------------
  /** All headers of a request together. */
  headerMaxBytes: 8 * 1024,
  headersTimeoutMs: 5_000,
  requestReadTimeoutMs: 10_000,
  keepAliveTimeoutMs: 30_000,
  /** Open connections that a desk takes; beyond it a new one takes the place of the one that is idle longest. */
  connectionsMax: 1_024,
  /** A connection that has been idle for at least this long can be closed for a new one. */
  connectionIdleMinMs: 1_000,
  /**
   * Connections that may wait to be taken or closed. It must exceed every limit of connections of a listener: what does not
   * fit is left without an answer by the system, and tries again after seconds. The system may have a lower limit.
   */
  listenBacklog: 4_096,
  /** Open connections from one address; and from all of loopback, so that others still find room. */
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
  /** Additional points for a malformed or wrongly signed message. */
  junkPoints: 100,
  /** A connection that has overdrawn its points by this many within a second is closed. */
  pointsOverdrawnMax: 1_000,
  /** One request to one address, from the first byte to the last byte of its answer. */
  requestTimeoutMs: 3_000,
  /** The part of `requestTimeoutMs` until the connection is established. */
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
  /** A channel without traffic for this long is closed. */
  channelIdleMs: 120_000,
  /** How long a stop waits for answers that are on their way. */
  stopGraceMs: 1_000,

  // ---- discovery ----------------------------------------------------------------------------------------------------
  /** Addresses that we take from one lookup. A stock grape gives 100 at most. */
  addressesPerLookupMax: 256,
  /** An answer with at least this many addresses may be a random part of all. A stock grape gives 100 at most, some of them twice. */
  lookupIsPartFrom: 80,
  /** An announcement is repeated after 50 to 100 % of this. A grape forgets it after 80 s at the earliest. */
  announceIntervalMs: 40_000,
  /** After a failed announcement: first and longest wait. */
  announceRetryMinMs: 250,
  announceRetryMaxMs: 5_000,

  // ---- broadcast ----------------------------------------------------------------------------------------------------
  /** Addressees that are being sent to at the same time, over all broadcasts of a desk. */
  broadcastConcurrency: 64,
  /** The DHT is asked for new addressees no more often than this; broadcasts in between share a lookup. */
  broadcastLookupIntervalMs: 200,
  /** One addressee of a broadcast. */
  broadcastTimeoutMs: 3_000,
  /** Broadcasts of others that are taken in one turn of the event loop; direct messages go first. */
  broadcastsPerTurn: 4,
  /** Broadcasts of others that wait for their turn. */
  broadcastsWaitingMax: 1_024,
  /** Addressees that wait for their turn, over all broadcasts of a desk; more are reported as unreached. */
  broadcastQueueMax: 65_536,

  // ---- many desks ---------------------------------------------------------------------------------------------------
  /** Addresses in a lookup from which on facts are also passed on from desk to desk. A lookup gives 100 at most. */
  meshFrom: 64,

  // ---- relays ----------------------------------------------------------------------------------------------------------
  /** Requests that a desk in several networks passes on between them: at the same time, and of one host in a minute. */
  relaysAtOnce: 64,
  relayedPerHostPerMinute: 1_200,
  /** Relays that are asked for one request. */
  relaysPerRequestMax: 4,
  /** Desks for which a bridge remembers the network in which they have answered. */
  homesMax: 4_096,

  // ---- a desk's memory ----------------------------------------------------------------------------------------------
  /** Requests of others that are being worked on. */
  requestsInProgressMax: 4_096,
} as const;
