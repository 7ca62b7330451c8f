/** Defects of reports: changed reports and lost reports. */
import type { Steps } from '../src/desk/protocol-roles.ts';
import { NO_REPORTS, type DealReports } from '../src/protocol/deal-reports.ts';
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { MakerInput, StepEnvironment, TakerInput } from '../src/protocol/step.ts';
import type { TakerState } from '../src/protocol/taker-state.ts';
import { doesNotWaitFor } from './durability-mutants.ts';
import type { Mutant } from './mutant.ts';
import type { Tampering } from './sim-desk.ts';

type Mistake = (
  reports: DealReports,
  input: MakerInput | TakerInput,
  env: StepEnvironment,
) => { readonly reports?: DealReports; readonly input?: MakerInput & TakerInput };

/** Either side misreads its own report, or the report that it receives. */
function mistakenReports(mistake: Mistake): Tampering {
  return {
    steps: (steps: Steps) => ({
      maker: (state, input, env) => {
        if (state === null) return steps.maker(state, input, env);
        const { reports = state.reports, input: received = input } = mistake(state.reports, input, env);
        return steps.maker({ ...state, reports } satisfies MakerState, received, env);
      },
      taker: (state, input, env, self) => {
        if (state === null) return steps.taker(state, input, env, self);
        const { reports = state.reports, input: received = input } = mistake(state.reports, input, env);
        return steps.taker({ ...state, reports } satisfies TakerState, received, env, self);
      },
    }),
  };
}

export const REPORT_MUTANTS: readonly Mutant[] = [
  {
    name: 'report-before-durable',
    defect: 'a report is sent, and shown, before it is durable',
    tampering: doesNotWaitFor('reported'),
  },
  {
    name: 'acknowledge-a-report-before-durable',
    defect: 'a report of the other side is acknowledged before it is durable',
    tampering: doesNotWaitFor('reportReceived'),
  },
  {
    name: 'accept-a-second-report',
    defect: 'a second, different report of the other side takes the place of the first',
    tampering: mistakenReports((reports, input) =>
      input.kind === 'message' && input.message.cmd === 'deal:report' ? { reports: { ...reports, other: null } } : {},
    ),
  },
  {
    name: 'report-otherwise',
    defect: 'an operator may report a second time, and otherwise',
    tampering: mistakenReports((reports, input, { wallMs, monotonicMs }) =>
      input.kind === 'report' && reports.own !== null
        ? {
            reports: {
              ...NO_REPORTS,
              ...reports,
              own: { result: input.result, at: wallMs },
              hasStoppedSending: false,
              dueAt: monotonicMs,
            },
          }
        : {},
    ),
  },
  {
    name: 'report-once',
    defect: 'a report counts as delivered when it was sent',
    tampering: mistakenReports((_reports, input) =>
      input.kind === 'result' && input.correlation.what === 'report'
        ? { input: { ...input, result: { kind: 'acknowledged' } } }
        : {},
    ),
  },
];
