import { vi } from 'vitest';

/** Waits until the check does not throw. Vitest's default of one second is too short on a busy machine. */
export function waitFor(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 });
}
