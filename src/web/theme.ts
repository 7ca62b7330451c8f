/** The theme: light, dark, or that of the system. public/theme.js sets it before the first paint. */
import { computed, effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'grapevine.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const isSystemDark = signal(system.matches);

export const theme = signal<Theme>(stored());
/** The theme in use. */
const current = computed(() => (theme.value === 'system' ? (isSystemDark.value ? 'dark' : 'light') : theme.value));
/** Increases when the theme changes. Charts are redrawn then, as CSS can't restyle a canvas. */
export const themeVersion = signal(0);

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
    document.documentElement.dataset['theme'] = current.value;
    themeVersion.value = themeVersion.peek() + 1;
  });
  effect(() => {
    try {
      localStorage.setItem(KEY, theme.value);
    } catch {
      // Without storage, the choice lasts until the page is closed.
    }
  });
  system.addEventListener('change', () => {
    isSystemDark.value = system.matches;
  });
}

export function switchTheme(): void {
  theme.value = current.value === 'dark' ? 'light' : 'dark';
}
