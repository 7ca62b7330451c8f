/** Buttons, chips and fields: the parts that every view is made of. */
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  readonly icon?: IconName;
  readonly disabled?: boolean;
  readonly type?: 'button' | 'submit';
  /** Shown as a hint; the key itself is handled by the page. */
  readonly shortcut?: string;
}

export function Button({ children, onClick, kind = 'plain', icon, disabled, type = 'button', shortcut }: ButtonProps) {
  return (
    <button type={type} class={`button ${kind}`} onClick={onClick} disabled={disabled} aria-keyshortcuts={shortcut}>
      {icon !== undefined && <Icon name={icon} size={16} />}
      {children}
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
}

export function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" class="icon-button" onClick={onClick} aria-label={label} title={label}>
      <Icon name={icon} />
    </button>
  );
}

/** `note`: the first to go where there is little room. */
export type Tone = 'plain' | 'note' | 'buy' | 'sell' | 'good' | 'warn' | 'bad' | 'accent';

export function Chip({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{children}</span>;
}

/** Takes what is chosen into a signal. */
export function into<Value>(target: Signal<Value>): (value: Value) => void {
  return (value) => {
    target.value = value;
  };
}

interface ChoiceProps<Value extends string> {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
}

/** One of a few, all of them seen. */
export function Segments<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="unseen">{label}</legend>
      {options.map(([option, text]) => (
        <label key={option} class={option === value ? 'segment on' : 'segment'}>
          <input type="radio" class="unseen" name={name} checked={option === value} onChange={() => onChange(option)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly error?: string | null;
  readonly hint?: ComponentChildren;
  readonly placeholder?: string;
  readonly inputMode?: 'decimal' | 'text';
  readonly list?: readonly string[];
  readonly autoFocus?: boolean;
}

/** A line of text with its name above and, where something is wrong, what is wrong below it. */
export function Field({
  label,
  value,
  onInput,
  error = null,
  hint,
  placeholder,
  inputMode = 'text',
  list,
  autoFocus,
}: FieldProps) {
  const id = useId();
  const isNoted = error !== null || hint !== undefined;
  return (
    <div class={error === null ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        placeholder={placeholder}
        inputMode={inputMode}
        autocomplete="off"
        spellcheck={false}
        autofocus={autoFocus}
        list={list === undefined ? undefined : `${id}-list`}
        aria-invalid={error !== null}
        aria-describedby={isNoted ? `${id}-note` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {list !== undefined && (
        <datalist id={`${id}-list`}>
          {list.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
      <Note id={`${id}-note`} error={error} hint={hint} />
    </div>
  );
}

/** What is wrong with a field, else a hint. */
function Note({
  id,
  error,
  hint,
}: {
  readonly id: string;
  readonly error: string | null;
  readonly hint: ComponentChildren;
}) {
  return (
    <p id={id} class="note" role={error === null ? undefined : 'alert'}>
      {error ?? hint ?? ''}
    </p>
  );
}

type TextAreaProps = Pick<FieldProps, 'label' | 'value' | 'onInput' | 'error' | 'hint'>;

/** Several lines of text. */
export function TextArea({ label, value, onInput, error = null, hint }: TextAreaProps) {
  const id = useId();
  return (
    <div class={error === null ? 'field' : 'field wrong'}>
      <label for={id}>{label}</label>
      <textarea
        id={id}
        value={value}
        rows={3}
        spellcheck={false}
        aria-invalid={error !== null}
        aria-describedby={`${id}-note`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <Note id={`${id}-note`} error={error} hint={hint} />
    </div>
  );
}

interface CheckProps {
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly children: ComponentChildren;
}

export function Check({ isOn, onChange, children }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.currentTarget.checked)} />
      {children}
    </label>
  );
}

/** One of several, as a list; its name is for those who listen alone. */
export function Select<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const id = useId();
  return (
    <div class="field bare">
      <label for={id} class="unseen">
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** One pair or all of them. */
export function PairSelect({ pair, names }: { readonly pair: Signal<string>; readonly names: readonly string[] }) {
  const options = [['', 'All pairs'], ...names.map((name) => [name, name] as const)] as const;
  return <Select label="Pair" value={pair.value} options={options} onChange={into(pair)} />;
}

/** A table that is read and not worked with. */
export function PlainTable({ label, heads, children }: PlainTableProps) {
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label={label}>
      <table class="plain-table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface PlainTableProps {
  readonly label: string;
  readonly heads: readonly string[];
  /** Its rows. */
  readonly children: ComponentChildren;
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** What stands where there is nothing: what that means, and what can be done. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <svg class="vine" viewBox="0 0 120 72" aria-hidden="true">
        <path d="M8 20c22-16 34 10 54 0s34-8 50 2" />
        <g>
          <circle cx="52" cy="34" r="7" />
          <circle cx="67" cy="34" r="7" />
          <circle cx="59.500" cy="47" r="7" />
        </g>
      </svg>
      <h2>{title}</h2>
      <div class="soft">{children}</div>
    </div>
  );
}
