/** What was looked at on a desk, before anybody says whether that is good. */

interface GrapeSeen {
  readonly url: string;
  /** Null: it answers. */
  readonly problem: string | null;
  readonly clockOffsetMs: number | null;
}

export interface AddressSeen {
  readonly address: string;
  readonly who: 'right' | 'other' | 'nobody' | 'silent';
  readonly text: string;
}

export interface Findings {
  readonly version: string;
  readonly nodeVersion: string;
  readonly platform: string;
  readonly dataDir: string;
  /** The command that starts this desk. */
  readonly start: string;
  /** Null: no desk is running in the folder. */
  readonly running: {
    readonly id: string;
    readonly port: number;
    /** As announced. */
    readonly announcedPort: number;
    readonly reasons: readonly string[];
    /** Where others find it by its id; null when no grape could be asked. */
    readonly addresses: readonly AddressSeen[] | null;
    /** Whether those who look for everybody find it as well. */
    readonly isAmongAll: boolean;
    readonly peerOffsetsMs: readonly number[];
  } | null;
  /** Null: the desk is on another network, which needs none. */
  readonly grapes: readonly GrapeSeen[] | null;
  readonly disk: { readonly freeBytes: number; readonly fsyncMs: number | null; readonly problem: string | null };
  readonly journal:
    | { readonly state: 'none' | 'locked' }
    | { readonly state: 'good'; readonly unfinished: number; readonly restored: boolean }
    | { readonly state: 'bad'; readonly code: string; readonly text: string };
  /** Null: it is good. */
  readonly key: { readonly exists: boolean; readonly problem: string | null };
}
