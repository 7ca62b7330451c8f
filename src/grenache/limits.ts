/** Limits of Grenache: lookups and embedded grapes. */
export const GRENACHE_LIMITS = {
  /** Addresses of one host that are taken from a lookup, so that a host that announces many ports can't push others out. */
  addressesPerHostMax: 32,
  /** Like `addressesPerHostMax`, for each address of loopback, where all desks of a machine are. */
  addressesOfLoopbackMax: 128,
  /** Addresses that are tried for one direct message. */
  addressesPerRequestMax: 4,
  /** Size of a grape's answer. */
  grapeAnswerMaxBytes: 64 * 1024,
  /** A request to a grape. A stock grape with a dead neighbour needs up to 2.5 s. */
  grapeTimeoutMs: 5_000,
  /** How long a found address of a desk is used without looking again. */
  lookupCacheMs: 10_000,
  /** Keys whose addresses are kept. */
  lookupCacheMaxKeys: 4_096,
  /** Size of a service's name; a longer one does not fit into a packet of the DHT. */
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
} as const;
