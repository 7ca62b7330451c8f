// Sets the theme before the first paint: the stored choice, else the system's. A separate file, as the Content-Security-Policy forbids inline scripts.
let chosen = null;
try {
  chosen = localStorage.getItem('grapevine.theme');
} catch {
  // There is no storage: use the system's theme.
}
const isChosen = chosen === 'light' || chosen === 'dark';
const isDark = isChosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
