import { effort } from '../effort.ts';

/**
 * How many inputs each decoder gets. `FUZZ_RUNS=100000 npx vitest run test/fuzz` for more; `FUZZ_SEED` for others than the fixed
 * ones, so that what fails for one fails for everybody.
 */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? effort({ short: 150, long: 4_000 }));
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 1);
export const FUZZ_TIMEOUT_MS = Math.max(60_000, FUZZ_RUNS * 50);
