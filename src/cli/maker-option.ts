/** The option `--maker`, needed if two makers use the same id. */
import { Option } from 'commander';
import { readId } from './option-readers.ts';

export interface OfferNaming {
  readonly maker?: string;
}

export function makerOption(): Option {
  return new Option('--maker <desk>', 'maker of the offer, if two makers use the same id').argParser(readId);
}
