/** Settings as text and JSON. No setting contains a secret, only names of files with secrets. */
import { ruleToText } from '../rules/rule-text.ts';
import type { PairScale } from './pair-scale.ts';
import type { DeskSettings, SettingName } from './settings-table.ts';

type SettingJson = string | number | boolean | null | readonly string[] | Readonly<Record<string, PairScale>>;

/** Rules as text, pairs as an object; all others unchanged. */
export function valueToJson(settings: DeskSettings, name: SettingName): SettingJson {
  switch (name) {
    case 'accept':
      return settings.accept.map(ruleToText);
    case 'pairs':
      return Object.fromEntries(settings.pairs);
    default:
      return settings[name];
  }
}

/** One text, or one for each item of a list. */
export function valueToTexts(settings: DeskSettings, name: SettingName): readonly string[] {
  if (name === 'pairs') return nonEmpty([...settings.pairs].map(pairToText));
  const value = valueToJson(settings, name);
  if (Array.isArray(value)) return nonEmpty(value as readonly string[]);
  return [value === null ? '-' : `${value as string | number | boolean}`];
}

function nonEmpty(texts: readonly string[]): readonly string[] {
  return texts.length === 0 ? ['none'] : texts;
}

function pairToText([pair, { amountScale, priceScale }]: readonly [string, PairScale]): string {
  const parts = [
    amountScale === null ? [] : `amounts ${amountScale}`,
    priceScale === null ? [] : `prices ${priceScale}`,
  ];
  return `${pair}: ${parts.flat().join(', ')} decimals`;
}
