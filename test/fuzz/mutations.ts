/** Almost-valid values: whatever is valid, with some places changed. */
import fc from 'fast-check';

/** Values that decoders stumble over. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e21,
    2 ** 53,
    '',
    ' ',
    '0',
    '-0',
    '1e9',
    '\u0000',
    '\n',
    '__proto__',
    [],
    {},
  ),
  fc.constantFrom<unknown>('x'.repeat(65), 'f'.repeat(64), 'A'.repeat(86), [[[[]]]], { constructor: 1 }, 'é', '\ud800'),
  fc.jsonValue({ maxDepth: 2 }),
);

export interface Mutation {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'add' | 'copy';
  readonly name: string;
  readonly value: unknown;
}

export const anyMutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(1_000),
  how: fc.constantFrom('replace', 'remove', 'add', 'copy'),
  name: fc.constantFrom('auth', 'sig', 'nonce', 'epoch', 'unitPrice', 'to', 'award', 'source', '__proto__', 'extra'),
  value: odd,
});

export const someMutations = fc.array(anyMutation, { minLength: 1, maxLength: 3 });

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** A changed copy of a JSON value. */
export function mutated(value: unknown, mutations: readonly Mutation[]): unknown {
  const root = { value: copied(value) };
  // Copies, or a value could come to hold itself.
  for (const mutation of mutations) apply(root, { ...mutation, value: copied(mutation.value) });
  // As JSON has it: what was taken out of an array leaves no hole.
  return copied(root.value);
}

function apply(root: { value: unknown }, { at, how, name, value }: Mutation): void {
  const places = placesIn({ holder: root, key: 'value' });
  const place = places[at % places.length];
  const other = places[(at * 7 + 3) % places.length];
  if (place === undefined || other === undefined) return;
  const { holder, key } = place;
  const found = holder[key];
  if (how === 'remove' && holder !== root) Reflect.deleteProperty(holder, key);
  else if (how === 'add' && isObject(found)) define(found, name, value);
  else if (how === 'copy') define(holder, key, copied(other.holder[other.key] ?? null));
  else define(holder, key, value);
}

function copied(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** `__proto__` is a name like any other in JSON. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function placesIn(place: Place): Place[] {
  const value = place.holder[place.key];
  if (!isObject(value)) return [place];
  return [place, ...Object.keys(value).flatMap((key) => placesIn({ holder: value, key }))];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Text with some characters changed, doubled, cut out. */
export function mutatedText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.record({ at: fc.nat(5_000), cut: fc.nat(6), insert: fc.string({ unit: 'binary', maxLength: 4 }) });
  return fc.tuple(valid, fc.array(change, { minLength: 1, maxLength: 4 })).map(([text, changes]) =>
    changes.reduce((before, { at, cut, insert }) => {
      const from = at % (before.length + 1);
      return before.slice(0, from) + insert + before.slice(from + cut);
    }, text),
  );
}
