/** The form for a new offer. Errors appear beside their fields while typing; refusals are shown in the desk's words. */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { api, ApiFailure } from '../data/api.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { navigate } from '../router.ts';
import { Button, Field, Form, Segments } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { showToast } from '../ui/toasts.tsx';
import { pairs } from '../views/book-order.ts';
import {
  bodyOf,
  NEW_DRAFT,
  problemsOf,
  refusedField,
  totalOf,
  type Draft,
  type DraftProblems,
  type FieldsProps,
  type SetField,
} from './draft.ts';
import { Addressees, Extras } from './offer-extras.tsx';

const isOpen = signal(false);
/** Kept after an offer is made, as the next one is often similar. */
const draft = signal<Draft>(NEW_DRAFT);

export function openForm(): void {
  isOpen.value = true;
}

export function OfferForm() {
  return isOpen.value ? <OpenForm /> : null;
}

function refusalText({ code, message }: ApiFailure): string {
  if (code !== 'ERR_UNREACHABLE') return message;
  return 'The desk did not answer. Check whether your offer is in the book before you send it again.';
}

const ACTIONS: Readonly<Record<Draft['type'], string>> = {
  sell: 'Offer to sell',
  buy: 'Offer to buy',
  job: 'Offer the job',
};

function close(): void {
  isOpen.value = false;
}

/** @throws ApiFailure */
async function announce(typed: Draft): Promise<void> {
  const offer = await api.announce(bodyOf(typed));
  book.put([offer]);
  close();
  draft.value = { ...typed, amount: '', to: [], details: '', reference: '' };
  showToast('Your offer is open.');
  navigate({ offer: keyOf(offer) });
}

function OpenForm() {
  const [isSent, setSent] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [refused, setRefused] = useState<DraftProblems>({});
  const [isBusy, setBusy] = useState(false);
  const typed = draft.value;
  const problems = { ...refused, ...problemsOf(typed, isSent) };
  const set: SetField = (name) => (value) => {
    draft.value = { ...draft.value, [name]: value };
    setRefused({});
  };
  const send = async (): Promise<void> => {
    setSent(true);
    if (Object.keys(problemsOf(typed, true)).length > 0) return;
    setBusy(true);
    setRefusal(null);
    try {
      await announce(typed);
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      const field = refusedField(error);
      setRefused(field ?? {});
      if (field === null) setRefusal(refusalText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="New offer" onClose={close} isWide>
      <Form onSubmit={() => void send()}>
        <TypeField type={typed.type} set={set} />
        <PriceFields draft={typed} problems={problems} set={set} />
        <AwardFields draft={typed} problems={problems} set={set} />
        <Addressees to={typed.to} set={set} />
        <Extras draft={typed} problems={problems} set={set} />
        <FormFoot type={typed.type} refusal={refusal} isBusy={isBusy} />
      </Form>
    </Dialog>
  );
}

interface FormFootProps extends Pick<Draft, 'type'> {
  readonly refusal: string | null;
  readonly isBusy: boolean;
}

function FormFoot({ type, refusal, isBusy }: FormFootProps) {
  return (
    <>
      {refusal !== null && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
      <footer>
        <Button kind="quiet" onClick={close}>
          Close
        </Button>
        <Button type="submit" kind="primary" disabled={isBusy}>
          {ACTIONS[type]}
        </Button>
      </footer>
    </>
  );
}

function TypeField({ type, set }: Pick<Draft, 'type'> & Pick<FieldsProps, 'set'>) {
  return (
    <Segments
      label="You want to"
      value={type}
      options={[
        ['sell', 'Sell'],
        ['buy', 'Buy'],
        ['job', 'Have a job done'],
      ]}
      onChange={set('type')}
    />
  );
}

function PriceFields({ draft, problems, set }: FieldsProps) {
  return (
    <>
      <div class="pair-of-fields">
        <Field
          label="Amount"
          value={draft.amount}
          inputMode="decimal"
          placeholder={draft.type === 'job' ? '1' : '0.25'}
          autoFocus
          error={problems.amount ?? null}
          onInput={set('amount')}
        />
        <Field
          label="Pair"
          value={draft.pair}
          placeholder="BTC/USD"
          list={pairs.value}
          hint="Optional."
          onInput={set('pair')}
        />
      </div>
      <div class="pair-of-fields">
        <Field
          label="Unit price"
          value={draft.unitPrice}
          inputMode="decimal"
          placeholder="8000"
          hint="Optional."
          error={problems.unitPrice ?? null}
          onInput={set('unitPrice')}
        />
        <div class="field total">
          <span class="label">Total</span>
          <output aria-live="polite">{totalOf(draft) ?? '-'}</output>
          <p class="note">Exact, never rounded.</p>
        </div>
      </div>
    </>
  );
}

function AwardFields({ draft, problems, set }: FieldsProps) {
  return (
    <>
      <div class="pair-of-fields">
        <Field
          label="Valid for"
          value={draft.validFor}
          list={['90s', '10m', '1h', '1d']}
          hint="Like 90s, 10m, 2h or 1d."
          error={problems.validFor ?? null}
          onInput={set('validFor')}
        />
        <AwardField award={draft.award} set={set} />
      </div>
      {draft.award === 'best' && (
        <Field label="Collect bids for" value={draft.window} error={problems.window ?? null} onInput={set('window')} />
      )}
    </>
  );
}

function AwardField({ award, set }: Pick<Draft, 'award'> & Pick<FieldsProps, 'set'>) {
  return (
    <div class="field">
      <span class="label">Who gets it</span>
      <Segments
        label="Who gets it"
        value={award}
        options={[
          ['first', 'First'],
          ['best', 'Best bid'],
          ['manual', 'I choose'],
        ]}
        onChange={set('award')}
      />
      <p class="note">{AWARD_NOTES[award]}</p>
    </div>
  );
}

const AWARD_NOTES: Readonly<Record<Draft['award'], string>> = {
  first: 'The first taker that accepts and confirms.',
  best: 'The best bid at the end of that time.',
  manual: 'You choose one of the waiting takers.',
};
