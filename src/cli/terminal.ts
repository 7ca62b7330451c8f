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

const HEIGHT = 24;

export function screenOf(stream: NodeJS.WriteStream = process.stdout, env = process.env): Screen {
  // Missing, not false, where there is no terminal: a library that is told nothing guesses, and colours what CI prints.
  const isTerminal = Boolean(stream.isTTY);
  const said = Number(env['COLUMNS']);
  const width = isTerminal ? stream.columns : said > 0 ? said : Infinity;
  const colours = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return { isTerminal, width, height: isTerminal ? stream.rows : HEIGHT, paint: pc.createColors(colours) };
}
