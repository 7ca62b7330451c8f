/** Limits how often each key may do something. */
export interface RateLimit {
  /** Uses one unit of the limit of `key`; false when none is left. */
  take(key: string): boolean;
}

export const unlimited: RateLimit = { take: () => true };
