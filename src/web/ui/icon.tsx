/** Icons, one path each, in the colour of the text. Hidden from screen readers. */
const PATHS = {
  book: 'M4 5h16M4 10h16M4 15h10M4 20h7',
  work: 'M4 12.5 9 17.500 20 6.500',
  deals: 'M7 7h13l-3.500-3.500M17 17H4l3.500 3.500',
  network: 'M12 5v5m0 0-6 6m6-6 6 6M12 5a2 2 0 1 0 0-.01M6 17.500a2 2 0 1 0 0-.01M18 17.500a2 2 0 1 0 0-.01',
  settings: 'M4 7h9m5 0h2M4 17h3m5 0h8M15.500 4.500v5M9.500 14.500v5',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 20 20',
  down: 'm6 9 6 6 6-6',
  up: 'm6 15 6-6 6 6',
  before: 'm15 6-6 6 6 6M6 6v12',
  after: 'm9 6 6 6-6 6M18 6v12',
  save: 'M12 4v11m0 0-4.500-4.500M12 15l4.500-4.500M5 20h14',
  theme: 'M12 4a8 8 0 1 0 8 8 6 6 0 0 1-8-8Z',
  help: 'M9 9a3 3 0 1 1 4 2.800c-.7.300-1 .8-1 1.700V14M12 17.500v.01',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  seal: 'M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6l7-3Zm-3 9 2.200 2.200L15.500 10',
  warning: 'M12 4 2.500 20h19L12 4Zm0 6v4.500m0 2.700v.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
