/** Builds commands for hints with the same `--data-dir` and `--config` as the present one: otherwise they would be about another desk. */

export interface Called {
  readonly dataDir?: string | undefined;
  /** The file of `--config`. */
  readonly config?: string | undefined;
}

/** The options of a command that select its desk. */
export function calledWith({ dataDir, config }: Readonly<Record<string, unknown>>): Called {
  return {
    dataDir: typeof dataDir === 'string' ? dataDir : undefined,
    config: typeof config === 'string' ? config : undefined,
  };
}

/** Flags that select the same desk, after a space; empty if there were none. The environment applies anyway. */
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

/** Quoted for a shell. */
function quoted(path: string): string {
  return /^[\w./~+@:,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
