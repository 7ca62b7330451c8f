/** Makes an offer. What is wrong is said beside its field as it is typed; what the desk refuses, in its own words. */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import type { PeerView } from '../../control/contract.ts';
import { api, ApiFailure } from '../data/api.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { useResource } from '../data/resource.ts';
import { go } from '../router.ts';
import { Button, Field, Segments } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { say } from '../ui/toasts.tsx';
import { pairs } from '../views/book-order.ts';
import { bodyOf, NEW_DRAFT, problemsOf, totalOf, type Draft } from './draft.ts';

const isOpen = signal(false);
/** The latest one, as the next is often alike. */
const draft = signal<Draft>(NEW_DRAFT);

export function openForm(): void {
  isOpen.value = true;
}

export function OfferForm() {
  return isOpen.value ? <OpenForm /> : null;
}

function set(changes: Partial<Draft>): void {
  draft.value = { ...draft.value, ...changes };
}

function OpenForm() {
  const [isSent, setSent] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const typed = draft.value;
  const problems = problemsOf(typed, isSent);
  const total = totalOf(typed);
  const close = (): void => {
    isOpen.value = false;
  };
  const send = async (): Promise<void> => {
    setSent(true);
    if (Object.keys(problemsOf(typed, true)).length > 0) return;
    setBusy(true);
    try {
      const offer = await api.announce(bodyOf(typed));
      book.put([offer]);
      close();
      draft.value = { ...typed, amount: '', to: [] };
      say('Your offer is open.');
      go({ offer: keyOf(offer) });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      const isUnknown = error.code === 'ERR_UNREACHABLE';
      setRefusal(
        isUnknown
          ? 'The desk did not answer. Look whether your offer is in the book before you send it again.'
          : error.message,
      );
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="New offer" onClose={close} isWide>
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Segments
          label="You want to"
          value={typed.type}
          options={[
            ['sell', 'Sell'],
            ['buy', 'Buy'],
          ]}
          onChange={(type) => {
            set({ type });
          }}
        />
        <div class="pair-of-fields">
          <Field
            label="Amount"
            value={typed.amount}
            inputMode="decimal"
            placeholder="0.25"
            autoFocus
            error={problems.amount ?? null}
            onInput={(amount) => {
              set({ amount });
            }}
          />
          <Field
            label="Pair"
            value={typed.pair}
            placeholder="BTC/USD"
            list={pairs.value}
            hint="Optional."
            onInput={(pair) => {
              set({ pair });
            }}
          />
        </div>
        <div class="pair-of-fields">
          <Field
            label="Unit price"
            value={typed.unitPrice}
            inputMode="decimal"
            placeholder="8000"
            hint="Optional."
            error={problems.unitPrice ?? null}
            onInput={(unitPrice) => {
              set({ unitPrice });
            }}
          />
          <div class="field total">
            <span class="label">Total</span>
            <output aria-live="polite">{total ?? '-'}</output>
            <p class="note">Exact, never rounded.</p>
          </div>
        </div>
        <div class="pair-of-fields">
          <Field
            label="Valid for"
            value={typed.validFor}
            list={['90s', '10m', '1h', '1d']}
            hint="Like 90s, 10m, 2h or 1d."
            error={problems.validFor ?? null}
            onInput={(validFor) => {
              set({ validFor });
            }}
          />
          <div class="field">
            <span class="label">Who gets it</span>
            <Segments
              label="Who gets it"
              value={typed.award}
              options={[
                ['first', 'First'],
                ['best', 'Best bid'],
                ['manual', 'I choose'],
              ]}
              onChange={(award) => {
                set({ award });
              }}
            />
            <p class="note">{AWARD_NOTES[typed.award]}</p>
          </div>
        </div>
        {typed.award === 'best' && (
          <Field
            label="Bids are collected for"
            value={typed.window}
            error={problems.window ?? null}
            onInput={(window) => {
              set({ window });
            }}
          />
        )}
        <Addressees />
        {/* The place of what an offer may carry besides: details and a reference. */}
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
            {typed.type === 'sell' ? 'Offer to sell' : 'Offer to buy'}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

const AWARD_NOTES: Readonly<Record<Draft['award'], string>> = {
  first: 'The first who accepts and confirms.',
  best: 'The best bid when the time is over.',
  manual: 'You award it to one of those who wait.',
};

/** Everybody, or some of the desks that are known. */
function Addressees() {
  const { value } = useResource(() => api.peers());
  const peers = (value.value?.peers ?? []).filter(({ verified }) => verified);
  if (peers.length === 0) return null;
  const { to } = draft.value;
  return (
    <details class="addressees">
      <summary>{to.length === 0 ? 'For everybody' : `For ${to.length} of ${peers.length} desks alone`}</summary>
      <ul>
        {peers.map(({ id }: PeerView) => (
          <li key={id}>
            <label class="check">
              <input
                type="checkbox"
                checked={to.includes(id)}
                onChange={(event) => {
                  set({ to: event.currentTarget.checked ? [...to, id] : to.filter((other) => other !== id) });
                }}
              />
              <code>{id.slice(0, 16)}</code>
            </label>
          </li>
        ))}
      </ul>
    </details>
  );
}
