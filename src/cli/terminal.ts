/** What the place where we print can show. Colours are for terminals alone, and never where `NO_COLOR` says so. */
import pc from 'picocolors';

export type Paint = ReturnType<typeof pc.createColors>;

export interface Screen {
  readonly isTerminal: boolean;
  /** Columns; Infinity where nobody says, so that nothing is left out of what a program reads. */
  readonly width: number;
  readonly height: number;
  readonly paint: Paint;
}

/** `isTTY` is missing where there is no terminal, whatever the types of node say. */
type Terminal = Pick<NodeJS.WriteStream, 'columns' | 'rows'> & { readonly isTTY?: boolean | undefined };

const WIDTH = 80;
const HEIGHT = 24;

export function screenOf(stream: Terminal = process.stdout, env = process.env): Screen {
  // Said outright: a library that is told nothing guesses, and colours what CI prints.
  const isTerminal = stream.isTTY === true;
  const said = Number(env['COLUMNS']);
  // A terminal that was never told its size says 0.
  const width = isTerminal ? stream.columns || WIDTH : said > 0 ? said : Infinity;
  const colours = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return { isTerminal, width, height: (isTerminal && stream.rows) || HEIGHT, paint: pc.createColors(colours) };
}
