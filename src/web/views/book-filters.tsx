/** What of the book is shown. */
import { Icon } from '../ui/icon.tsx';
import { Check, into, PairSelect, Segments, Select } from '../ui/controls.tsx';
import { filters, pairs } from './book-order.ts';

const WHOSE: readonly (readonly [typeof filters.whose.value, string])[] = [
  ['all', 'All'],
  ['mine', 'Mine'],
  ['others', 'Others'],
  ['forMe', 'For me'],
];
const TYPES: readonly (readonly [typeof filters.type.value, string])[] = [
  ['', 'All types'],
  ['buy', 'Buy'],
  ['sell', 'Sell'],
  ['job', 'Jobs'],
];

export function BookFilters() {
  const { whose, type, pair, withEnded } = filters;
  return (
    <div class="filters" role="search" aria-label="Filter the book">
      <FindField />
      <Segments label="Whose offers" value={whose.value} options={WHOSE} onChange={into(whose)} />
      <Select label="Type" value={type.value} options={TYPES} onChange={into(type)} />
      <PairSelect pair={pair} names={pairs.value} />
      <Check isOn={withEnded.value} onChange={into(withEnded)}>
        Ended too
      </Check>
    </div>
  );
}

function FindField() {
  const { text } = filters;
  return (
    <label class="search">
      <span class="unseen">Find by maker, offer or pair</span>
      <Icon name="search" size={16} />
      <input
        id="find"
        type="search"
        placeholder="Maker, offer, pair"
        value={text.value}
        aria-keyshortcuts="/"
        spellcheck={false}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
