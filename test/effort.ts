/**
 * How much the tests do that can always do more: campaigns of the simulator, property tests. `npm test` does little of each, in
 * a few seconds; `npm run test:long` does much more with the same tests. Of these, CI runs only the tests of the pages (`.ci/run`).
 */
export const IS_LONG = process.env['TEST_EFFORT'] === 'long';

export function effort({ short, long }: { readonly short: number; readonly long: number }): number {
  return IS_LONG ? long : short;
}
