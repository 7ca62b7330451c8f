/** Light or dark: the system's, or the one that was chosen here (see public/theme.js for the first paint). */
import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'grapevine.theme';
const isDark = matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(stored());
/** Counts up when colours change, for what is painted and not styled. */
export const repaint = signal(0);

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
  } catch {
    return 'system';
  }
}

export function startTheme(): void {
  effect(() => {
    const { dataset } = document.documentElement;
    if (theme.value === 'system') delete dataset['theme'];
    else dataset['theme'] = theme.value;
    try {
      localStorage.setItem(KEY, theme.value);
    } catch {
      // It lasts as long as the page.
    }
    repaint.value = repaint.peek() + 1;
  });
  isDark.addEventListener('change', () => {
    repaint.value += 1;
  });
}

/** The other one than what is seen now. */
export function switchTheme(): void {
  const seen = theme.value === 'system' ? (isDark.matches ? 'dark' : 'light') : theme.value;
  theme.value = seen === 'dark' ? 'light' : 'dark';
}
