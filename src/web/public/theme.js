// Before the first paint: the theme that was chosen last, else the system's. A script of its own, as the policy allows none within the page.
let chosen = null;
try {
  chosen = localStorage.getItem('grapevine.theme');
} catch {
  // Without storage, the system's theme.
}
const isChosen = chosen === 'light' || chosen === 'dark';
const isDark = isChosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
