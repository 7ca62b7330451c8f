/** Reads rules from tables of a config file or from JSON, with the same words and meaning as in a line of text. */
import { z } from 'zod';
import { GrapevineError } from '../protocol/errors.ts';
import type { Decimal } from '../protocol/ids.ts';
import { decimalFromText } from '../wire/decimal.ts';
import { deskIdFromText } from '../wire/names.ts';
import { didYouMean } from './nearest-word.ts';
import {
  assertMakesSense,
  LIMIT_FIELDS,
  ruleError,
  type DetailCondition,
  type Limit,
  type LimitField,
  type Rule,
} from './rule.ts';
import {
  dealsFromText,
  detailFieldFromText,
  detailValueFromText,
  leftFromText,
  pairPatternFromText,
  referencePatternFromText,
  textOf,
} from './rule-values.ts';

const OPERATOR_OF = { min: '>=', max: '<=', above: '>', below: '<', is: '=' } as const;
const BOUNDS = Object.keys(OPERATOR_OF) as (keyof typeof OPERATOR_OF)[];

const bound = {
  amount: read((value) => decimalFromText(textOf(value))),
  left: read((value) => leftFromText(textOf(value))),
};

const ruleTableSchema = z.strictObject({
  deny: z.boolean('must be true or false').default(false),
  type: z.enum(['buy', 'sell', 'job'], 'must be "buy", "sell" or "job"').nullable().default(null),
  pair: listOf(pairPatternFromText).nullable().default(null),
  amount: bounds('amount'),
  price: bounds('price'),
  total: bounds('total'),
  left: bounds('left'),
  reference: listOf(referencePatternFromText).nullable().default(null),
  details: read(detailsFromTable).default([]),
  maker: listOf(deskIdFromText).nullable().default(null),
  'not-maker': listOf(deskIdFromText).default([]),
  verified: z.boolean('must be true or false').nullable().default(null),
  'daily-amount': bound.amount.nullable().default(null),
  'daily-deals': read((value) => dealsFromText(textOf(value)))
    .nullable()
    .default(null),
});

/**
 * @param table `{ type?, pair?, amount?: { min?, max?, above?, below?, is? }, price?, total?, left?, reference?,
 * details?: { FIELD: text | list of texts | { min?, max?, above?, below? } }, maker?, not-maker?, verified?, daily-amount?, daily-deals?, deny? }`; fractions as text, whole numbers also as numbers or bigints, times as `30s`
 * @throws GrapevineError ERR_RULE that names the key and what is allowed
 */
export function ruleFromTable(table: unknown): Rule {
  const result = ruleTableSchema.safeParse(table);
  if (!result.success) throw ruleError(describe(result.error));
  const { deny, type, pair: pairs, reference: references, details, maker: makers, verified, ...rest } = result.data;
  const amount = rest['daily-amount'];
  const deals = rest['daily-deals'];
  const rule: Rule = {
    deny,
    type,
    pairs,
    limits: LIMIT_FIELDS.flatMap((field) => rest[field]),
    references,
    details,
    makers,
    notMakers: rest['not-maker'],
    verified,
    daily: amount === null && deals === null ? null : { amount, deals },
  };
  assertMakesSense(rule);
  return rule;
}

function bounds(field: LimitField): z.ZodType<readonly Limit[]> {
  const value: z.ZodType<Decimal> = field === 'left' ? bound.left : bound.amount;
  const shape = Object.fromEntries(BOUNDS.map((name) => [name, value.optional()]));
  return z
    .strictObject(shape, {
      error: (issue) => (issue.code === 'invalid_type' ? `must be a table like ${exampleOf(field)}` : undefined),
    })
    .default({})
    .transform((table) =>
      BOUNDS.flatMap((name): readonly Limit[] => {
        const found = table[name];
        return found === undefined ? [] : [{ field, operator: OPERATOR_OF[name], value: found }];
      }),
    );
}

/** A field equals one of some texts, or is a number within bounds. */
function detailsFromTable(value: unknown): readonly DetailCondition[] {
  if (!isTable(value)) throw ruleError('must be a table like { kind = "render", size = { max = 100 } }');
  return Object.entries(value).flatMap(([name, wanted]): readonly DetailCondition[] => {
    const field = detailFieldFromText(name);
    if (isTable(wanted)) return Object.entries(wanted).map(([bound, limit]) => numberCondition(field, bound, limit));
    const texts: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (texts.length === 0) throw ruleError(`${name}: must name at least one`);
    const values = texts.map((text) => detailValueFromText(typeof text === 'boolean' ? String(text) : textOf(text)));
    return [{ field, operator: '=', values }];
  });
}

function numberCondition(field: string, bound: string, limit: unknown): DetailCondition {
  const operator = Object.hasOwn(OPERATOR_OF, bound) ? OPERATOR_OF[bound as keyof typeof OPERATOR_OF] : null;
  if (operator === null || operator === '=') throw ruleError(`${field}.${bound}: allowed are min, max, above, below`);
  return { field, operator, value: decimalFromText(textOf(limit)) };
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function exampleOf(field: LimitField): string {
  return field === 'left' ? '{ min = "30s" }' : '{ min = "0.1", max = "2" }';
}

/** One text, or a list of texts. */
function listOf<Value>(readOne: (text: string) => Value): z.ZodType<readonly Value[]> {
  return read((value) => {
    const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (texts.length === 0) throw ruleError('must name at least one');
    return texts.map((text) => {
      if (typeof text !== 'string') throw ruleError('must be a text or a list of texts');
      return readOne(text);
    });
  });
}

function read<Value>(reader: (value: unknown) => Value): z.ZodType<Value> {
  return z.unknown().transform((value, context): Value => {
    try {
      return reader(value);
    } catch (error) {
      if (!(error instanceof GrapevineError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'invalid';
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.path.map(String), issue.keys[0] ?? '');
  if (issue.path.length === 0) return 'must be a table like { type = "sell", pair = "BTC/USD" }';
  return `${issue.path.map(String).join('.')}: ${issue.message}`;
}

function unknownKey(path: readonly string[], key: string): string {
  const allowed = path.length === 0 ? Object.keys(ruleTableSchema.shape) : BOUNDS;
  const name = [...path, key.slice(0, 40)].join('.');
  return `nothing is called "${name}"${didYouMean(key, allowed)}; allowed are ${allowed.join(', ')}`;
}
