/** What can be done with an offer. What can't be undone is asked once; the desk has the last word about what is possible. */
import { useState } from 'preact/hooks';
import type { Offer } from '../../control/contract.ts';
import { termsText } from '../../text/offer-text.ts';
import { decimalFromText } from '../../wire/decimal.ts';
import { api } from '../data/api.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { go } from '../router.ts';
import { Button, Field } from '../ui/controls.tsx';
import { askFirst } from '../ui/dialog.tsx';
import { shortName } from '../ui/names.tsx';
import { say, sayFailure } from '../ui/toasts.tsx';
import { problemOf } from './draft.ts';
import { saveReceipt } from './receipts.tsx';

/** Does it, shows the offer as it is then, and says how it went. */
export async function act(work: Promise<Offer>, done: string): Promise<void> {
  try {
    book.put([await work]);
    say(done);
  } catch (error) {
    sayFailure(error);
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
            askFirst({
              title: 'Take the offer back?',
              text: <p>Nobody gets it, and everybody is told. This can't be undone; you can offer it again.</p>,
              action: 'Take it back',
              kind: 'danger',
              onYes: () => void act(api.cancel(offer), 'The offer is taken back.'),
            });
          }}
        >
          Take it back
        </Button>
      )}
    </>
  );
}

async function renew(offer: Offer): Promise<void> {
  try {
    const again = await api.renew(offer);
    book.put([again]);
    go({ offer: keyOf(again) });
    say('It is offered again, under a new id.');
  } catch (error) {
    sayFailure(error);
  }
}

const CAN_ACCEPT: ReadonlySet<Offer['phase']> = new Set(['seen', 'withdrawn', 'gaveUp']);

function TakerActions({ offer }: { readonly offer: Offer }) {
  const { phase } = offer;
  if (CAN_ACCEPT.has(phase)) return <Accept offer={offer} />;
  if (phase !== 'accepting' && phase !== 'queued') return null;
  return <Button onClick={() => void act(api.withdraw(offer), 'You do not want it any more.')}>Withdraw</Button>;
}

function Accept({ offer }: { readonly offer: Offer }) {
  const [bid, setBid] = useState('');
  const problem = bid === '' ? null : problemOf(() => decimalFromText(bid));
  const isBidding = offer.unitPrice !== null;
  const ask = (): void => {
    const price = bid === '' ? undefined : decimalFromText(bid);
    const wanted = { ...offer, unitPrice: price ?? offer.unitPrice, total: null };
    askFirst({
      title: price === undefined ? 'Accept this offer?' : 'Accept with this bid?',
      text: (
        <>
          <p class="terms">{termsText(wanted)}</p>
          <p>
            {wantText(offer)} When the maker holds it for you, this desk confirms at once, and then the deal can't be
            undone.
          </p>
        </>
      ),
      action: 'Accept',
      onYes: () => void act(api.accept(offer, price), 'The acceptance is on its way.'),
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
          hint={offer.award === 'best' ? 'The best bid gets it.' : 'Leave it empty to take theirs.'}
        />
      )}
      <Button kind="primary" shortcut="a" disabled={problem !== null} onClick={ask}>
        Accept
      </Button>
    </div>
  );
}

function wantText({ maker, type }: Offer): string {
  if (type === 'job') return `${shortName(maker)} gives a job; you would do it.`;
  return `${shortName(maker)} wants to ${type}; you would ${type === 'buy' ? 'sell' : 'buy'}.`;
}

type ClosedAs = Parameters<typeof api.resolve>[1];

const CLOSINGS: Readonly<Record<Offer['role'], readonly (readonly [as: ClosedAs, text: string])[]>> = {
  maker: [
    ['awarded', 'They have it'],
    ['released', 'They do not'],
  ],
  taker: [
    ['won', 'It is mine'],
    ['lost', 'It is not'],
  ],
};

/** Closes a doubt by hand. */
function Resolve({ offer }: { readonly offer: Offer }) {
  return (
    <div class="doubt" role="group" aria-label="Close the doubt by hand">
      <p>
        <b>In doubt.</b> It may be a deal or not, and this desk asks on. If you know how it was, close it by hand; it is
        recorded as yours.
      </p>
      {CLOSINGS[offer.role].map(([as, text]) => (
        <Button
          key={as}
          onClick={() => {
            askFirst({
              title: `Close it as ${as}?`,
              text: (
                <p>
                  What you decide stays in the journal. If the truth arrives later and is another one, that is reported.
                </p>
              ),
              action: `Close as ${as}`,
              kind: 'danger',
              onYes: () => void act(api.resolve(offer, as), `Closed by hand as ${as}.`),
            });
          }}
        >
          {text}
        </Button>
      ))}
    </div>
  );
}
