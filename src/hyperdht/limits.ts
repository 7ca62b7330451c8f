/** Limits of hyperdht, in addition to those of every network (transport/limits.ts). */
export const HYPERDHT_LIMITS = {
  /** Opening a stream to another desk: a lookup, and perhaps NAT traversal at both ends. */
  dhtConnectTimeoutMs: 8_000,
  /** How long an embedded node stores an announcement. */
  dhtAnnouncementMaxAgeMs: 120_000,
} as const;
