/** What this desk is in the middle of: first what somebody has to look at, then own offers, then those it wants. */
import type { Deal, Offer } from '../../control/contract.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { termsText } from '../../text/offer-text.ts';
import { harmless } from '../../text/harmless.ts';
import { keyOf } from '../data/book.ts';
import { book, news, openDeals, urgent } from '../data/desk.ts';
import { openForm } from '../offer/offer-form.tsx';
import { addressOf } from '../router.ts';
import { Button, Chip } from '../ui/controls.tsx';
import { shortName, TimeLeft } from '../ui/names.tsx';
import { StateChip } from './offer-row.tsx';

const SHOWN_MAX = 100;
const WANTED: ReadonlySet<Offer['phase']> = new Set(['accepting', 'queued', 'confirmed']);

export function WorkView() {
  const offers = book.offers.value.filter((offer) => !hasEnded(offer));
  const needed = urgent.value;
  const own = offers.filter((offer) => offer.role === 'maker' && !needed.includes(offer));
  const wanted = offers.filter((offer) => WANTED.has(offer.phase) && !needed.includes(offer));
  return (
    <section class="view" aria-labelledby="work-title">
      <header class="view-head">
        <h1 id="work-title">Work</h1>
        <span class="spring" />
        <Button kind="primary" icon="plus" shortcut="n" onClick={openForm}>
          New offer
        </Button>
      </header>
      <div class="scroll columns" tabIndex={0} role="region" aria-label="What is under way">
        <div>
          <Group
            title="Needs you"
            offers={needed}
            empty="Nothing is in doubt, overdue or waiting for your choice."
            isUrgent
          />
          <DealGroup />
          <Group title="Your offers" offers={own} empty="You offer nothing at the moment." />
          <Group title="What you want" offers={wanted} empty="You are waiting for no offer of others." />
        </div>
        <section class="news" aria-label="What happened last">
          <h2>Latest</h2>
          {news.value.length === 0 && <p class="faint">What happens from now on is told here.</p>}
          <ol>
            {news.value.slice(0, SHOWN_MAX).map(({ key, text }) => (
              <li key={key}>{text}</li>
            ))}
          </ol>
        </section>
      </div>
    </section>
  );
}

/** Deals that are not over with the award: those over their time first. */
function DealGroup() {
  const deals = openDeals.value;
  if (deals.length === 0) return null;
  return (
    <section class={deals[0]?.isLate === true ? 'group urgent' : 'group'}>
      <h2>
        Deals to be reported <span class="count">{deals.length}</span>
      </h2>
      <ul class="cards">
        {deals.slice(0, SHOWN_MAX).map(({ deal, isLate }) => (
          <li key={keyOf(deal)}>
            <a class="card-link" href={addressOf({ view: 'work', offer: keyOf(deal) })}>
              <span class="strong">{harmless(deal.reference ?? dealText(deal))}</span>
              <span class="card-end">
                <span class="soft">
                  {deal.role === 'maker'
                    ? `${shortName(deal.taker)} reports`
                    : `you report to ${shortName(deal.maker)}`}
                </span>
                {isLate && <Chip tone="warn">OVERDUE</Chip>}
                {deal.doneWithinMs !== null && <TimeLeft until={deal.at + deal.doneWithinMs} />}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function dealText({ type, amount, pair }: Deal): string {
  return [type, amount, pair].filter((part) => part !== null).join(' ');
}

interface GroupProps {
  readonly title: string;
  readonly offers: readonly Offer[];
  readonly empty: string;
  readonly isUrgent?: boolean;
}

function Group({ title, offers, empty, isUrgent = false }: GroupProps) {
  return (
    <section class={isUrgent ? 'group urgent' : 'group'}>
      <h2>
        {title} {offers.length > 0 && <span class="count">{offers.length}</span>}
      </h2>
      {offers.length === 0 ? (
        <p class="faint">{empty}</p>
      ) : (
        <ul class="cards">
          {offers.slice(0, SHOWN_MAX).map((offer) => (
            <li key={keyOf(offer)}>
              <a class="card-link" href={addressOf({ view: 'work', offer: keyOf(offer) })}>
                <span class="strong">{harmless(termsText(offer))}</span>
                <span class="card-end">
                  <span class="soft">{offer.role === 'maker' ? 'yours' : `of ${shortName(offer.maker)}`}</span>
                  <StateChip offer={offer} />
                  <TimeLeft until={offer.expiresAt} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {offers.length > SHOWN_MAX && <p class="faint">And {offers.length - SHOWN_MAX} more; the book has them all.</p>}
    </section>
  );
}
