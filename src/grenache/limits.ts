/** Limits of Grenache: lookups and embedded grapes. */
export const GRENACHE_LIMITS = {
  /** Addresses of one host in a lookup, so that a host that announces many ports can't displace others. */
  addressesPerHostMax: 32,
  /** The same for each loopback address, where all desks of a machine are. */
  addressesOfLoopbackMax: 128,
  /** Addresses that are tried for one direct message. */
  addressesPerRequestMax: 4,
  grapeAnswerMaxBytes: 64 * 1024,
  /** A request to a grape. A stock grape with a dead neighbour takes up to 2.5 s. */
  grapeTimeoutMs: 5_000,
  /** How long the addresses of a desk are used without a new lookup. */
  lookupCacheMs: 10_000,
  /** Keys whose addresses are cached. */
  lookupCacheMaxKeys: 4_096,
  /** The name of a service; a longer one does not fit into a packet of the DHT. */
  keyMaxBytes: 400,
  /** After a grape did not answer: first and longest time for which other grapes are tried first. */
  grapeRetryMinMs: 250,
  grapeRetryMaxMs: 5_000,
  /** How long an embedded grape stores an announcement, on average. */
  peerMaxAgeMs: 120_000,
  grapeRequestMaxBytes: 8 * 1024,
  /** Open connections to the API of an embedded grape; a new one replaces an idle one, as for `connectionsMax`. */
  grapeConnectionsMax: 1_024,
  /** Requests in progress at that API; each may need several queries to other grapes. */
  grapeRequestsInProgressMax: 512,
  /** A packet with a query, or a response, of another grape. The DHT stores slices of packets, which hold the whole packet. */
  grapeQueryMaxBytes: 2 * 1024,
  grapePacketMaxBytes: 16 * 1024,
  /** Packets from one address that an embedded grape reads in a second; from loopback there is no limit. */
  grapePacketsPerAddress: 500,
  /** Addresses that are counted separately in a second; further ones share one count. */
  grapeAddressesCounted: 4_096,
  /** Announcements that an embedded grape stores: in all, of one host, and of one host under one name. */
  grapeAnnouncementsMax: 10_000,
  grapeAnnouncementsPerHostMax: 1_000,
  grapePortsPerKeyMax: 256,
  /** The same for each loopback address. */
  grapeAnnouncementsOfLoopbackMax: 5_000,
  grapeLoopbackPortsPerKeyMax: 2_000,
  /** A query from grape to grape. A dead node delays a lookup by this, which must be less than `grapeTimeoutMs`. */
  grapeQueryTimeoutMs: 1_000,
  /** Unknown nodes that an embedded grape pings at the same time, before it adds them to its routing table. */
  grapeProbesMax: 4,
  /** A node that did not answer is not pinged again for this long, which doubles each time. */
  grapeSilenceMinMs: 1_000,
  grapeSilenceMaxMs: 600_000,
  /** Addresses of such nodes in memory. */
  grapeSilentAddressesMax: 4_096,
  /** Until embedded grapes have found each other. */
  grapesReadyTimeoutMs: 10_000,
} as const;
