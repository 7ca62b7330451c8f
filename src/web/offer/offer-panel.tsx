/** The panel of one offer beside the view: terms, actions, waiting takers, reports, and its story as in `explain`. */
import type { Offer, Story } from '../../control/contract.ts';
import { harmless } from '../../text/harmless.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { termsText } from '../../text/offer-text.ts';
import { spanText } from '../../text/time-text.ts';
import { api } from '../data/api.ts';
import { keyOf } from '../data/book.ts';
import { book } from '../data/desk.ts';
import { useResource } from '../data/resource.ts';
import { hrefOf, navigate, route } from '../router.ts';
import { Button, Chip, EmptyState, Fact, IconButton } from '../ui/controls.tsx';
import { confirmFirst } from '../ui/dialog.tsx';
import { DeskName, shortName, TimeLeft } from '../ui/names.tsx';
import { StateChip } from '../views/offer-row.tsx';
import { Details } from './details.tsx';
import { act, OfferActions } from './offer-actions.tsx';
import { Reports } from './reports.tsx';
import { Timeline } from './timeline.tsx';

export function OfferPanel() {
  const key = route.value.offer;
  return key === null ? null : <OpenPanel key={key} name={key} />;
}

export function closePanel(): void {
  navigate({ offer: null });
}

function OpenPanel({ name }: { readonly name: string }) {
  const [maker = '', offerId = ''] = name.split('/');
  const story = useResource(() => api.story({ maker, offerId }), name);
  const offer = book.get(name) ?? story.value.value?.offer ?? null;
  return (
    <aside class="panel" aria-label="Offer">
      <header class="panel-head">
        <div>
          <p class="faint">
            Offer <code>{offerId.slice(0, 8)}</code>
          </p>
          <h2>{offer === null ? 'Offer' : harmless(termsText(offer))}</h2>
        </div>
        <IconButton icon="close" label="Close the offer" onClick={closePanel} />
      </header>
      <div class="panel-body" tabIndex={0} role="region" aria-label="Its story">
        {offer === null ? (
          <EmptyState title={story.problem.value === null ? 'Loading' : 'This desk does not know this offer'}>
            {story.problem.value}
          </EmptyState>
        ) : (
          <PanelBody offer={offer} story={story.value.value} />
        )}
      </div>
    </aside>
  );
}

function PanelBody({ offer, story }: { readonly offer: Offer; readonly story: Story | null }) {
  return (
    <>
      <div class="panel-state">
        <StateChip offer={offer} />
        {!offer.verified && <Chip tone="warn">unverified</Chip>}
        {offer.isStale && <Chip tone="warn">maker is silent</Chip>}
      </div>
      <Facts offer={offer} />
      <Details details={offer.details} />
      <OfferActions offer={offer} />
      <WaitingTakers offer={offer} />
      <Reports offer={offer} />
      <h3 class="section">Story</h3>
      {story !== null && <Timeline story={story} />}
    </>
  );
}

function Facts({ offer }: { readonly offer: Offer }) {
  const { maker, taker, agreedUnitPrice, unitPrice, award, windowMs, to, expiresAt, offerId } = offer;
  return (
    <dl class="facts">
      <Fact name="Maker">
        <DeskName id={maker} />
      </Fact>
      {taker !== null && (
        <Fact name={offer.phase === 'awarded' ? 'Awarded to' : 'Held for'}>
          <DeskName id={taker} />
        </Fact>
      )}
      {agreedUnitPrice !== null && agreedUnitPrice !== unitPrice && <Fact name="Agreed price">{agreedUnitPrice}</Fact>}
      {!hasEnded(offer) && (
        <Fact name="Time left">
          <TimeLeft until={expiresAt} />
        </Fact>
      )}
      <Fact name="Who gets it">{awardText(award, windowMs)}</Fact>
      <Fact name="For">{to === null ? 'everybody' : to.map((id) => <DeskName key={id} id={id} />)}</Fact>
      <NamedFacts offer={offer} />
      <Fact name="Id">
        <code>{offerId}</code>
      </Fact>
    </dl>
  );
}

/** Reference, attempts, report and renewal. */
function NamedFacts({ offer }: { readonly offer: Offer }) {
  const { reference, attempt, attemptsMax, doneWithinMs, renewedAs, maker } = offer;
  const isAgain = attempt > 1 || attemptsMax !== null;
  return (
    <>
      {reference !== null && (
        <Fact name="Reference">
          {harmless(reference)}
          {isAgain && (
            <span class="faint">
              {' '}
              attempt {attempt}
              {attemptsMax === null ? '' : ` of ${attemptsMax}`}
            </span>
          )}
        </Fact>
      )}
      {doneWithinMs !== null && <Fact name="Report within">{spanText(doneWithinMs)} after the award</Fact>}
      {renewedAs !== null && (
        <Fact name="Offered again">
          <a href={hrefOf({ ...route.value, offer: keyOf({ maker, offerId: renewedAs }) })}>
            <code>{renewedAs.slice(0, 8)}</code>
          </a>
        </Fact>
      )}
    </>
  );
}

function awardText(award: Offer['award'], windowMs: number | null): string {
  if (award === 'best') return `the best bid within ${spanText(windowMs ?? 0)}`;
  return award === 'manual' ? 'the taker that the maker chooses' : 'the first taker that confirms';
}

/** The takers that wait for an own offer, with buttons if the operator chooses one of them. */
function WaitingTakers({ offer }: { readonly offer: Offer }) {
  const { acceptances, phase, award } = offer;
  if (acceptances.length === 0 || (phase !== 'open' && phase !== 'reserved')) return null;
  const canChoose = award === 'manual' && phase === 'open';
  return (
    <>
      <h3 class="section">Waiting takers</h3>
      <ol class="waiting">
        {acceptances.map(({ taker, unitPrice, verified }) => (
          <li key={taker}>
            <DeskName id={taker} />
            <span class="soft">{unitPrice === null ? 'at your price' : `bids ${unitPrice}`}</span>
            {!verified && <Chip tone="warn">unverified</Chip>}
            <span class="spring" />
            {canChoose && <Button onClick={() => confirmAward(offer, taker, unitPrice)}>Award</Button>}
          </li>
        ))}
      </ol>
    </>
  );
}

function confirmAward(offer: Offer, taker: string, unitPrice: string | null): void {
  const terms = termsText({ ...offer, unitPrice: unitPrice ?? offer.unitPrice, total: null });
  confirmFirst({
    title: `Award it to ${shortName(taker)}?`,
    text: (
      <>
        <p class="terms">{terms}</p>
        <p>That desk is asked to confirm. When it confirms, the deal is made and can't be undone.</p>
      </>
    ),
    action: 'Award it',
    onConfirm: () => void act(api.award(offer, taker), 'The offer is held for that desk, which is asked to confirm.'),
  });
}
