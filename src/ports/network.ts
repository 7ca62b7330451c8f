/**
 * What a desk needs from a network: to be asked, to ask one peer, to tell everybody. Payloads are JSON values that nobody
 * has checked; `wire` does that on the desk's side of this port, so that the in-memory network and Grenache are equally
 * untrusted.
 *
 * The one promise that the protocol leans on is in {@link RequestResult}: `unsent` is said only when it is certain that no
 * byte of the request reached anybody. Everything else that is not an answer is `unknown`. A time-out is never a failure.
 */
import type { ErrorCode } from '../protocol/errors.ts';

/**
 * Which service of ours was called: the one that all desks share, the one that only we announce, or the one of desks that stand in several
 * networks and pass on what is sealed to others.
 */
export type ServiceKind = 'broadcast' | 'direct' | 'relay';

export interface IncomingRequest {
  readonly service: ServiceKind;
  /** Any JSON value, at most `bodyMaxBytes` long and `jsonMaxDepth` deep. */
  readonly payload: unknown;
  /** `host:port` at the other end of the connection, where there is one: nothing that a peer could claim. */
  readonly from?: string;
  /** Of a desk in several networks: the number of the one that it came over. */
  readonly network?: number;
}

/** `error` is `ERR_CODE: text` or null. A `result` beside an error carries its details; clients of the original ignore it. */
export interface Reply {
  readonly error: string | null;
  readonly result: unknown;
}

/** Must always give a reply, at once where it can; the network answers ERR_INTERNAL if it throws or rejects all the same. */
export type RequestHandler = (request: IncomingRequest) => Reply | Promise<Reply>;

export type RequestResult =
  /** The addressee answered without an error. */
  | { readonly kind: 'answer'; readonly result: unknown }
  /** The addressee answered with an error of its application: a text, cut to a sane length, and perhaps details. */
  | { readonly kind: 'error'; readonly error: string; readonly result: unknown }
  /** Certainly nobody received it: no address, or no connection to any. */
  | { readonly kind: 'unsent'; readonly code: ErrorCode; readonly text: string }
  /** It may have been received, or not. */
  | { readonly kind: 'unknown'; readonly code: ErrorCode; readonly text: string };

export interface RequestOptions {
  /**
   * Which service of the peer; `direct` by default. `broadcast` passes a public message on to one peer; its receipt proves
   * nothing. `relay` asks any desk that relays, whatever the peer: the sealed payload names its addressee.
   */
  readonly service?: ServiceKind;
  /** An address that a lookup gave, and where the peer is likely to be: tried before it is looked up. */
  readonly at?: string | undefined;
  /** Longest time for one address; `requestTimeoutMs` by default. */
  readonly timeoutMs?: number;
  /**
   * For a message that must not be received twice by two: a connection of its own, so that a refused connection is
   * certain to have carried nothing, and no further address after one that may have received it. Default false: messages
   * that are safe to repeat are tried at the next address as well.
   */
  readonly once?: boolean;
  /** Whether a relay may be asked when the peer is not in our network; true by default. */
  readonly mayRelay?: boolean;
  /**
   * Whether an answer is by the peer that was asked. One that is not counts as no answer, and the next address is tried.
   * By default every answer counts but ERR_WRONG_DESK.
   */
  readonly isGenuine?: (result: RequestResult) => boolean;
}

export interface BroadcastOptions {
  /**
   * Given the addresses that were found and not sent to yet, perhaps several times, in each network: those to send to, which may be found
   * earlier.
   * All by default.
   */
  readonly select?: (addresses: readonly string[], network?: number) => readonly string[];
  /** Whether a fresh lookup completes what is known; true by default. */
  readonly lookup?: boolean;
  /** A peer that is told by itself: it is left out where its address is known. */
  readonly except?: string | undefined;
  /** Nothing more will be said to these addresses soon: no connection is kept. Default false. */
  readonly brief?: boolean;
  /** Told of each receipt that has a result: nobody vouches for it. */
  readonly onAnswer?: (address: string, result: unknown, network?: number) => void;
}

export interface Unreached {
  /** `host:port` on a real network. */
  readonly address: string;
  readonly code: ErrorCode;
}

/** Who acknowledged receipt, and who did not, and why. Nobody's answer has a meaning beyond receipt. */
export interface BroadcastResult {
  readonly reached: readonly string[];
  readonly unreached: readonly Unreached[];
}

export interface Network {
  /**
   * Takes requests from here on and makes both services findable. Resolves when others can find us; waits for grapes that
   * are not there yet.
   * @throws GrapevineError ERR_PORT_IN_USE, ERR_LISTEN; ERR_DESK_STOPPED when stopped meanwhile
   */
  start(handler: RequestHandler): Promise<{ readonly port: number }>;

  /** Sends to the service of one peer and waits for its answer. Never rejects. */
  request(to: string, payload: unknown, options?: RequestOptions): Promise<RequestResult>;

  /**
   * Sends to all who announce the shared service except ourselves, as far as they are found: of many, a lookup gives a random
   * part. Never rejects; an empty network reaches nobody.
   */
  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult>;

  /** Answers what it has taken, ends what it has sent (as `unknown`), leaves no timer and no socket. Can be repeated. */
  stop(): Promise<void>;
}
