/** Random choices inside a pure step: a step is given one random number, and all its draws are made from that number. */

/** A whole number from 0, less than `count`. */
export type Draw = (count: number) => number;

/**
 * Each draw takes the leading digits of the number, and leaves the rest to the next draw.
 * @param random called once, at the first draw; returns at least 0 and less than 1
 */
export function drawsFrom(random: () => number): Draw {
  let rest: number | null = null;
  return (count) => {
    const scaled = (rest ?? random()) * count;
    const drawn = Math.min(Math.floor(scaled), count - 1);
    rest = scaled - drawn;
    return drawn;
  };
}
