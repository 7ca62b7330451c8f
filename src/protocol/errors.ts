/**
 * All error codes, the same on the wire, in the log and on the terminal. docs/ERRORS.md describes each; a test compares
 * them. There are two families. `usage`: a mistake of our operator or program, or a problem of this machine. `peer`: a
 * message, an answer or a failure of another program.
 */
export const ERROR_CODES = {
  // format and load of received messages
  ERR_BODY_TOO_LARGE: 'peer',
  ERR_BODY_COMPRESSED: 'peer',
  ERR_BODY_NOT_JSON: 'peer',
  ERR_BODY_TOO_DEEP: 'peer',
  ERR_NUMBER_INEXACT: 'peer',
  ERR_ENVELOPE: 'peer',
  ERR_HTTP_REQUEST: 'peer',
  ERR_WRONG_DESK: 'peer',
  ERR_UNKNOWN_COMMAND: 'peer',
  ERR_INVALID_MESSAGE: 'peer',
  ERR_DETAILS: 'peer',
  ERR_REFERENCE: 'peer',
  ERR_SEALED: 'peer',
  ERR_NOT_SEALED: 'peer',
  ERR_OVERLOADED: 'peer',
  ERR_RATE_LIMITED: 'peer',
  ERR_STOPPING: 'peer',
  ERR_INTERNAL: 'peer',
  // sender of a message
  ERR_UNSIGNED: 'peer',
  ERR_SIGNATURE: 'peer',
  ERR_PROTOCOL_VERSION: 'peer',
  ERR_NOT_FRESH: 'peer',
  ERR_NOT_ADMITTED: 'peer',
  ERR_NOT_ADDRESSED: 'peer',
  ERR_EQUIVOCATION: 'peer',
  // refusals of the protocol
  ERR_OFFER_UNKNOWN: 'peer',
  ERR_OFFER_TAKEN: 'peer',
  ERR_OFFER_CANCELLED: 'peer',
  ERR_OFFER_EXPIRED: 'peer',
  ERR_OFFER_IN_DOUBT: 'peer',
  ERR_QUEUE_FULL: 'peer',
  ERR_NOT_INTERESTED: 'peer',
  ERR_STALE_EPOCH: 'peer',
  ERR_PRICE_LIMIT: 'peer',
  ERR_CONTRADICTION: 'peer',
  ERR_NO_DEAL: 'peer',
  // results of our requests
  ERR_NO_ADDRESS: 'peer',
  ERR_ADDRESS_REFUSED: 'peer',
  ERR_CONNECT: 'peer',
  ERR_TIMEOUT: 'peer',
  ERR_CONNECTION_LOST: 'peer',
  ERR_REDIRECT: 'peer',
  ERR_ANSWER_TOO_LARGE: 'peer',
  ERR_ANSWER_INVALID: 'peer',
  ERR_REFUSED: 'peer',
  // grapes
  ERR_NO_GRAPE: 'peer',
  ERR_GRAPE_ANSWER: 'peer',
  // this desk
  ERR_USAGE: 'usage',
  ERR_OUTPUT: 'usage',
  ERR_RULE: 'usage',
  ERR_CONFIG: 'usage',
  ERR_INVALID_OFFER: 'usage',
  ERR_REFERENCE_USED: 'usage',
  ERR_REPORTED: 'usage',
  ERR_PORT_IN_USE: 'usage',
  ERR_LISTEN: 'usage',
  ERR_GRAPES_NOT_READY: 'usage',
  ERR_DESK_STOPPED: 'usage',
  ERR_WRONG_STATE: 'usage',
  ERR_JOURNAL: 'usage',
  ERR_JOURNAL_LOCKED: 'usage',
  ERR_JOURNAL_FULL: 'usage',
  ERR_JOURNAL_READ_ONLY: 'usage',
  ERR_JOURNAL_CORRUPT: 'usage',
  ERR_JOURNAL_MOVED: 'usage',
  ERR_JOURNAL_NEWER: 'usage',
  ERR_JOURNAL_NOT_DURABLE: 'usage',
  ERR_KEY_FILE: 'usage',
  ERR_RECEIPT: 'usage',
  ERR_NOT_BUILT: 'usage',
  ERR_NOT_INSTALLED: 'usage',
  // the control API
  ERR_DESK_NOT_RUNNING: 'usage',
  ERR_CONTROL_TOKEN: 'usage',
  ERR_CONTROL_ORIGIN: 'usage',
  ERR_CONTROL_ROUTE: 'usage',
  ERR_CONTROL_MEDIA_TYPE: 'usage',
  ERR_PAGE_LINK: 'usage',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export type ErrorFamily = (typeof ERROR_CODES)[ErrorCode];

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/** An error with a stable `code` for programs. The text is for people and may change. */
export class GrapevineError extends Error {
  override readonly name = 'GrapevineError';
  readonly code: ErrorCode;

  /** @param text what is wrong and, if known, what to do; without the code */
  constructor(code: ErrorCode, text: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
  }

  get family(): ErrorFamily {
    return ERROR_CODES[this.code];
  }

  /** `ERR_CODE: text`, the form on the wire and on the terminal. */
  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

export function hasCode(error: unknown, code: ErrorCode): error is GrapevineError {
  return error instanceof GrapevineError && error.code === code;
}

/** The text of anything that was thrown. */
export function textOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * The error for a file that could not be written because the disk or the quota is full; the same for all our files.
 * @returns null for any other failure
 */
export function diskFull(error: unknown, file: string): GrapevineError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return null;
  return new GrapevineError(
    'ERR_JOURNAL_FULL',
    `${file} can't be written: there is no room left on that disk (${code}). Make room, and try again`,
    { cause: error },
  );
}
