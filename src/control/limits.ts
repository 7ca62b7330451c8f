/** Limits of the control API: server, client and statistics. */
export const CONTROL_LIMITS = {
  /** Shortest prefix that stands for an id. */
  idPrefixMinLength: 4,
  /** Offers or deals in one answer, which blocks the desk for tens of milliseconds. */
  controlPageMax: 1_000,
  /** Lists of offers that are stored for their next page, and for how long. */
  controlListingsMax: 4,
  controlListingKeptMs: 30_000,
  /** Length of a cursor from a client. */
  cursorMaxLength: 256,
  /** Length of the path of a file that the desk is asked to write. */
  filePathMaxLength: 4_096,
  /** Body of a request; headers and times have the limits of a desk's listener. */
  controlBodyMaxBytes: 64 * 1024,
  /** Open connections of one listener of the control API. */
  controlConnectionsMax: 128,
  /** Time without traffic in either direction after which a connection is closed. */
  controlIdleMs: 120_000,
  /** Event streams open at the same time. */
  controlStreamsMax: 32,
  /** Events stored for readers that reconnect. */
  controlEventsKept: 8_192,
  /** Events written to a reader at once. */
  controlEventBatchMax: 256,
  /** A reader that accepts no data for this long is disconnected. */
  controlStallMs: 10_000,
  /** Ids in one request for offers. */
  controlIdsMax: 100,
  /** Minutes of activity, and deals with a measured time in each. */
  activityMinutesKept: 60,
  activitySamplesMax: 1_000,
  /** Announcements whose results are stored. */
  broadcastsKept: 50,
  /** Browsers with a session, and those that may resume one after a restart. */
  pageSessionsMax: 32,
  /** Offers whose beginning is stored to measure the time until the award. */
  measuredOffersMax: 20_000,
  /** A request of the client, as a whole. */
  controlRequestTimeoutMs: 30_000,
  /** An answer of the control API, as its client reads it. */
  controlAnswerMaxBytes: 64 * 1024 * 1024,
  /** One event of the stream, as its client reads it. */
  controlEventMaxLength: 256 * 1024,
  /** An idle event stream sends a comment this often. After three times this without data, its client reconnects. */
  controlHeartbeatMs: 15_000,
  /** Wait of a client before it reconnects, first and longest, and for how long it tries. */
  controlReconnectMinMs: 100,
  controlReconnectMaxMs: 5_000,
  controlReconnectForMs: 60_000,
} as const;
