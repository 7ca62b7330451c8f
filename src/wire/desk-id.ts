/** A desk's id is an ed25519 public key in 64 lower-case hex digits; a client of the original draws 16 of them. */
const DESK_ID = /^[0-9a-f]{64}$/;

export function isDeskId(id: string): boolean {
  return DESK_ID.test(id);
}
