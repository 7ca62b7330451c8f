/** What of the book is shown. */
import { Icon } from '../ui/icon.tsx';
import { Check, Segments, Select } from '../ui/controls.tsx';
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
      <Segments
        label="Whose offers"
        value={whose.value}
        options={WHOSE}
        onChange={(value) => {
          whose.value = value;
        }}
      />
      <Select
        label="Type"
        isBare
        value={type.value}
        options={TYPES}
        onChange={(value) => {
          type.value = value as typeof type.value;
        }}
      />
      <Select
        label="Pair"
        isBare
        value={pair.value}
        options={[['', 'All pairs'], ...pairs.value.map((name) => [name, name] as const)]}
        onChange={(value) => {
          pair.value = value;
        }}
      />
      <Check
        isOn={withEnded.value}
        onChange={(isOn) => {
          withEnded.value = isOn;
        }}
      >
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
