/** Defects after which the two sides of a deal disagree. */
import type { MakerState } from '../src/protocol/maker-state.ts';
import type { Decimal } from '../src/protocol/ids.ts';
import type { OfferTerms } from '../src/protocol/messages.ts';
import type { MakerRecord } from '../src/protocol/records.ts';
import type { TakerInput, StepResult } from '../src/protocol/step.ts';
import { wrongMaker, wrongTaker, type Mutant } from './mutant.ts';
import type { Tampering } from './sim-desk.ts';

/** A maker that ignores these parts of its terms, although its journal has them. */
function ignoring(
  parts: readonly ('to' | 'award' | 'windowMs')[],
  where: (terms: OfferTerms) => boolean = () => true,
): Tampering {
  return wrongMaker((step) => (state, input, now, ...rest) => {
    if (state === null || !where(state.terms)) return step(state, input, now, ...rest);
    const terms: OfferTerms = { ...state.terms };
    for (const part of parts) Reflect.deleteProperty(terms, part);
    const result = step({ ...state, terms }, input, now, ...rest);
    return withTerms(result, state.terms);
  });
}

function withTerms(
  result: StepResult<MakerState, MakerRecord>,
  terms: OfferTerms,
): StepResult<MakerState, MakerRecord> {
  if (result.state === null) return result;
  const effects = result.effects.map((effect) =>
    effect.kind === 'broadcast' && effect.message.cmd === 'offer:new' && terms.to === undefined
      ? { ...effect, message: { ...effect.message, terms } }
      : effect,
  );
  return { ...result, effects, state: { ...result.state, terms } };
}

const roundsAmounts = wrongTaker((step) => (state, input, ...rest) => {
  if (input.kind !== 'message' || input.message.cmd !== 'offer:new') return step(state, input, ...rest);
  const amount = BigInt(Math.round(Number(input.message.terms.amount))).toString() as Decimal;
  return step(state, { ...input, message: { ...input.message, terms: { ...input.message.terms, amount } } }, ...rest);
});

/** Replaces the price of the maker with the taker's own bid, so that the taker does not compare them. */
function asWeBid(input: TakerInput, unitPrice: Decimal | undefined): TakerInput {
  if (input.kind !== 'message') return input;
  const { message } = input;
  if (message.cmd !== 'offer:accept:approved' && message.cmd !== 'offer:done') return input;
  const said = { ...message };
  Reflect.deleteProperty(said, 'unitPrice');
  return { ...input, message: unitPrice === undefined ? said : { ...said, unitPrice } };
}

const losesBids: Tampering = {
  steps: (steps) => ({
    maker: (state, input, ...rest) => {
      if (input.kind !== 'message' || input.message.cmd !== 'offer:accept') return steps.maker(state, input, ...rest);
      const message = { ...input.message };
      Reflect.deleteProperty(message, 'unitPrice');
      return steps.maker(state, { ...input, message }, ...rest);
    },
    taker: (state, input, ...rest) => steps.taker(state, asWeBid(input, state?.unitPrice), ...rest),
  }),
};

const showsTheAskedPrice = wrongTaker((step) => (...args) => {
  const result = step(...args);
  const notices = result.notices.map((notice) => {
    const shown = { ...notice };
    if (shown.event === 'deal.won') Reflect.deleteProperty(shown, 'unitPrice');
    return shown;
  });
  return { ...result, notices };
});

export const AGREEMENT_MUTANTS: readonly Mutant[] = [
  { name: 'round-amounts', defect: 'a taker reads amounts as floating point numbers', tampering: roundsAmounts },
  {
    name: 'lose-bids',
    defect: 'a maker forgets the price of an acceptance, and its taker does not compare what it is approved at',
    tampering: losesBids,
  },
  { name: 'award-to-anybody', defect: 'an offer that is for some is given to others', tampering: ignoring(['to']) },
  {
    name: 'best-is-first',
    defect: 'a maker that waits for the best price takes the first',
    tampering: ignoring(['award', 'windowMs'], ({ award }) => award === 'best'),
  },
  {
    name: 'choose-without-the-operator',
    defect: 'an offer whose operator chooses goes to the first',
    tampering: ignoring(['award'], ({ award }) => award === 'manual'),
  },
  { name: 'show-the-asked-price', defect: 'a taker’s user is shown the asked price', tampering: showsTheAskedPrice },
];
