/** The actions on an offer. Those that can't be undone need a confirmation. The desk decides which are possible. */
import { useState } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { termsText } from '../../text/offer-text.ts';
import { decimalFromText } from '../../wire/decimal.ts';
import { api } from '../data/api.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { navigate } from '../router.ts';
import { Button, Field } from '../ui/controls.tsx';
import { confirmFirst } from '../ui/dialog.tsx';
import { shortName } from '../ui/names.tsx';
import { showFailure, showToast } from '../ui/toasts.tsx';
import { problemOf } from './draft.ts';
import { saveReceipt } from './receipts.tsx';

/** Waits for an action, shows the changed offer, and reports success or failure. */
export async function act(work: Promise<Offer>, done: string): Promise<void> {
  try {
    book.put([await work]);
    showToast(done);
  } catch (error) {
    showFailure(error);
  }
}

export function OfferActions({ offer }: { readonly offer: Offer }) {
  const { phase, inDoubt, role } = offer;
  return (
    <div class="actions">
      {inDoubt && <Resolve offer={offer} />}
      {role === 'maker' && <MakerActions offer={offer} />}
      {role === 'taker' && <TakerActions offer={offer} />}
      {(phase === 'awarded' || phase === 'won') && (
        <Button icon="save" onClick={() => void saveReceipt(offer)}>
          Save the receipt
        </Button>
      )}
    </div>
  );
}

function MakerActions({ offer }: { readonly offer: Offer }) {
  const { phase } = offer;
  const canRenew = phase === 'open' || phase === 'expired' || phase === 'cancelled' || phase === 'voided';
  return (
    <>
      {canRenew && <Button onClick={() => void renew(offer)}>Offer it again</Button>}
      {(phase === 'open' || phase === 'reserved') && (
        <Button
          kind="danger"
          onClick={() => {
            confirmFirst({
              title: 'Cancel the offer?',
              text: (
                <p>No desk gets it, and all desks are informed. This can't be undone, but you can offer it again.</p>
              ),
              action: 'Cancel the offer',
              kind: 'danger',
              onConfirm: () => void act(api.cancel(offer), 'The offer is cancelled.'),
            });
          }}
        >
          Cancel the offer
        </Button>
      )}
    </>
  );
}

async function renew(offer: Offer): Promise<void> {
  try {
    const again = await api.renew(offer);
    book.put([again]);
    navigate({ offer: keyOf(again) });
    showToast('The offer is open again, under a new id.');
  } catch (error) {
    showFailure(error);
  }
}

const CAN_ACCEPT: ReadonlySet<Offer['phase']> = new Set(['seen', 'withdrawn', 'gaveUp']);

function TakerActions({ offer }: { readonly offer: Offer }) {
  const { phase } = offer;
  if (CAN_ACCEPT.has(phase)) return <Accept offer={offer} />;
  if (phase !== 'accepting' && phase !== 'queued') return null;
  return <Button onClick={() => void act(api.withdraw(offer), 'Your acceptance is withdrawn.')}>Withdraw</Button>;
}

function Accept({ offer }: { readonly offer: Offer }) {
  const [bid, setBid] = useState('');
  const problem = bid === '' ? null : problemOf(() => decimalFromText(bid));
  const isBidding = offer.unitPrice !== null;
  const ask = (): void => {
    const price = bid === '' ? undefined : decimalFromText(bid);
    const wanted = { ...offer, unitPrice: price ?? offer.unitPrice, total: null };
    confirmFirst({
      title: price === undefined ? 'Accept this offer?' : 'Accept with this bid?',
      text: (
        <>
          <p class="terms">{termsText(wanted)}</p>
          <p>
            {sidesText(offer)} When the maker holds the offer for you, this desk confirms immediately. After that, the
            deal can't be undone.
          </p>
        </>
      ),
      action: 'Accept',
      onConfirm: () => void act(api.accept(offer, price), 'Your acceptance is being sent.'),
    });
  };
  return (
    <div class="accept">
      {isBidding && (
        <Field
          label="Your price"
          value={bid}
          onInput={setBid}
          inputMode="decimal"
          placeholder={offer.unitPrice ?? ''}
          error={problem}
          hint={offer.award === 'best' ? 'The best bid gets the offer.' : 'Leave empty to accept the maker’s price.'}
        />
      )}
      <Button kind="primary" shortcut="a" disabled={problem !== null} onClick={ask}>
        Accept
      </Button>
    </div>
  );
}

function sidesText({ maker, type }: Offer): string {
  if (type === 'job') return `${shortName(maker)} offers a job; you would do it.`;
  return `${shortName(maker)} wants to ${type}; you would ${type === 'buy' ? 'sell' : 'buy'}.`;
}

type ClosedAs = Parameters<typeof api.resolve>[1];

const CLOSINGS: Readonly<Record<Offer['role'], readonly (readonly [as: ClosedAs, text: string])[]>> = {
  maker: [
    ['awarded', 'The taker has it'],
    ['released', 'The taker does not have it'],
  ],
  taker: [
    ['won', 'I have it'],
    ['lost', 'I do not have it'],
  ],
};

/** Closes a doubt by hand. */
function Resolve({ offer }: { readonly offer: Offer }) {
  return (
    <div class="doubt" role="group" aria-label="Close the doubt by hand">
      <p>
        <b>In doubt.</b> This may be a deal or not; this desk keeps asking. If you know the outcome, close the doubt by
        hand. The journal records it as your decision.
      </p>
      {CLOSINGS[offer.role].map(([as, text]) => (
        <Button
          key={as}
          onClick={() => {
            confirmFirst({
              title: `Close the doubt as ${as}?`,
              text: (
                <p>
                  Your decision stays in the journal. If the other side later reports another outcome, the desk shows
                  it.
                </p>
              ),
              action: `Close as ${as}`,
              kind: 'danger',
              onConfirm: () => void act(api.resolve(offer, as), `Closed by hand as ${as}.`),
            });
          }}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
