/** Bounds of the network hyperdht, besides those of every network (transport/limits.ts). */
export const HYPERDHT_LIMITS = {
  /** Until a stream to another desk stands: it is looked for, and both ends may have to get through a router. */
  dhtConnectTimeoutMs: 8_000,
  /** How long an embedded node of that DHT remembers an announcement. */
  dhtAnnouncementMaxAgeMs: 120_000,
} as const;
