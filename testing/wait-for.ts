import { vi } from 'vitest';

/** Until nothing is thrown. Vitest's own second is too short for a busy machine. */
export function waitFor(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 10_000, interval: 10 });
}
