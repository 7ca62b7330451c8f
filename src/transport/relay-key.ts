/** The name of the service that desks in several networks announce, to relay sealed messages between the networks. */
export function relayKeyOf(broadcastKey: string): string {
  return `${broadcastKey}/relay`;
}
