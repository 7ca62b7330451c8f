/** Light or dark: the system's, or the one that was chosen here (see public/theme.js for the first paint). */
import { computed, effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'grapevine.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(system.matches);

export const theme = signal<Theme>(stored());
/** The one that is seen. */
const seen = computed(() => (theme.value === 'system' ? (isSystemDark.value ? 'dark' : 'light') : theme.value));
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
    document.documentElement.dataset['theme'] = seen.value;
    repaint.value = repaint.peek() + 1;
  });
  effect(() => {
    try {
      localStorage.setItem(KEY, theme.value);
    } catch {
      // It lasts as long as the page.
    }
  });
  system.addEventListener('change', () => {
    isSystemDark.value = system.matches;
  });
}

/** The other one than what is seen now. */
export function switchTheme(): void {
  theme.value = seen.value === 'dark' ? 'light' : 'dark';
}
