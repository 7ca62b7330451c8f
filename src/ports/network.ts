/**
 * A network receives requests, sends a request to one peer, and broadcasts to all. Payloads are unchecked JSON values;
 * the desk checks them with `wire`, so that every network is equally untrusted.
 *
 * The protocol depends on one promise, in {@link RequestResult}: `unsent` is returned only when it is certain that no
 * byte of the request reached anybody. Every other missing answer is `unknown`. A time-out is never a failure.
 */
import type { ErrorCode } from '../protocol/errors.ts';

/**
 * The service that was called. `broadcast`: shared by all desks. `direct`: announced by one desk alone. `relay`: of
 * desks in several networks, which forward sealed messages.
 */
export type ServiceKind = 'broadcast' | 'direct' | 'relay';

export interface IncomingRequest {
  readonly service: ServiceKind;
  /** Any JSON value, at most `bodyMaxBytes` long and `jsonMaxDepth` deep. */
  readonly payload: unknown;
  /** `host:port` at the other end of the connection, if there is one; from the socket, so a peer can't forge it. */
  readonly from?: string;
  /** On a desk in several networks: the number of the network that it arrived on. */
  readonly network?: number;
}

/**
 * `error` is `ERR_CODE: text` or null. A `result` beside an error carries its details; clients of the original ignore
 * it.
 */
export interface Reply {
  readonly error: string | null;
  readonly result: unknown;
}

/** Must always return a reply, synchronously if it can. If it throws or rejects, the network answers ERR_INTERNAL. */
export type RequestHandler = (request: IncomingRequest) => Reply | Promise<Reply>;

export type RequestResult =
  /** The addressee answered without an error. */
  | { readonly kind: 'answer'; readonly result: unknown }
  /** The addressee answered with an application error: a text of limited length, and perhaps details. */
  | { readonly kind: 'error'; readonly error: string; readonly result: unknown }
  /** Certainly not received: no address, or no connection to any. */
  | { readonly kind: 'unsent'; readonly code: ErrorCode; readonly text: string }
  /** It may or may not have been received. */
  | { readonly kind: 'unknown'; readonly code: ErrorCode; readonly text: string };

export interface RequestOptions {
  /**
   * The service of the peer; `direct` by default. `broadcast` forwards a public message to one peer; its receipt proves
   * nothing. `relay` sends to any desk that relays; the sealed payload names the addressee.
   */
  readonly service?: ServiceKind;
  /** The likely address of the peer, from an earlier lookup. It is tried before a new lookup. */
  readonly at?: string | undefined;
  /** The time limit for one address; `requestTimeoutMs` by default. */
  readonly timeoutMs?: number;
  /**
   * For a message that two receivers must not both get. It uses a new connection, so that a refused connection has
   * certainly carried nothing, and no other address is tried after one that may have received it. False by default: a
   * message that is safe to repeat is sent to the next address as well.
   */
  readonly once?: boolean;
  /** Whether to try a relay when the peer is not in our network; true by default. */
  readonly mayRelay?: boolean;
  /**
   * Whether an answer comes from the requested peer. If not, it is ignored and the next address is tried. By default
   * every answer but ERR_WRONG_DESK is accepted.
   */
  readonly isGenuine?: (result: RequestResult) => boolean;
}

export interface BroadcastOptions {
  /**
   * Selects the addresses to send to from those that were found and not used yet; all by default. May be called several
   * times, for each network. The result may contain addresses that were found earlier.
   */
  readonly select?: (addresses: readonly string[], network?: number) => readonly string[];
  /** Whether to complete the known addresses with a fresh lookup; true by default. */
  readonly lookup?: boolean;
  /** A peer that gets a message of its own. It is skipped if its address is known. */
  readonly except?: string | undefined;
  /** No further message to these addresses is expected soon, so connections are closed. False by default. */
  readonly brief?: boolean;
  /** Called for each receipt that has a result. The result is not authenticated. */
  readonly onAnswer?: (address: string, result: unknown, network?: number) => void;
}

export interface Unreached {
  /** `host:port` on a real network. */
  readonly address: string;
  readonly code: ErrorCode;
}

/** The addresses that acknowledged receipt, and those that did not. An answer proves no more than receipt. */
export interface BroadcastResult {
  readonly reached: readonly string[];
  readonly unreached: readonly Unreached[];
}

export interface Network {
  /**
   * Starts to accept requests and announces both services. Resolves when others can find us; waits until a grape can be
   * reached.
   * @throws GrapevineError ERR_PORT_IN_USE, ERR_LISTEN; ERR_DESK_STOPPED if it is stopped meanwhile
   */
  start(handler: RequestHandler): Promise<{ readonly port: number }>;

  /** Sends a request to one peer and waits for the answer. Never rejects. */
  request(to: string, payload: unknown, options?: RequestOptions): Promise<RequestResult>;

  /**
   * Sends to all other desks that are found at the shared service. Of many desks, a lookup returns a random part. Never
   * rejects; in an empty network it reaches nobody.
   */
  broadcast(payload: unknown, options?: BroadcastOptions): Promise<BroadcastResult>;

  /** Answers the requests in progress, ends ours with `unknown`, and closes timers and sockets. Safe to call twice. */
  stop(): Promise<void>;
}
