/** The page of the theatre: it needs no desk, only a recording, which may be growing. */
import { render } from 'preact';
import '../design/tokens.css';
import '../design/base.css';
import '../design/controls.css';
import './theatre.css';
import { startTheme, switchTheme } from '../theme.ts';
import { Empty, IconButton } from '../ui/controls.tsx';
import { Acts } from './acts.tsx';
import { FileDrop, Files } from './files.tsx';
import { openHelp } from '../ui/keys.tsx';
import { TheatreKeys } from './keys.tsx';
import { scene } from './player.ts';
import { problem, source, start, title } from './source.ts';
import { Stages } from './stages.tsx';
import { Transport } from './transport.tsx';
import { ACT_NAMES, ACT_STORIES } from './words.ts';

function Page() {
  return (
    <div class="theatre">
      <header>
        <h1>One offer, one winner</h1>
        <IconButton icon="theme" label="Light or dark" onClick={switchTheme} />
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
  live: 'A dozen real desks, slowed down. Announce an offer, break something, and see who gets it.',
  recording: 'A recording.',
  over: 'The desks are gone. What you see is their recording.',
  none: '',
} as const;

function Shown() {
  return (
    <>
      {source.value === 'over' && (
        <p class="trouble" role="alert">
          The demo has ended. What you see is its recording.
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
    <Empty title="Nothing is shown yet">
      <p>Choose a recording below, or drop one onto this page.</p>
      <p>
        <code>grapevine demo --page</code> starts a theatre with real desks.
      </p>
    </Empty>
  );
}

startTheme();
void start();
const root = document.getElementById('app');
if (root !== null) render(<Page />, root);
