/** Reads all rules of a desk. */
import { RULES_LIMITS } from './limits.ts';
import { ruleError, type Rule } from './rule.ts';
import { ruleFromTable } from './rule-table.ts';
import { ruleFromText } from './rule-text.ts';
import { atPlace } from './rule-values.ts';

/** The word for no rules: nothing is accepted. */
const NONE = 'none';

/**
 * @param texts one rule each, or only `none`
 * @throws GrapevineError ERR_RULE
 */
export function rulesFromTexts(texts: readonly string[]): readonly Rule[] {
  if (texts.length === 1 && texts[0]?.trim() === NONE) return [];
  if (texts.some((text) => text.trim() === NONE)) throw ruleError('"none" takes nothing, so that it stands alone');
  assertNotTooMany(texts.length);
  return texts.map((text) => ruleFromText(text));
}

/**
 * @param value of a config file or JSON: one rule as text, or a list of rules, each a text or a table
 * @throws GrapevineError ERR_RULE
 */
export function rulesFromValue(value: unknown): readonly Rule[] {
  if (typeof value === 'string') return rulesFromTexts([value]);
  if (!Array.isArray(value)) throw ruleError('must be a rule as text, like "all", or a list of rules');
  assertNotTooMany(value.length);
  return value.map((item: unknown, index) => {
    const place = `rule ${index + 1}`;
    return atPlace(place, () => (typeof item === 'string' ? ruleFromText(item) : ruleFromTable(item)));
  });
}

function assertNotTooMany(count: number): void {
  if (count > RULES_LIMITS.rulesMax) throw ruleError(`a desk has ${RULES_LIMITS.rulesMax} rules at most`);
}
