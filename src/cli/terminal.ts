/** What the output can show. Colours only on terminals, and never with `NO_COLOR`. */
import pc from 'picocolors';

export type Paint = ReturnType<typeof pc.createColors>;

export interface Screen {
  /** Columns; Infinity if unknown, so that programs that read the output get everything. */
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
}

/** Without a terminal, `isTTY` is missing, although node's types say otherwise. */
type Terminal = Pick<NodeJS.WriteStream, 'columns' | 'rows'> & { readonly isTTY?: boolean | undefined };

const WIDTH = 80;
const HEIGHT = 24;

export function screenOf(stream: Terminal = process.stdout, env = process.env): Screen {
  // Explicit: by default the library guesses, and prints colours in CI.
  const isTerminal = stream.isTTY === true;
  const wanted = Number(env['COLUMNS']);
  // A terminal without a known size reports 0.
  const width = isTerminal ? stream.columns || WIDTH : wanted > 0 ? wanted : Infinity;
  const colours = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return { width, height: (isTerminal && stream.rows) || HEIGHT, paint: pc.createColors(colours) };
}
