/** A text page without scripts, for browsers without a session; and the headers of all pages. */
import { createHash } from 'node:crypto';

interface PlainContent {
  readonly title: string;
  readonly text: string;
  /** The code of an error. */
  readonly code?: string;
  readonly link?: { readonly to: string; readonly text: string };
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1d1826; --soft: #5c5468; --paper: #fbfaf8; --card: #fff; --line: #e2ddd8; --accent: #6d2a83 }
@media (prefers-color-scheme: dark) { :root { --ink: #efeaf4; --soft: #aaa1b8; --paper: #15121b; --card: #1d1925; --line: #352f40; --accent: #d09be6 } }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
main { max-width: 30rem; margin: 1.5rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px }
h1 { margin: 0 0 .5rem; font-size: 1.35rem; line-height: 1.25 }
p { margin: 0 0 .75rem; color: var(--soft) }
code { font: .8125rem/1.5 ui-monospace, monospace; color: var(--soft) }
a { color: var(--accent) }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Allows no foreign resources, no inline code and no frames. */
export function pageHeaders(style = "'self'"): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${style}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };
}

export function plainPage(content: PlainContent): { html: string; headers: Readonly<Record<string, string>> } {
  const { title, text, code, link } = content;
  const lines = [
    `<h1>${escaped(title)}</h1>`,
    `<p>${escaped(text)}</p>`,
    ...(link === undefined ? [] : [`<p><a href="${escaped(link.to)}">${escaped(link.text)}</a></p>`]),
    ...(code === undefined ? [] : [`<code>${escaped(code)}</code>`]),
  ];
  const head =
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
    `<title>${escaped(title)} - Grapevine</title><style>${STYLE}</style>`;
  const html = `<!doctype html><html lang="en"><head>${head}</head><body><main>${lines.join('')}</main></body></html>`;
  return { html, headers: pageHeaders(`'sha256-${STYLE_HASH}'`) };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}
