import { expect, it } from 'vitest';
import { NetworkPolicy } from '../../../src/grenache/discovery/network-policy.ts';
import { ChannelOpener } from '../../../src/grenache/rpc/channel-opener.ts';
import { silentLog } from '../../../src/ports/log.ts';
import { startRawServer, until } from '../../../testing/raw-http.ts';

it('opens no channel to an address that the policy refuses', async () => {
  const server = await startRawServer(() => undefined);
  const policy = new NetworkPolicy({ scope: 'local', log: silentLog, forbidden: [server.address] });
  const refused = new ChannelOpener(server.address, policy);
  const permitted = new ChannelOpener(server.address);
  refused.open();
  permitted.open();
  await until(() => server.connections > 0);
  expect(policy.refusals).toBe(1);
  expect(server.connections).toBe(1);
  refused.stop();
  permitted.stop();
  await server.stop();
});
