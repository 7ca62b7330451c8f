/** The frame of the page: navigation, connection status, the current view, the panel of an offer, and dialogs. */
import type { ComponentType } from 'preact';
import { book, connection, deskView, reconnectNow, urgentCount } from './data/desk.ts';
import { Keyboard } from './keyboard.tsx';
import { openHelp } from './ui/keys.tsx';
import { OfferForm } from './offer/offer-form.tsx';
import { OfferPanel } from './offer/offer-panel.tsx';
import { ReceiptDrop } from './offer/receipts.tsx';
import { hrefOf, route, titleOf, type ViewName, VIEWS } from './router.ts';
import { switchTheme } from './theme.ts';
import { Button, EmptyState, IconButton } from './ui/controls.tsx';
import { ConfirmDialog } from './ui/dialog.tsx';
import { Icon } from './ui/icon.tsx';
import { Toasts } from './ui/toasts.tsx';
import { BookView } from './views/book-view.tsx';
import { DealsView } from './views/deals-view.tsx';
import { NetworkView } from './views/network-view.tsx';
import { SettingsView } from './views/settings-view.tsx';
import { WorkView } from './views/work-view.tsx';

const SHOWN: Readonly<Record<ViewName, ComponentType>> = {
  book: BookView,
  work: WorkView,
  deals: DealsView,
  network: NetworkView,
  settings: SettingsView,
};

export function App() {
  const { view, offer } = route.value;
  const View = SHOWN[view];
  const isGone = connection.value === 'over' || (connection.value === 'lost' && !book.isLoaded.value);
  return (
    <div class={offer === null ? 'shell' : 'shell with-panel'}>
      <Rail />
      <main>{isGone ? <Gone /> : <View />}</main>
      {!isGone && <OfferPanel />}
      <LostBanner />
      <OfferForm />
      <ConfirmDialog />
      <ReceiptDrop />
      <Keyboard />
      <Toasts />
    </div>
  );
}

function Rail() {
  const waiting = urgentCount.value;
  return (
    <nav class="rail" aria-label="Views">
      <p class="brand">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <circle cx="10" cy="13" r="5" />
          <circle cx="22" cy="13" r="5" />
          <circle cx="16" cy="22.500" r="5" />
          <path d="M16 9c0-3 2-6 6-6.500" />
        </svg>
        <span>Grapevine</span>
      </p>
      <ul>
        {VIEWS.map((view, index) => (
          <li key={view}>
            <a
              href={hrefOf({ view, offer: null })}
              aria-current={route.value.view === view ? 'page' : undefined}
              aria-keyshortcuts={`${index + 1}`}
            >
              <Icon name={view} size={20} />
              <span>{titleOf(view)}</span>
              {view === 'work' && waiting > 0 && (
                <b class="badge" aria-label={`${waiting} need attention`}>
                  {waiting}
                </b>
              )}
            </a>
          </li>
        ))}
      </ul>
      <div class="rail-foot">
        <Status />
        <div class="rail-tools">
          <IconButton icon="theme" label="Switch theme" onClick={switchTheme} />
          <IconButton icon="help" label="Keys" onClick={openHelp} />
        </div>
      </div>
    </nav>
  );
}

const STATUS = {
  connecting: 'connecting',
  live: 'live',
  lost: 'no answer',
  over: 'session ended',
} as const;

function Status() {
  return (
    <p class={`status ${connection.value}`} role="status">
      <i aria-hidden="true" />
      <span>{STATUS[connection.value]}</span>
      {deskView.value !== null && <code>{deskView.value.id.slice(0, 8)}</code>}
    </p>
  );
}

/** Overlays the page, so that its content does not move. */
function LostBanner() {
  if (connection.value !== 'lost' || !book.isLoaded.value) return null;
  return (
    <div class="lost-banner" role="alert">
      <Icon name="warning" />
      <span>
        <b>The desk does not answer.</b> You see its last known state. This page reconnects automatically.
      </span>
      <Button onClick={reconnectNow}>Try now</Button>
    </div>
  );
}

function Gone() {
  if (connection.value === 'over')
    return (
      <EmptyState title="This session has ended">
        <p>
          The desk no longer accepts this page: newer pages have replaced it, or the desk has another data folder now.
        </p>
        <p>
          On the desk’s machine, <code>grapevine page</code> prints a link that opens a new page.
        </p>
      </EmptyState>
    );
  return (
    <EmptyState title="The desk does not answer">
      <p>It may be starting or stopped. This page keeps trying to connect.</p>
      <Button onClick={reconnectNow}>Try now</Button>
    </EmptyState>
  );
}
