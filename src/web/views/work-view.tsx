/** What this desk is working on: first what needs the operator's attention, then deals to report, own offers, acceptances. */
import type { Deal, Offer } from '../../control/contract.ts';
import { hasEnded } from '../../control/contract/ended-phases.ts';
import { termsText } from '../../text/offer-text.ts';
import { harmless } from '../../text/harmless.ts';
import { keyOf } from '../data/book.ts';
import { book, openDeals, recentEvents, urgent } from '../data/desk.ts';
import { hrefOf } from '../router.ts';
import { Chip } from '../ui/controls.tsx';
import { shortName, TimeLeft } from '../ui/names.tsx';
import { StateChip } from './offer-row.tsx';
import { NewOfferButton, View } from './view.tsx';

const SHOWN_MAX = 100;
const ACCEPTED: ReadonlySet<Offer['phase']> = new Set(['accepting', 'queued', 'confirmed']);

export function WorkView() {
  const offers = book.offers.value.filter((offer) => !hasEnded(offer));
  const needed = urgent.value;
  const own = offers.filter((offer) => offer.role === 'maker' && !needed.includes(offer));
  const accepted = offers.filter((offer) => ACCEPTED.has(offer.phase) && !needed.includes(offer));
  return (
    <View name="work" head={<NewOfferButton />}>
      <div class="scroll columns" tabIndex={0} role="region" aria-label="Work in progress">
        <div>
          <Group
            title="Needs your attention"
            offers={needed}
            empty="Nothing is in doubt, overdue or waiting for your choice."
            isUrgent
          />
          <DealGroup />
          <Group title="Your offers" offers={own} empty="You have no open offers." />
          <Group title="Your acceptances" offers={accepted} empty="You have no pending acceptances." />
        </div>
        <section class="news" aria-label="Latest events">
          <h2>Latest events</h2>
          {recentEvents.value.length === 0 && <p class="faint">New events appear here.</p>}
          <ol>
            {recentEvents.value.slice(0, SHOWN_MAX).map(({ key, text }) => (
              <li key={key}>{text}</li>
            ))}
          </ol>
        </section>
      </div>
    </View>
  );
}

/** Deals that need a report, late ones first. */
function DealGroup() {
  const deals = openDeals.value;
  if (deals.length === 0) return null;
  return (
    <section class={deals[0]?.isLate === true ? 'group urgent' : 'group'}>
      <h2>
        Deals to report <span class="count">{deals.length}</span>
      </h2>
      <ul class="cards">
        {deals.slice(0, SHOWN_MAX).map(({ deal, isLate }) => (
          <li key={keyOf(deal)}>
            <a class="card-link" href={hrefOf({ view: 'work', offer: keyOf(deal) })}>
              <span class="strong">{harmless(deal.reference ?? dealText(deal))}</span>
              <span class="card-end">
                <span class="soft">
                  {deal.role === 'maker'
                    ? `${shortName(deal.taker)} reports to you`
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
              <a class="card-link" href={hrefOf({ view: 'work', offer: keyOf(offer) })}>
                <span class="strong">{harmless(termsText(offer))}</span>
                <span class="card-end">
                  <span class="soft">{offer.role === 'maker' ? 'yours' : `from ${shortName(offer.maker)}`}</span>
                  <StateChip offer={offer} />
                  <TimeLeft until={offer.expiresAt} />
                </span>
              </a>
            </li>
          ))}
        </ul>
      )}
      {offers.length > SHOWN_MAX && <p class="faint">And {offers.length - SHOWN_MAX} more in the book.</p>}
    </section>
  );
}
