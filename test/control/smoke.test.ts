import { it } from 'vitest';
import { startControl } from '../../testing/control-world.ts';
import { pretendOffer } from '../../testing/pretend-desk.ts';
it('smoke', async () => {
  const w = await startControl({ port: 0 });
  const c = w.client();
  console.log(w.socketPath, w.url, w.tokenFile);
  console.log(await c.desk(), await c.ready(), await c.offers());
  w.desk.book=[pretendOffer()];
  console.log(await c.offer('0123'));
  console.log(JSON.stringify(await c.openapi(),null,1).slice(0,6000));
  console.log((await c.metrics()).slice(0,1000));
  const s = new AbortController();
  const it = c.events({signal:s.signal});
  console.log(await it.next());
  s.abort();
  console.log(await it.next());
});
