/**
 * An epoch is the number of a reservation of an offer. No epoch is used twice, so that a confirmation of one
 * reservation never counts for another. A reservation need not be durable before its approval is sent, so a crash may
 * lose it. Therefore the high part of an epoch is the number of the maker's life, which is durable at each start
 * (`Journal.life`): a lost reservation has a smaller epoch than all later ones.
 */

/** The number of reservations of one offer in one life. 2^33 lives fit into a safe integer. */
export const EPOCHS_PER_LIFE = 2 ** 20;

/** Smaller than every epoch of this life, greater than those of earlier lives. */
export function epochBase(life: number): number {
  return life * EPOCHS_PER_LIFE;
}

/**
 * @param latest the latest epoch in the offer's journal; small in journals that were written before lives existed
 * @returns null when this life's epochs are used up: the offer can't be reserved again before the next start
 */
export function nextEpoch(latest: number, life: number): number | null {
  const next = Math.max(latest, epochBase(life)) + 1;
  return next < epochBase(life + 1) ? next : null;
}
