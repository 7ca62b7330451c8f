/** What `doctor` has found out about a desk; judge-findings.ts judges it. */

interface GrapeSeen {
  readonly url: string;
  /** Null if it answers. */
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
  /** Null if no desk is running in the folder. */
  readonly running: {
    readonly id: string;
    readonly port: number;
    /** As announced. */
    readonly announcedPort: number;
    readonly reasons: readonly string[];
    /** Addresses under which others find it by its id; null if no grape answered. */
    readonly addresses: readonly AddressSeen[] | null;
    /** Whether the desk is also found under the shared service. */
    readonly isAmongAll: boolean;
    readonly peerOffsetsMs: readonly number[];
  } | null;
  /** Null if the desk is on another network, which needs none. */
  readonly grapes: readonly GrapeSeen[] | null;
  readonly disk: { readonly freeBytes: number; readonly fsyncMs: number | null; readonly problem: string | null };
  readonly journal:
    | { readonly state: 'none' | 'locked' }
    | { readonly state: 'good'; readonly unfinished: number; readonly restored: boolean }
    | { readonly state: 'bad'; readonly code: string; readonly text: string };
  /** `problem` is null if the key is valid. */
  readonly key: { readonly exists: boolean; readonly problem: string | null };
}
