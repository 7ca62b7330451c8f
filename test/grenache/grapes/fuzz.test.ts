/**
 * Packets of any form into running grapes, over UDP. `FUZZ_RUNS=1000000 npx vitest run test/grenache/grapes/fuzz.test.ts`
 * sends a million; `npm test` sends a few thousand. After each batch the grape must still answer.
 */
import * as bencode from 'bencode';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startLocalGrapes } from '../../../testing/local-grapes.ts';
import { FORMS, id } from './dht-packets.ts';
import { Stranger } from './stranger.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 5_000);
const BATCH = 50;
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);

const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    bytes,
    fc.constantFrom(id, Buffer.alloc(6, 1), Buffer.alloc(26, 2), Buffer.alloc(65_000)),
    fc.integer(),
    fc.constantFrom(0, -1, 65_535, 65_536, Number.MAX_SAFE_INTEGER),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ maxLength: 8 }), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const field = fc.constantFrom(
  ...['t', 'y', 'q', 'a', 'r', 'e', 'id', 'target', 'info_hash', 'token', 'port', 'implied_port'],
  ...['v', 'k', 'sig', 'seq', 'cas', 'salt', 'nodes', 'values'],
);
const form = fc.constantFrom(...FORMS);

/** A good packet of which some fields are anything, at the top or within. */
const almost = fc
  .tuple(form, fc.dictionary(field, anything, { maxKeys: 3 }), fc.boolean())
  .map(([good, other, inside]) => {
    const name = good.a === undefined ? 'r' : 'a';
    return bencode.encode(inside ? { ...good, [name]: { ...good[name], ...other } } : { ...good, ...other });
  });
const made = fc
  .tuple(fc.constantFrom('q', 'r', 'e', 'x'), fc.dictionary(field, anything, { maxKeys: 5 }))
  .map(([y, rest]) => bencode.encode({ t: Buffer.from('aa'), y, ...rest }));
const damaged = fc
  .tuple(form, fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 4 }), fc.nat(300))
  .map(([good, changes, end]) => {
    const packet = Buffer.from(bencode.encode(good));
    for (const [at, byte] of changes) packet[at % packet.length] = byte;
    return end < packet.length && end % 4 === 0 ? packet.subarray(0, end) : packet;
  });
const packet = fc
  .oneof(
    bytes,
    almost,
    made,
    damaged,
    form.map((good) => bencode.encode(good)),
  )
  .filter(({ length }) => length < 65_000);

it(
  `${RUNS} packets of any form crash no grape`,
  async () => {
    const grapes = await startLocalGrapes();
    const stranger = await Stranger.start();
    let sent = 0;
    const answers = fc.asyncProperty(
      fc.array(packet, { minLength: BATCH, maxLength: BATCH, size: 'max' }),
      async (packets) => {
        const { dhtPort = 0 } = grapes.nodes[(sent / BATCH) % 2] ?? {};
        for (const one of packets) await stranger.send(one, dhtPort);
        sent += packets.length;
        await stranger.pong(dhtPort);
      },
    );
    await fc.assert(answers, { numRuns: Math.ceil(RUNS / BATCH), seed: SEED, endOnFailure: true });
    expect(sent).toBeGreaterThanOrEqual(RUNS);
    await stranger.stop();
    await grapes.stop();
  },
  RUNS * 5 + 30_000,
);
