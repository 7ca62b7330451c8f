/** Bounds of rules about which offers to take. */
export const RULES_LIMITS = {
  /** Rules about which offers to take. */
  rulesMax: 256,
  /** One rule as text. */
  ruleTextMaxLength: 20_480,
  /** Pairs in one rule, and makers in one rule. */
  rulePairsMax: 64,
  ruleMakersMax: 128,
  /** Fields of details in one rule, and the length of a field's name and of one value. */
  ruleDetailsMax: 16,
  ruleDetailMaxLength: 64,
  /** A file of offers to try rules on. */
  offerFileMaxBytes: 16 * 1024 * 1024,
} as const;
