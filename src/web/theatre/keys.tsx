/** The keys of the theatre. */
import { ACTS } from '../../demo/recording.ts';
import { switchTheme } from '../theme.ts';
import { Keys, openHelp, type Key } from '../ui/keys.tsx';
import { end, seek, stepBy } from './player.ts';
import { toggle } from './transport.tsx';
import { ACT_NAMES } from './theatre-text.ts';

const KEYS: readonly Key[] = [
  { key: ' ', shown: 'Space', text: 'Pause or play', press: toggle },
  { key: 'ArrowRight', shown: '→', text: 'Next step', press: () => stepBy(1) },
  { key: 'ArrowLeft', shown: '←', text: 'Previous step', press: () => stepBy(-1) },
  { key: 'Home', text: 'To the beginning', press: () => seek(0) },
  { key: 'End', text: 'To the end', press: () => seek(end.value) },
  ...ACTS.map((name, index): Key => {
    const key = `${index + 1}`;
    return { key, text: ACT_NAMES[name], press: () => pressButton(key) };
  }),
  { key: 'b', text: 'Repair everything', press: () => pressButton('b') },
  { key: 't', text: 'Light or dark', press: switchTheme },
  { key: '?', text: 'Show this list', press: openHelp },
];

function pressButton(key: string): void {
  document.querySelector<HTMLButtonElement>(`.acts [aria-keyshortcuts="${key}"]`)?.click();
}

/** The focused button handles space itself, and the focused slider handles the arrows. */
function isHandledByFocus(target: HTMLElement, key: string): boolean {
  if (target.matches('button, a') && key === ' ') return true;
  return target.matches('input') && (key.startsWith('Arrow') || key === 'Home' || key === 'End' || key === ' ');
}

export function TheatreKeys() {
  return <Keys keys={KEYS} isHandledByFocus={isHandledByFocus} />;
}
