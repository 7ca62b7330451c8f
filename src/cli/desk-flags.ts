/** The flags that select a desk, `--data-dir` and `--config`: commands in hints have those of the present command. */

export interface DeskSelection {
  readonly dataDir?: string | undefined;
  /** The file of `--config`. */
  readonly config?: string | undefined;
}

export function deskSelection({ dataDir, config }: Readonly<Record<string, unknown>>): DeskSelection {
  return {
    dataDir: typeof dataDir === 'string' ? dataDir : undefined,
    config: typeof config === 'string' ? config : undefined,
  };
}

/** The flags, each after a space; empty without any. */
export function deskFlags({ dataDir, config }: DeskSelection): string {
  const parts = [
    ...(dataDir === undefined ? [] : ['--data-dir', quoted(dataDir)]),
    ...(config === undefined ? [] : ['--config', quoted(config)]),
  ];
  return parts.map((part) => ` ${part}`).join('');
}

/** `grapevine up --data-dir ./desk`. */
export function upCommand(selection: DeskSelection): string {
  return `grapevine up${deskFlags(selection)}`;
}

/** Quoted for a shell. */
function quoted(path: string): string {
  return /^[\w./~+@:,-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
