/** What a proxy does with one request. */
export type Fate =
  | { readonly kind: 'pass' }
  /** The request arrives later; on a channel, later requests overtake it. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** The request is never forwarded; the sender waits until its time-out. */
  | { readonly kind: 'drop' }
  /** The connection breaks after half of the request. */
  | { readonly kind: 'cut-request' }
  /** The request arrives; the connection breaks after half of the answer. */
  | { readonly kind: 'cut-answer' }
  /** The request arrives; its answer is lost, and the sender waits until its time-out. */
  | { readonly kind: 'lose-answer' }
  /** The request arrives; the connection closes instead of an answer. */
  | { readonly kind: 'close-unanswered' }
  /** The same bytes arrive twice. */
  | { readonly kind: 'duplicate'; readonly afterMs: number };

export type FaultKind = Exclude<Fate['kind'], 'pass'>;

export const FAULT_KINDS: readonly FaultKind[] = [
  'delay',
  'drop',
  'cut-request',
  'cut-answer',
  'lose-answer',
  'close-unanswered',
  'duplicate',
];

export const PASS: Fate = { kind: 'pass' };
