/** Limits of rules. */
export const RULES_LIMITS = {
  /** Rules in force. */
  rulesMax: 256,
  /** Length of one rule as text. */
  ruleTextMaxLength: 20_480,
  /** Pairs in one rule, and makers in one rule. */
  rulePairsMax: 64,
  ruleMakersMax: 128,
  /** Fields of details in one rule, and the length of a field's name and of one value. */
  ruleDetailsMax: 16,
  ruleDetailMaxLength: 64,
  /** Size of a file with offers to test rules on. */
  offerFileMaxBytes: 16 * 1024 * 1024,
} as const;
