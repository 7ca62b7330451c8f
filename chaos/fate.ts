/** What may become of one request on its way through a proxy. */
export type Fate =
  | { readonly kind: 'pass' }
  /** Arrives later; on a channel, later ones overtake it. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Taken and never forwarded; the sender waits in vain. */
  | { readonly kind: 'drop' }
  /** The connection breaks when half of the request is through. */
  | { readonly kind: 'cut-request' }
  /** The request is through; the connection breaks when half of the answer is. */
  | { readonly kind: 'cut-answer' }
  /** The request is through; its sender waits for the answer in vain. */
  | { readonly kind: 'lose-answer' }
  /** The request is through; instead of the answer comes the end of the connection. */
  | { readonly kind: 'close-unanswered' }
  /** The same bytes arrive once more. */
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
