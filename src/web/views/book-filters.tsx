/** The filters of the book. */
import { Icon } from '../ui/icon.tsx';
import { Checkbox, PairSelect, Segments, Select, setterOf } from '../ui/controls.tsx';
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
      <Segments label="Whose offers" value={whose.value} options={WHOSE} onChange={setterOf(whose)} />
      <Select label="Type" value={type.value} options={TYPES} onChange={setterOf(type)} />
      <PairSelect pair={pair} names={pairs.value} />
      <Checkbox isOn={withEnded.value} onChange={setterOf(withEnded)}>
        Include ended
      </Checkbox>
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
