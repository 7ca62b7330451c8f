/** The name of the service that desks in several networks announce: they pass on what is sealed to desks elsewhere. */
export function relayKeyOf(broadcastKey: string): string {
  return `${broadcastKey}/relay`;
}
