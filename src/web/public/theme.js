// Before the first paint: the theme that was chosen last. A script of its own, as the policy allows none within the page.
try {
  const theme = localStorage.getItem('grapevine.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the system's theme.
}
