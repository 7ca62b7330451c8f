/** A desk's id is an ed25519 public key in 64 lower-case hex digits; the id of a client of the original has 16. */
const DESK_ID = /^[0-9a-f]{64}$/;

export function isDeskId(id: string): boolean {
  return DESK_ID.test(id);
}
