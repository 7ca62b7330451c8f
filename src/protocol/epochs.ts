/**
 * Epochs number the reservations of an offer. None is ever used twice: a confirmation of one reservation must not count for
 * another. A reservation need not be durable before it is sent, so a crash may forget it. Therefore the number of the maker's life
 * (durable at each start, see `Journal.life`) is the high part of every epoch: a reservation that was forgotten has a smaller epoch
 * than all that follow.
 */

/** Reservations that one offer can have within one life; and 2^33 lives still fit into a safe integer. */
export const EPOCHS_PER_LIFE = 2 ** 20;

/** Smaller than every epoch of this life, and greater than every epoch of earlier ones. */
export function epochBase(life: number): number {
  return life * EPOCHS_PER_LIFE;
}

/**
 * @param latest the latest epoch of the offer, as far as its journal tells; journals from before lives have small ones
 * @returns null when this life's epochs are used up: the offer is not reserved any more before the next start
 */
export function nextEpoch(latest: number, life: number): number | null {
  const next = Math.max(latest, epochBase(life)) + 1;
  return next < epochBase(life + 1) ? next : null;
}
