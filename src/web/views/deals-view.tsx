/** The deals of this desk: filters, totals by pair, a table, and a CSV file. */
import { signal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { Deal } from '../../control/contract.ts';
import { CONTROL_LIMITS } from '../../control/limits.ts';
import { dealsCsv, tradeText } from '../../text/deal-text.ts';
import { harmless } from '../../text/harmless.ts';
import { api } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { verifyFiles } from '../offer/receipts.tsx';
import { Button, EmptyState, PairSelect, Segments, Select, setterOf } from '../ui/controls.tsx';
import { saveFile } from '../ui/files.ts';
import { DealTable } from './deal-table.tsx';
import { totalsByPair } from './deal-totals.ts';
import { View } from './view.tsx';

const SIDES = [
  ['all', 'All'],
  ['bought', 'Bought'],
  ['sold', 'Sold'],
  ['jobs', 'Jobs'],
  ['doubt', 'In doubt'],
] as const;
const RESULTS = [
  ['', 'Any result'],
  ['overdue', 'Overdue'],
  ['open', 'Open'],
  ['done', 'Done'],
  ['failed', 'Failed'],
] as const;
/** In days. */
const SPANS = [
  ['', 'All time'],
  ['1', 'Last day'],
  ['7', 'Last week'],
  ['30', 'Last 30 days'],
] as const;

type Side = (typeof SIDES)[number][0];
type Result = (typeof RESULTS)[number][0];

const DAY_MS = 86_400_000;

const side = signal<Side>('all');
const pair = signal('');
const result = signal<Result>('');
const days = signal<(typeof SPANS)[number][0]>('');

/** Limits the table, and what is loaded again after each deal. */
const SHOWN_MAX = 10_000;

/** Loads the latest deals since this time, page by page. `total` is the number of all deals since then. */
async function latestDeals(since: number) {
  const found: Deal[] = [];
  let total = 0;
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.deals>> = await api.deals({
      since,
      limit: CONTROL_LIMITS.controlPageMax,
      ...(after !== null && { after }),
    });
    found.push(...page.deals);
    total = page.total ?? total;
    after = page.next;
  } while (after !== null && found.length < SHOWN_MAX);
  return { deals: overdueFirst(found), total };
}

export function DealsView() {
  const since = days.value;
  const { value, problem } = useResource(
    () => latestDeals(since === '' ? 0 : Date.now() - Number(since) * DAY_MS),
    since,
  );
  const latest = value.value;
  const all = latest?.deals ?? [];
  const shown = useMemo(() => all.filter(isShown), [latest, side.value, pair.value, result.value]);
  return (
    <View name="deals" head={<DealsHead shown={shown} />}>
      <DealFilters deals={all} />
      {latest === null ? (
        <EmptyState title={problem.value === null ? 'Loading' : 'The deals could not be loaded'}>
          {problem.value}
        </EmptyState>
      ) : latest.total === 0 && since === '' ? (
        <EmptyState title="No deals yet">Offers that you award or win stay here permanently.</EmptyState>
      ) : (
        <>
          {latest.total > all.length && <Truncated shown={all.length} total={latest.total} />}
          <Totals deals={shown} />
          <DealTable deals={shown} />
        </>
      )}
    </View>
  );
}

function Truncated({ shown, total }: { readonly shown: number; readonly total: number }) {
  return (
    <p class="faint">
      The latest {shown.toLocaleString('en')} of {total.toLocaleString('en')} deals. For all of them: grapevine deals
      --csv
    </p>
  );
}

function isShown(deal: Deal): boolean {
  return isSide(deal, side.value) && isResult(deal, result.value) && (pair.value === '' || deal.pair === pair.value);
}

function DealsHead({ shown }: { readonly shown: readonly Deal[] }) {
  return (
    <>
      <span class="count" role="status">
        {shown.length}
      </span>
      <span class="spring" />
      <VerifyButton />
      <Button
        icon="save"
        disabled={shown.length === 0}
        onClick={() => saveFile('deals.csv', `${dealsCsv(shown)}\r\n`, 'text/csv')}
      >
        CSV
      </Button>
    </>
  );
}

function DealFilters({ deals }: { readonly deals: readonly Deal[] }) {
  const pairNames = useMemo(() => [...new Set(deals.flatMap((deal) => deal.pair ?? []))].sort(), [deals]);
  return (
    <div class="filters">
      <Segments label="Which deals" value={side.value} options={SIDES} onChange={setterOf(side)} />
      <PairSelect pair={pair} names={pairNames} />
      <Select label="Result" value={result.value} options={RESULTS} onChange={setterOf(result)} />
      <Select label="Since" value={days.value} options={SPANS} onChange={setterOf(days)} />
    </div>
  );
}

function isSide(deal: Deal, wanted: Side): boolean {
  if (wanted === 'all') return true;
  if (wanted === 'doubt') return deal.inDoubt;
  if (wanted === 'jobs') return deal.type === 'job';
  return !deal.inDoubt && deal.type !== 'job' && tradeText(deal) === wanted;
}

function isResult(deal: Deal, wanted: Result): boolean {
  if (wanted === '') return true;
  return wanted === 'overdue' ? deal.isOverdue : deal.result === wanted;
}

/** Overdue deals first; otherwise in the order of the desk, the latest first. */
function overdueFirst(deals: readonly Deal[]): readonly Deal[] {
  return [...deals.filter(({ isOverdue }) => isOverdue), ...deals.filter(({ isOverdue }) => !isOverdue)];
}

function VerifyButton() {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-label="Receipts to verify"
        accept="application/json,.json"
        multiple
        onChange={(event) => {
          void verifyFiles(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
      <Button icon="seal" onClick={() => input.current?.click()}>
        Verify a receipt
      </Button>
    </>
  );
}

function Totals({ deals }: { readonly deals: readonly Deal[] }) {
  return (
    <div class="totals" tabIndex={0} role="region" aria-label="Totals by pair">
      {totalsByPair(deals).map((total) => (
        <dl key={total.pair} class="total-card">
          <div class="head">
            <dt class="strong">{harmless(total.pair)}</dt>
            <dd class="faint">
              {total.deals} {total.deals === 1 ? 'deal' : 'deals'}
            </dd>
          </div>
          <div>
            <dt>bought</dt>
            <dd>
              {total.bought} <span class="faint">for {total.paid}</span>
            </dd>
          </div>
          <div>
            <dt>sold</dt>
            <dd>
              {total.sold} <span class="faint">for {total.received}</span>
            </dd>
          </div>
        </dl>
      ))}
    </div>
  );
}
