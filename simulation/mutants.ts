/** All mutants. The simulator must find each of them, otherwise it proves nothing. */
import { AGREEMENT_MUTANTS } from './agreement-mutants.ts';
import { DURABILITY_MUTANTS } from './durability-mutants.ts';
import { MAKER_MUTANTS } from './maker-mutants.ts';
import type { Mutant } from './mutant.ts';
import { PORT_MUTANTS } from './port-mutants.ts';
import { RENEWAL_MUTANTS } from './renewal-mutants.ts';
import { REPORT_MUTANTS } from './report-mutants.ts';
import { TAKER_MUTANTS } from './taker-mutants.ts';
import { TRUST_MUTANTS } from './trust-mutants.ts';

export const MUTANTS: readonly Mutant[] = [
  ...MAKER_MUTANTS,
  ...TAKER_MUTANTS,
  ...AGREEMENT_MUTANTS,
  ...PORT_MUTANTS,
  ...DURABILITY_MUTANTS,
  ...REPORT_MUTANTS,
  ...RENEWAL_MUTANTS,
  ...TRUST_MUTANTS,
];

export function mutantNamed(name: string): Mutant | undefined {
  return MUTANTS.find((mutant) => mutant.name === name);
}
