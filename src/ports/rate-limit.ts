/** How much of something each may do in some time. */
export interface RateLimit {
  /** Takes one from what `key` has left; false when there is none. */
  take(key: string): boolean;
}

export const unlimited: RateLimit = { take: () => true };
