/** Limits of the control API: its server, its client, and its statistics. */
export const CONTROL_LIMITS = {
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
  /** A reader that takes nothing for this long is disconnected. */
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
