/** Desks that renew an offer twice, too early or not at all, or that reserve a job for an excluded taker. */
import { makerMistakes, wrongMaker, type Mutant } from './mutant.ts';
import { withChanges } from '../testing/with-changes.ts';

export const RENEWAL_MUTANTS: readonly Mutant[] = [
  {
    name: 'renew-twice',
    defect: 'an existing renewal is not found, so the offer is renewed again',
    tampering: { journal: (journal) => withChanges(journal, { readRenewalOf: () => Promise.resolve(null) }) },
  },
  {
    name: 'reference-twice',
    defect: 'an existing offer with the same reference is not found, so another one is made',
    tampering: { journal: (journal) => withChanges(journal, { readLatestUnder: () => Promise.resolve(null) }) },
  },
  {
    name: 'renew-an-awarded-offer',
    defect: 'an awarded offer counts as cancelled when it is renewed',
    tampering: wrongMaker((step) => (state, input, env) => {
      if (state?.phase !== 'awarded' || input.kind !== 'cancel' || input.renewForMs === undefined)
        return step(state, input, env);
      return { state, records: [], mustSync: false, answer: { kind: 'acknowledged' }, effects: [], notices: [] };
    }),
  },
  {
    name: 'ignore-exclusions',
    defect: 'a taker that has failed is reserved again, although it is excluded',
    tampering: makerMistakes((state) =>
      state.plan.excluded === undefined ? {} : { state: { ...state, plan: { ...state.plan, excluded: [] } } },
    ),
  },
  {
    name: 'never-renew',
    defect: 'a failed deal is not noticed, so its renewal waits for a restart',
    tampering: wrongMaker((step) => (state, input, env) => {
      const result = step(state, input, env);
      const notices = result.notices.filter(({ event }) => event !== 'deal.failed' && event !== 'deal.overdue');
      return { ...result, notices };
    }),
  },
];
