/** The page of the theatre. It draws a recording, and needs no desk. */
import { render } from 'preact';
import '../design/tokens.css';
import '../design/base.css';
import '../design/controls.css';
import './theatre.css';
import { startTheme, switchTheme } from '../theme.ts';
import { EmptyState, IconButton } from '../ui/controls.tsx';
import { Acts } from './acts.tsx';
import { FileDrop, Files } from './files.tsx';
import { openHelp } from '../ui/keys.tsx';
import { TheatreKeys } from './keys.tsx';
import { scene } from './player.ts';
import { problem, source, start, title } from './source.ts';
import { Stages } from './stages.tsx';
import { Transport } from './transport.tsx';
import { ACT_NAMES, ACT_STORIES } from './theatre-text.ts';

function Page() {
  return (
    <div class="theatre">
      <header>
        <h1>One offer, one winner</h1>
        <IconButton icon="theme" label="Switch theme" onClick={switchTheme} />
        <IconButton icon="help" label="Keys" onClick={openHelp} />
      </header>
      <main>
        <Intro />
        {source.value === 'live' && <Acts />}
        {problem.value !== null && (
          <p class="trouble" role="alert">
            {problem.value}
          </p>
        )}
        {source.value === 'none' ? <Nothing /> : <Shown />}
        <Files />
      </main>
      <FileDrop />
      <TheatreKeys />
    </div>
  );
}

function Intro() {
  const { offer } = scene.value;
  if (offer !== null)
    return (
      <p class="intro">
        <b>{ACT_NAMES[offer.act]}.</b> {ACT_STORIES[offer.act]}
      </p>
    );
  return <p class="intro">{INTROS[source.value]}</p>;
}

const INTROS = {
  live: 'A dozen real desks, slowed down. Announce an offer, break something, and see which desk gets it.',
  recording: 'A recording.',
  over: '',
  none: '',
} as const;

function Shown() {
  return (
    <>
      {source.value === 'over' && (
        <p class="trouble" role="alert">
          The demo has ended. This is its recording.
        </p>
      )}
      {source.value === 'recording' && title.value !== '' && <p class="faint">Recording: {title.value}</p>}
      <Transport />
      <Stages />
    </>
  );
}

function Nothing() {
  return (
    <EmptyState title="No recording yet">
      <p>Choose a recording below, or drop one onto this page.</p>
      <p>
        <code>grapevine demo --page</code> starts a theatre with real desks.
      </p>
    </EmptyState>
  );
}

startTheme();
void start();
const root = document.getElementById('app');
if (root !== null) render(<Page />, root);
