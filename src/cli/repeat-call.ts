/** Hints that repeat how a command was called: without the same `--data-dir`, the next one would be about another desk. */

export interface Called {
  readonly dataDir?: string | undefined;
  /** The file behind `--config`. */
  readonly config?: string | undefined;
}

/** What of the options of a command names its desk. */
export function calledWith({ dataDir, config }: Readonly<Record<string, unknown>>): Called {
  return {
    dataDir: typeof dataDir === 'string' ? dataDir : undefined,
    config: typeof config === 'string' ? config : undefined,
  };
}

/** What names the desk, with a space before it; empty when nothing was named. The environment counts again by itself. */
export function sameDesk({ dataDir, config }: Called): string {
  const parts = [
    ...(dataDir === undefined ? [] : ['--data-dir', quoted(dataDir)]),
    ...(config === undefined ? [] : ['--config', quoted(config)]),
  ];
  return parts.map((part) => ` ${part}`).join('');
}

/** `grapevine up --data-dir ./desk`. */
export function upLike(called: Called): string {
  return `grapevine up${sameDesk(called)}`;
}

/** As a shell reads it. */
export function quoted(path: string): string {
  return /^[\w./~+@:,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
